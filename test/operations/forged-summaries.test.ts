import { beforeEach, describe, expect, it } from 'vitest';
import { MemoryRepository } from '../../engine/adapters/memory-repository.ts';
import { parseConfig } from '../../engine/config/parse-config.ts';
import { objectKey, setPrefix } from '../../engine/domain/key.ts';
import type { UnsealedLogical } from '../../engine/domain/manifest.ts';
import { markName } from '../../engine/domain/set/mark-name.ts';
import type { SetSummary } from '../../engine/domain/set/set-summary.ts';
import { HoldfastError } from '../../engine/errors.ts';
import { readEntries } from '../../engine/operations/catalog.ts';
import { scoreDatabases } from '../../engine/operations/check/score-databases.ts';
import { check } from '../../engine/operations/check.ts';
import { putMark } from '../../engine/operations/marks.ts';
import { prune } from '../../engine/operations/prune.ts';
import type { PruneReport } from '../../engine/operations/prune-report.ts';
import type { Repository } from '../../engine/ports/repository.ts';
import { countRequests } from '../fixtures/counting-repository.ts';
import { logicalManifest } from '../fixtures/manifests.ts';
import { MeasuredSets } from '../fixtures/measured-sets.ts';

const HOUR_MS = 3_600_000;
const ROWS = { patients: 30_000, visits: 5_000 };
const SCHEMA_ONLY: Partial<UnsealedLogical> = {
  selection: { contents: 'schema', tables: null, excludedTables: [] },
};
const KEPT: Partial<UnsealedLogical> = { keepUntil: '2099-01-01T00:00:00.000Z' };
const PASSED: Partial<UnsealedLogical> = { keepUntil: '2026-01-01T00:00:00.000Z' };
const CONFIG = parseConfig(
  {
    project: 'clinic',
    databases: { clinic: { fromEnvironment: true, drill: { enabled: false } } },
    repositories: { only: { folder: 'a' } },
    plans: {
      nightly: { schedule: '0 2 * * *', maxAge: '26h' },
      shape: { contents: 'schema', schedule: '0 3 * * *', maxAge: '26h' },
    },
  },
  { origin: 'the test' },
);

let repository: MemoryRepository;
let sets: MeasuredSets;

beforeEach(() => {
  repository = new MemoryRepository();
  sets = new MeasuredSets({ only: repository });
});

const address = (id: string, plan = 'nightly') => ({ plan, database: 'clinic', id });
const manifestKeyOf = (id: string) => objectKey(address(id), 'manifest.json');

async function take(manifest: Partial<UnsealedLogical> = {}, plan = 'nightly'): Promise<string> {
  const id = await sets.take(ROWS, { plan, manifest });
  expect(await sets.verify(id)).toBeNull();
  return id;
}

async function summaryOf(
  id: string,
  plan = 'nightly',
): Promise<{ key: string; body: Record<string, unknown> }> {
  const [entry] = await readEntries(repository, setPrefix(address(id, plan)));
  if (entry?.checkedAt == null) throw new Error(`${id} is not CHECKED`);
  const key = objectKey(address(id, plan), markName('checked', entry.checkedAt));
  return { key, body: JSON.parse((await repository.get(key)).toString()) };
}

/** Somebody who may write and has no key puts a later mark of the same shape beside the set. */
async function forge(id: string, change: Partial<SetSummary>, plan = 'nightly'): Promise<void> {
  const { body } = await summaryOf(id, plan);
  const summary = { ...(body.summary as SetSummary), ...change };
  const at = new Date(sets.context().clock.now().getTime() + 60_000);
  const name = markName('checked', at);
  const forged = { ...body, at: at.toISOString(), summary };
  await repository.put(objectKey(address(id, plan), name), Buffer.from(JSON.stringify(forged)));
}

/** What check finds an hour after the last set was taken, and which manifests it read. */
async function checked(hours = 1) {
  const counted = countRequests(repository);
  const now = new Date(sets.context().clock.now().getTime() + hours * HOUR_MS);
  const place = { name: 'only', repository: counted.repository };
  const result = await check({ repositories: [place], clock: { now: () => now } }, CONFIG);
  const { findings } = result;
  const verdicts = findings.map(({ verdict }) => verdict);
  const [score] = await scoreDatabases(result, { repositories: [place], config: CONFIG });
  return { findings, verdicts, score, read: counted.read };
}

interface PruneOptions {
  from?: Repository;
  /** What the config says today, in seconds. */
  keep?: number;
}

async function pruned({
  from = repository,
  keep = 0,
}: PruneOptions = {}): Promise<{ report: PruneReport; read: string[]; code: string | null }> {
  const counted = countRequests(from);
  const reports: PruneReport[] = [];
  const place = { name: 'only', repository: counted.repository };
  const context = { ...sets.context([place]), clock: { now: () => new Date() } };
  const code = await prune(context, {
    isApplied: true,
    rulesOf: () => ({
      keeps: new Map([['nightly', { for: keep, atLeast: 1 }]]),
      undrilled: new Set(['clinic']),
    }),
    onReport: (one) => reports.push(one),
  }).then(
    () => null,
    (error: { code: string }) => error.code,
  );
  const [report] = reports;
  if (report === undefined) throw new Error('there is no report');
  return { report, read: counted.read, code };
}

const decisions = ({ sets: all }: PruneReport) =>
  all.map(({ action, reasons }) => `${action} ${reasons[0]?.code}`);

/** Refuses one object. */
function refusing(key: string, code: 'ACCESS_DENIED' | 'OBJECT_DAMAGED'): Repository {
  const get: Repository['get'] = async (asked, options) => {
    if (asked === key) throw new HoldfastError({ code, message: `${key} is refused` });
    return repository.get(asked, options);
  };
  return new Proxy(repository, {
    get(target, name) {
      const member: unknown = name === 'get' ? get : Reflect.get(target, name, target);
      return typeof member === 'function' ? member.bind(target) : member;
    },
  });
}

/** So many sets that prune does not open the newest one in its daily round. */
function enoughSets(): number {
  const begin = Math.floor(Date.now() / (24 * HOUR_MS)) * 50;
  let count = 51;
  while (begin % count > count - 51) count += 1;
  return count;
}

describe('check', () => {
  it('reads the mark of a set that is CHECKED, and the manifest of the newest one alone', async () => {
    const ids = [await take(), await take(), await take(), await take()];
    const { verdicts, read } = await checked();
    expect(verdicts).toContain('fresh');
    const manifests = read.filter((key) => key.endsWith('/manifest.json'));
    // The newest is compared with the one before it.
    expect(new Set(manifests)).toEqual(new Set(ids.slice(-2).map(manifestKeyOf)));
  });

  it('reads the manifest of a set whose mark an older version wrote', async () => {
    const id = await sets.take(ROWS);
    await putMark(sets.context(), address(id), { mark: 'checked', content: { objects: 1 } });
    await take();
    await take();
    expect((await checked()).read).toContain(manifestKeyOf(id));
  });

  it('misses a backup although a forged mark calls a partial one whole', async () => {
    await take();
    for (const _night of [1, 2]) {
      const id = await take(SCHEMA_ONLY);
      const { body } = await summaryOf(id);
      const { scope } = body.summary as SetSummary;
      await forge(id, { contents: 'all', isWhole: true, scope: { ...scope, hasRows: true } });
    }
    expect((await checked(3)).verdicts).toContain('late');
  });

  it('misses a backup although a forged mark calls an old one young', async () => {
    const id = await take();
    await forge(id, { startedAt: new Date(Date.UTC(2026, 0, 4)).toISOString() });
    expect((await checked(48)).verdicts).toContain('late');
  });

  it('misses a backup behind a set of the future and forged marks of partial ones', async () => {
    await take();
    const id = await take(SCHEMA_ONLY);
    const { body } = await summaryOf(id);
    const { scope } = body.summary as SetSummary;
    await forge(id, { contents: 'all', isWhole: true, scope: { ...scope, hasRows: true } });
    await take();
    const { findings } = await checked(-20);
    const nightly = findings.find(({ plan }) => plan === 'nightly');
    expect(nightly?.verdict, nightly?.detail).toBe('late');
  });

  it('scores no partial set of another plan as the newest copy, whatever a forged mark says', async () => {
    const whole = await take();
    const partial = await take(SCHEMA_ONLY, 'shape');
    await take(SCHEMA_ONLY, 'shape');
    await forge(partial, { contents: 'all', isWhole: true }, 'shape');
    const { score } = await checked();
    expect(score?.copies.map(({ set }) => set)).toEqual([whole]);
  });

  it('says that the newest set came from another server, whatever a forged mark says', async () => {
    await take();
    const id = await take();
    const source = { ...logicalManifest().source, systemIdentifier: '77' };
    await take({ source });
    await forge(id, { systemIdentifier: '77' });
    expect((await checked()).verdicts).toContain('other-server');
  });

  it('finds the object that is gone from a set that is CHECKED', async () => {
    const id = await take();
    await take();
    await take();
    await repository.release([objectKey(address(id), 'globals.sql.zst.esdk')]);
    const { findings } = await checked();
    expect(JSON.stringify(findings)).toContain('globals.sql.zst.esdk is absent');
  });

  it('finds the object that is gone from the newest set, whatever a forged mark names', async () => {
    const id = await take();
    await repository.release([objectKey(address(id), 'globals.sql.zst.esdk')]);
    await forge(id, { sizes: {} });
    const { findings } = await checked();
    expect(JSON.stringify(findings)).toContain('globals.sql.zst.esdk is absent');
  });

  it('reads a manifest that is not as large as it was', async () => {
    const id = await take();
    await take();
    await take();
    await repository.release([manifestKeyOf(id)]);
    await repository.put(manifestKeyOf(id), Buffer.from('{}'));
    const { findings } = await checked();
    expect(findings.find(({ verdict }) => verdict === 'corrupt')).toBeDefined();
  });
});

describe('prune', () => {
  it('releases nothing earlier because a forged mark says that its keep has passed', async () => {
    const ids = [await take(KEPT), await take(KEPT)];
    for (const id of ids)
      await forge(id, { keepUntil: '2026-01-01T00:00:00.000Z', keepAtLeast: 0 });
    const { report, code } = await pruned();
    expect(decisions(report)).toEqual(['keep within-keep', 'keep within-keep']);
    expect(code).toBe('MARK_FORGED');
    expect(report.forgedMarks).toHaveLength(2);
  });

  it('releases nothing because a forged mark makes a partial set a successor', async () => {
    const id = await take(PASSED);
    const partial = await take({ ...SCHEMA_ONLY, ...KEPT });
    const { body } = await summaryOf(id);
    await forge(partial, { scope: (body.summary as SetSummary).scope });
    const { report } = await pruned();
    expect(decisions(report)).toEqual(['keep too-few-proven', 'keep within-keep']);
  });

  it('releases what it would have released although forged marks keep it', async () => {
    const ids = [await take(PASSED), await take(PASSED)];
    await forge(ids[0] ?? '', { keepUntil: '2099-01-01T00:00:00.000Z' });
    await forge(ids[1] ?? '', { systemIdentifier: '1' });
    const { report, code } = await pruned();
    expect(decisions(report)).toEqual(['release keep-passed', 'keep too-few-proven']);
    expect(code).toBe('MARK_FORGED');
  });

  it('keeps the newest set alone where its manifest can not be read, and goes on', async () => {
    let id = '';
    for (let left = enoughSets(); left > 0; left -= 1) id = await take(KEPT);
    for (const code of ['ACCESS_DENIED', 'OBJECT_DAMAGED'] as const) {
      const from = refusing(manifestKeyOf(id), code);
      const { report, code: failed } = await pruned({ from, keep: 10 * 366 * 86_400 });
      expect(failed).toBeNull();
      expect(decisions(report).at(-1)).toBe('keep unreadable');
      expect(report.sets.at(-1)?.state).toBe(code === 'OBJECT_DAMAGED' ? 'SUSPECT' : 'STORED');
    }
  });

  it('calls a set SUSPECT whose manifest is damaged', async () => {
    const id = await take(PASSED);
    await take(KEPT);
    const { report } = await pruned({ from: refusing(manifestKeyOf(id), 'OBJECT_DAMAGED') });
    expect(decisions(report)).toEqual(['keep unreadable', 'keep within-keep']);
    expect(report.sets[0]?.state).toBe('SUSPECT');
  });

  it('tells of a set whose manifest is gone, and leaves it alone', async () => {
    const id = await take(PASSED);
    await take(KEPT);
    await repository.release([manifestKeyOf(id)]);
    const { report } = await pruned();
    expect(report.notes.join()).toContain(`${id}/ has marks and no manifest`);
  });
});
