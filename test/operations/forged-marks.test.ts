import { copyFile, mkdir, readFile, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { MemoryRepository } from '../../engine/adapters/memory-repository.ts';
import { objectKey, type SetAddress } from '../../engine/domain/key.ts';
import { markName, SEALED_MARKS, type SealedMark } from '../../engine/domain/set/mark-name.ts';
import { prune as pruneIn } from '../../engine/operations/prune.ts';
import type { PrunedSet, PruneReport } from '../../engine/operations/prune-report.ts';
import { writeConfig } from '../fixtures/config.ts';
import { expectFailure } from '../fixtures/failure.ts';
import type { Workspace } from '../fixtures/holdfast.ts';
import { decisionOf, plantMark, prune, run, twoSetsForEachTest } from '../fixtures/pruned.ts';
import { APPLY, contextOn, plantMark as plantIn, plantSet } from '../fixtures/retention-world.ts';
import { fileOf, stateOf } from '../fixtures/set.ts';

const IN_AN_HOUR = new Date(Date.now() + 3_600_000);

describe('a mark that was not written by a holder of the key', () => {
  const scene = twoSetsForEachTest();
  let workspace: Workspace;
  let older: string;
  let younger: string;

  beforeEach(() => {
    ({ workspace, older, younger } = scene);
  });

  const pathOf = (id: string, mark: SealedMark, at = IN_AN_HOUR) =>
    join(workspace.backups, 'default/clinic', id, markName(mark, at));

  /** Somebody who can write in the repository and does not have the key. */
  const forge = async (id: string, mark: SealedMark, content = '') => {
    const path = pathOf(id, mark);
    await writeFile(path, content);
    return path;
  };

  /** Prunes, expects the alarm, and gives what it reports all the same. */
  const pruneAlarmed = async (): Promise<PruneReport> => {
    const finished = await workspace.run(['prune', '--apply', '--json']);
    expect(finished.error()).toMatchObject({ code: 'MARK_FORGED', exitStatus: 1 });
    const [report] = finished.json<{ repositories: PruneReport[] }>().repositories;
    if (report === undefined) throw new Error('there is no report');
    return report;
  };

  const objectsOf = async (id: string) =>
    (await workspace.objects()).filter((path) => path.includes(`/${id}/`));

  it.each([
    ['an empty file', ''],
    ['what a version before seals wrote', '{"at":"2026-11-30T00:00:00.000Z","by":null}'],
    ['a seal that is none', '{"at":"x","manifest":null,"seal":"AAAA"}'],
  ])('releases nothing: %s', async (_what, content) => {
    await run(workspace, ['hold', older]);
    const path = await forge(younger, 'released', content);
    const before = await objectsOf(younger);
    const report = await pruneAlarmed();
    expect(await objectsOf(younger)).toEqual(before);
    expect(decisionOf(report, younger)).toBe('keep too-few-proven');
    expect(report.forgedMarks.map((key) => join(workspace.backups, key))).toEqual([path]);
  });

  it('does not release what is left of a set whose manifest somebody took away', async () => {
    await run(workspace, ['hold', older]);
    await forge(younger, 'released');
    await unlink(await fileOf(workspace, { id: younger, name: 'manifest.json' }));
    const before = await objectsOf(younger);
    await prune(workspace, { isApplied: true });
    expect(await objectsOf(younger)).toEqual(before);
  });

  it('vouches for no set, so that nothing older goes by its word', async () => {
    const checked = (await workspace.objects()).find((path) =>
      path.includes(`${younger}/checked-`),
    );
    await unlink(join(workspace.backups, checked ?? ''));
    for (const mark of ['checked', 'proven'] as const) await forge(younger, mark);
    const report = await pruneAlarmed();
    expect(decisionOf(report, older)).toBe('keep too-few-proven');
    expect(report.forgedMarks).toHaveLength(2);
  });

  it('vouches for no set that a restore, a drill or an export then takes', async () => {
    await forge(younger, 'proven');
    for (const args of [
      ['restore', 'latest-proven', '--to', 'clinic', '--create', '--dry-run'],
      ['export', 'latest-proven', '--sql', '--out', join(workspace.folder, 'out.sql')],
    ])
      expectFailure(await workspace.run([...args, '--json']), {
        code: 'SET_NOT_FOUND',
        status: 2,
      });
  });

  it('ends no suspicion, and lifts neither a freeze nor a hold', async () => {
    await run(workspace, ['hold', older]);
    await forge(older, 'unhold');
    expect(decisionOf(await pruneAlarmed(), older)).toBe('keep held');

    const object = await fileOf(workspace, { id: younger, name: 'data.dump.zst.esdk' });
    const bytes = await readFile(object);
    bytes[40] = (bytes[40] ?? 0) ^ 1;
    await writeFile(object, bytes);
    await workspace.run(['verify', younger]);
    for (const mark of ['checked', 'accepted', 'proven'] as const) await forge(younger, mark);
    expect(decisionOf(await pruneAlarmed(), younger)).toContain('keep frozen');
    const exported = await workspace.run([
      ...['export', 'latest', '--sql', '--out', join(workspace.folder, 'x.sql'), '--json'],
    ]);
    expect(exported.json<{ set: string }>().set).toBe(older);
  });

  it('hides no damage: a set that is damaged and marked as released vouches for none', async () => {
    await forge(younger, 'released');
    const object = await fileOf(workspace, { id: younger, name: 'data.dump.zst.esdk' });
    const bytes = await readFile(object);
    bytes[40] = (bytes[40] ?? 0) ^ 1;
    await writeFile(object, bytes);
    await workspace.run(['verify', younger]);
    const report = await pruneAlarmed();
    expect(decisionOf(report, younger)).toContain('keep frozen');
    expect(decisionOf(report, older)).toContain('keep frozen');
  });

  it('is no genuine one of another set, another kind or another time', async () => {
    const genuine = (await workspace.objects()).find((path) =>
      path.includes(`${younger}/checked-`),
    );
    const from = join(workspace.backups, genuine ?? '');
    await copyFile(from, pathOf(older, 'checked'));
    await copyFile(from, pathOf(younger, 'proven'));
    await copyFile(from, pathOf(younger, 'checked'));
    for (const id of [older, younger])
      expectFailure(await workspace.run(['verify', id, '--json']), { code: 'MARK_FORGED' });
  });

  it('does not hide a set from a restore', async () => {
    for (const id of [older, younger]) await forge(id, 'released');
    const finished = await workspace.run([
      ...['export', 'latest', '--sql', '--out', join(workspace.folder, 'all.sql'), '--json'],
    ]);
    expect(finished.json<{ set: string }>().set).toBe(younger);
  });

  it('is named by verify, which fails and still finds the set whole', async () => {
    const path = await forge(younger, 'proven');
    const { message, hint } = expectFailure(await workspace.run(['verify', younger, '--json']), {
      code: 'MARK_FORGED',
    });
    expect(message).toContain(path.slice(workspace.backups.length + 1));
    expect(hint).toContain('They decided nothing.');
    expect(await stateOf(workspace, older)).toBe('STORED');
  });

  it('keeps nobody from holding a set, with the key and without', async () => {
    for (const id of [older, younger]) await forge(id, 'released');
    const held = await workspace.run(['hold', older, '--json']);
    expect(held.status, held.stderr).toBe(0);
    expect(held.stderr).toContain('but the mark is forged');
    const env = { HOLDFAST_KEY_FILE: join(workspace.folder, 'no-key') };
    const unopened = await workspace.run(['hold', 'latest', '--json'], env);
    expectFailure(unopened, { code: 'SET_NOT_FOUND', status: 2 });
    const named = await workspace.run(['hold', younger, '--json'], env);
    expect(named.status, named.stderr).toBe(0);
    expect(named.stderr).toContain('the mark was not opened');
    const marks = (await workspace.objects()).filter((path) => /\/(un)?hold-/.test(path));
    expect(marks.map((path) => path.replace(/.*\/(\w+)-.*/, '$1'))).toEqual(['hold', 'hold']);
    const latest = await workspace.run(['hold', 'latest', '--json']);
    expect(latest.json()).toMatchObject({ id: younger });
  });

  it('is not obeyed by a copy', async () => {
    const elsewhere = join(workspace.folder, 'elsewhere');
    await writeConfig(workspace, {
      databases: { clinic: { fromEnvironment: true, drill: { enabled: false } } },
      repositories: { local: { folder: workspace.backups }, other: { folder: elsewhere } },
      plans: { default: { repositories: ['local', 'other'] } },
    });
    await forge(younger, 'released');
    const target = join(elsewhere, 'default/clinic', younger);
    await mkdir(target, { recursive: true });
    await writeFile(join(target, markName('released', IN_AN_HOUR)), '{}');
    const copied = await workspace.run(['copy', younger, '--to', 'other', '--json']);
    expect(copied.status, copied.stderr).toBe(0);
  });

  it('is named by check, which opens nothing and leaves the set in sight', async () => {
    for (const id of [older, younger]) await forge(id, 'released');
    const checked = await workspace.run(['check', '--json']);
    expect(checked.status).toBe(2);
    const { findings } = checked.json<{ findings: { verdict: string; detail: string }[] }>();
    const verdicts = findings.map(({ verdict }) => verdict);
    expect(verdicts).toEqual(expect.arrayContaining(['forged', 'fresh']));
    expect(verdicts).not.toContain('missing');
    expect(findings.find(({ verdict }) => verdict === 'forged')?.detail).toContain(younger);
  });

  it('is not what a holder of the key wrote', async () => {
    await plantMark(workspace, { id: younger, mark: 'proven', at: IN_AN_HOUR });
    await run(workspace, ['verify', younger]);
    const report = await prune(workspace, { isApplied: true });
    expect(decisionOf(report, older)).toBe('release keep-passed succeeded');
  });
});

const DAY_MS = 86_400_000;
const EPOCH = Date.UTC(2024, 0, 1);

const genuineMark = fc.constantFrom('checked', 'proven', 'suspect', 'accepted', 'hold', 'unhold');
const sets = fc.array(fc.array(genuineMark, { maxLength: 4 }), { minLength: 1, maxLength: 6 });
const forgeries = fc.array(
  fc.record({ which: fc.nat(), mark: fc.constantFrom(...SEALED_MARKS), minute: fc.nat(600) }),
  { minLength: 1, maxLength: 12 },
);

describe('forged marks beside any sets', () => {
  it('never change what prune decides', async () => {
    await fc.assert(
      fc.asyncProperty(sets, forgeries, async (histories, forged) => {
        const [honest, attacked] = [new MemoryRepository(), new MemoryRepository()];
        const addresses: SetAddress[] = [];
        for (const [day, marks] of histories.entries()) {
          const startedAt = new Date(EPOCH + day * DAY_MS);
          for (const repository of [honest, attacked]) {
            const address = await plantSet(repository, { startedAt });
            if (repository === honest) addresses.push(address);
            for (const [index, mark] of marks.entries()) {
              const at = new Date(startedAt.getTime() + (index + 1) * 7_200_000);
              await plantIn(repository, address, { mark, at });
            }
          }
        }
        for (const { which, mark, minute } of forged) {
          const address = addresses[which % addresses.length] as SetAddress;
          const at = new Date(EPOCH + minute * 3_540_000 + 30_000);
          await attacked
            .put(objectKey(address, markName(mark, at)), Buffer.from('{}'))
            .catch(() => undefined);
        }
        const decided = async (repository: MemoryRepository) => {
          const reports: PruneReport[] = [];
          const request = { ...APPLY, onReport: (report: PruneReport) => reports.push(report) };
          await pruneIn(contextOn(repository), request).catch(() => undefined);
          return reports[0]?.sets.map(({ id, action }: PrunedSet) => `${id} ${action}`);
        };
        expect(await decided(attacked)).toEqual(await decided(honest));
      }),
      { numRuns: 60 },
    );
  });
});
