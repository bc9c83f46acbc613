import { describe, expect, it } from 'vitest';
import { MemoryRepository } from '../../engine/adapters/memory-repository.ts';
import { parseConfig } from '../../engine/config/parse-config.ts';
import { backupId } from '../../engine/domain/backup-id.ts';
import { manifestKey, objectKey, type SetAddress } from '../../engine/domain/key.ts';
import { type Mark, markName } from '../../engine/domain/set/mark-name.ts';
import { HoldfastError } from '../../engine/errors.ts';
import { check } from '../../engine/operations/check.ts';
import { surveyRepository } from '../../engine/operations/survey-repository.ts';
import type { Repository } from '../../engine/ports/repository.ts';
import { logicalManifest, storedObject } from '../fixtures/manifests.ts';

const NOW = new Date('2026-11-22T12:00:00Z');
const hoursAgo = (hours: number) => new Date(NOW.getTime() - hours * 3_600_000);
const BYTES = Buffer.alloc(400);
const DATA = 'data.dump.zst.esdk';

/** A set of two objects, as a backup leaves it. */
async function putSet(
  repository: Repository,
  startedAt: Date,
  {
    keepUntil = startedAt.toISOString(),
    ...overrides
  }: Partial<SetAddress & { keepUntil: string }> = {},
): Promise<SetAddress> {
  const address = {
    plan: 'nightly',
    database: 'clinic',
    id: backupId(startedAt, '7f3a'),
    ...overrides,
  };
  const objects = [storedObject({}), storedObject({ key: 'schema.dump.zst.esdk', role: 'schema' })];
  const manifest = {
    ...logicalManifest({ ...address, keepUntil, startedAt: startedAt.toISOString(), objects }),
    seal: 'x',
  };
  for (const { key } of objects) await repository.put(objectKey(address, key), BYTES);
  await repository.put(manifestKey(address), Buffer.from(JSON.stringify(manifest)));
  return address;
}

/** The repository with some of its methods replaced. */
function altered(repository: Repository, changes: Partial<Repository>): Repository {
  return new Proxy(repository, {
    get: (target, name) => {
      const member = changes[name as keyof Repository] ?? Reflect.get(target, name);
      return typeof member === 'function' ? member.bind(target) : member;
    },
  });
}

function configOf(parts: object) {
  return parseConfig(
    {
      project: 'ward',
      databases: { clinic: { fromEnvironment: true } },
      repositories: { local: { folder: 'a' } },
      plans: { nightly: { schedule: '0 2 * * *' } },
      ...parts,
    },
    { origin: 'the test' },
  );
}

async function verdicts(
  repositories: Record<string, Repository>,
  parts: object = {},
): Promise<string[]> {
  const named = Object.entries(repositories).map(([name, repository]) => ({
    name,
    repository,
    acceptsOverwrites: false,
  }));
  const { findings } = await check(
    { repositories: named, clock: { now: () => NOW } },
    configOf(parts),
  );
  return findings.map(
    ({ plan, database, repository, verdict, severity }) =>
      `${plan}/${database} in ${repository}: ${verdict} ${severity}`,
  );
}

describe('a check', () => {
  it('judges every plan, database and repository of the plan, the worst first', async () => {
    const [local, offsite] = [new MemoryRepository(), new MemoryRepository()];
    await putSet(local, hoursAgo(10));
    await putSet(local, hoursAgo(300), { plan: 'weekly', database: 'billing' });
    const parts = {
      databases: { clinic: { fromEnvironment: true }, billing: { fromEnvironment: true } },
      repositories: { local: { folder: 'a' }, offsite: { folder: 'b' } },
      plans: {
        nightly: {
          schedule: '0 2 * * *',
          databases: ['clinic'],
          repositories: ['local', 'offsite'],
        },
        weekly: { schedule: '0 2 * * 0', repositories: ['local'] },
      },
    };
    expect(await verdicts({ local, offsite }, parts)).toEqual([
      'weekly/clinic in local: missing critical',
      'weekly/billing in local: late critical',
      'nightly/clinic in offsite: missing critical',
      'nightly/clinic in local: fresh ok',
    ]);
  });

  it('does not count what retention has released, and never believes it of the newest set', async () => {
    const local = new MemoryRepository();
    const released = await putSet(local, hoursAgo(10));
    await local.put(objectKey(released, markName('released', hoursAgo(1))), Buffer.from('{}'));
    expect(await verdicts({ local })).toEqual([
      'nightly/clinic in local: forged critical',
      'nightly/clinic in local: fresh ok',
    ]);
    const weekly = await putSet(local, hoursAgo(5), { plan: 'weekly' });
    expect(await verdicts({ local })).toContain('nightly/clinic in local: forged critical');
    await local.put(objectKey(weekly, markName('checked', hoursAgo(2))), Buffer.from('{}'));
    expect(await verdicts({ local })).toEqual(['nightly/clinic in local: missing critical']);
  });

  it.each<[string, { keepUntil: number; marks: [Mark, number, 'damage'?][]; severity: string }]>([
    ['within its keep', { keepUntil: -24, marks: [['released', 1]], severity: 'critical' }],
    [
      'before the end of its keep, which has passed since',
      { keepUntil: 2, marks: [['released', 3]], severity: 'critical' },
    ],
    [
      'while it was SUSPECT',
      {
        keepUntil: 40,
        marks: [
          ['suspect', 30, 'damage'],
          ['released', 1],
        ],
        severity: 'critical',
      },
    ],
    ['in the future', { keepUntil: 40, marks: [['released', -24]], severity: 'critical' }],
    [
      'a week ago, and is still there',
      { keepUntil: 400, marks: [['released', 200]], severity: 'warning' },
    ],
    [
      'a week ago and again',
      {
        keepUntil: 400,
        marks: [
          ['released', 200],
          ['released', 1],
        ],
        severity: 'warning',
      },
    ],
  ])('names an older set that claims to be released %s, and leaves it in sight', async (_when, scene) => {
    const local = new MemoryRepository();
    const older = await putSet(local, hoursAgo(500), {
      keepUntil: hoursAgo(scene.keepUntil).toISOString(),
    });
    const younger = await putSet(local, hoursAgo(5));
    await local.put(objectKey(younger, markName('checked', hoursAgo(4))), Buffer.from('{}'));
    expect(await verdicts({ local })).toEqual(['nightly/clinic in local: fresh ok']);
    for (const [mark, hours, kind] of scene.marks)
      await local.put(objectKey(older, markName(mark, hoursAgo(hours), kind)), Buffer.from('{}'));
    expect(await verdicts({ local })).toContain(
      `nightly/clinic in local: forged ${scene.severity}`,
    );
    expect((await surveyRepository(local, { now: NOW })).map(({ id }) => id)).toContain(older.id);
  });

  it('finds what is absent, cut short or unreadable, and says which', async () => {
    const local = new MemoryRepository();
    const [absent, short, unreadable] = [
      await putSet(local, hoursAgo(90)),
      await putSet(local, hoursAgo(60)),
      await putSet(local, hoursAgo(30)),
    ];
    await local.release([objectKey(absent, DATA), objectKey(short, DATA), manifestKey(unreadable)]);
    await local.put(objectKey(short, DATA), BYTES.subarray(3));
    await local.put(manifestKey(unreadable), Buffer.from('{}'));
    await putSet(local, hoursAgo(10));
    const damages = (await surveyRepository(local, { now: NOW })).map(({ damage }) => damage);
    expect(damages).toEqual([
      `${DATA} is absent`,
      `${DATA} has 397 bytes instead of 400`,
      expect.stringContaining('is not a manifest that this version reads'),
      null,
    ]);
    expect(await verdicts({ local })).toContain('nightly/clinic in local: corrupt critical');
  });

  it('does not call a set corrupt that was published while the listing ran', async () => {
    const whole = new MemoryRepository();
    const late = objectKey(await putSet(whole, hoursAgo(10)), DATA);
    const local = altered(whole, {
      list: async function* (prefix) {
        for await (const object of whole.list(prefix)) if (object.key !== late) yield object;
      },
    });
    expect(await verdicts({ local })).toEqual(['nightly/clinic in local: fresh ok']);
  });

  it('says nothing of a set that retention removed while the check ran', async () => {
    const whole = new MemoryRepository();
    await putSet(whole, hoursAgo(10));
    const gone = await putSet(whole, hoursAgo(34));
    const local = altered(whole, {
      list: async function* (prefix) {
        yield* whole.list(prefix);
        await whole.release([manifestKey(gone), objectKey(gone, DATA)]);
      },
    });
    expect(await verdicts({ local })).toEqual(['nightly/clinic in local: fresh ok']);
  });

  it('reports a repository that does not answer, and judges the others', async () => {
    const [local, gone] = [new MemoryRepository(), new MemoryRepository()];
    await putSet(local, hoursAgo(10));
    const offsite = altered(gone, {
      prefixes: async () => {
        throw new HoldfastError({ code: 'ACCESS_DENIED', message: 'not for you', hint: 'Ask.' });
      },
    });
    const parts = {
      repositories: { local: { folder: 'a' }, offsite: { folder: 'b' } },
      plans: { nightly: { schedule: '0 2 * * *', repositories: ['local', 'offsite'] } },
    };
    expect(await verdicts({ offsite, local }, parts)).toEqual([
      'nightly/clinic in offsite: unreachable unknown',
      'nightly/clinic in local: fresh ok',
    ]);
  });

  it('judges the disk, and says where it can not', async () => {
    const empty = new MemoryRepository();
    const full = altered(empty, { freeSpace: async () => ({ freeBytes: 10, totalBytes: 100 }) });
    const mute = altered(empty, {
      freeSpace: async () => {
        throw new HoldfastError({ code: 'REPOSITORY_UNREACHABLE', message: 'no answer' });
      },
    });
    expect(await verdicts({ local: full })).toContain('null/null in local: disk warning');
    expect(await verdicts({ local: full }, { diskFull: 0.9 })).toContain(
      'null/null in local: disk ok',
    );
    expect(await verdicts({ local: mute })).toContain('null/null in local: disk unknown');
  });

  it('refuses to call nothing healthy', async () => {
    const nothing = check(
      { repositories: [], clock: { now: () => NOW } },
      configOf({ databases: {}, plans: { nightly: {} } }),
    );
    await expect(nothing).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
  });

  it('reads the manifests of 20,000 sets sixteen at a time, and keeps none of them', async () => {
    const many = new MemoryRepository();
    for (let index = 0; index < 20_000; index += 1) await putSet(many, hoursAgo(index + 10));
    let [now, most, read] = [0, 0, 0];
    const local = altered(many, {
      get: async (key) => {
        now += 1;
        read += 1;
        most = Math.max(most, now);
        await new Promise((resolve) => setImmediate(resolve));
        now -= 1;
        return many.get(key);
      },
    });
    const sets = await surveyRepository(local, { now: NOW });
    expect([sets.length, read, most]).toEqual([20_000, 20_000, 16]);
    const isSmall = (value: unknown) =>
      typeof value !== 'object' ||
      value === null ||
      value instanceof Date ||
      (Array.isArray(value) && value.length === 0);
    expect(sets.every((set) => Object.values(set).every(isSmall))).toBe(true);
  });
});
