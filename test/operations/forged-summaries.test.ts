import { beforeEach, describe, expect, it } from 'vitest';
import { MemoryRepository } from '../../engine/adapters/memory-repository.ts';
import { parseConfig } from '../../engine/config/parse-config.ts';
import { objectKey } from '../../engine/domain/key.ts';
import type { UnsealedManifest } from '../../engine/domain/manifest.ts';
import { markName } from '../../engine/domain/set/mark-name.ts';
import type { SetSummary } from '../../engine/domain/set/set-summary.ts';
import { check } from '../../engine/operations/check.ts';
import { putMark } from '../../engine/operations/marks.ts';
import { prune } from '../../engine/operations/prune.ts';
import type { PruneReport } from '../../engine/operations/prune-report.ts';
import { countRequests } from '../fixtures/counting-repository.ts';
import { MeasuredSets } from '../fixtures/measured-sets.ts';

const HOUR_MS = 3_600_000;
const ROWS = { patients: 30_000, visits: 5_000 };
const SCHEMA_ONLY: Partial<UnsealedManifest> = {
  selection: { contents: 'schema', tables: null, excludedTables: [] },
};
const KEPT: Partial<UnsealedManifest> = { keepUntil: '2099-01-01T00:00:00.000Z' };
const PASSED: Partial<UnsealedManifest> = { keepUntil: '2026-01-01T00:00:00.000Z' };
const CONFIG = parseConfig(
  {
    project: 'clinic',
    databases: { clinic: { fromEnvironment: true, drill: { enabled: false } } },
    repositories: { only: { folder: 'a' } },
    plans: { nightly: { schedule: '0 2 * * *', maxAge: '26h' } },
  },
  { origin: 'the test' },
);

let repository: MemoryRepository;
let sets: MeasuredSets;

beforeEach(() => {
  repository = new MemoryRepository();
  sets = new MeasuredSets({ only: repository });
});

const address = (id: string) => ({ plan: 'nightly', database: 'clinic', id });
const manifestKeyOf = (id: string) => objectKey(address(id), 'manifest.json');

async function take(manifest: Partial<UnsealedManifest> = {}): Promise<string> {
  const id = await sets.take(ROWS, { manifest });
  expect(await sets.verify(id)).toBeNull();
  return id;
}

async function summaryOf(id: string): Promise<{ key: string; body: Record<string, unknown> }> {
  const [entry] = await sets.entriesOf(id);
  if (entry?.checkedAt == null) throw new Error(`${id} is not CHECKED`);
  const key = objectKey(address(id), markName('checked', entry.checkedAt));
  return { key, body: JSON.parse((await repository.get(key)).toString()) };
}

/** Somebody who may write and has no key puts a later mark of the same shape beside the set. */
async function forge(id: string, change: Partial<SetSummary>): Promise<void> {
  const { body } = await summaryOf(id);
  const summary = { ...(body.summary as SetSummary), ...change };
  const at = new Date(sets.context().clock.now().getTime() + 60_000);
  const name = markName('checked', at);
  const forged = { ...body, at: at.toISOString(), summary };
  await repository.put(objectKey(address(id), name), Buffer.from(JSON.stringify(forged)));
}

/** What check finds an hour after the last set was taken, and which manifests it read. */
async function checked(hours = 1) {
  const counted = countRequests(repository);
  const now = new Date(sets.context().clock.now().getTime() + hours * HOUR_MS);
  const place = { name: 'only', repository: counted.repository };
  const { findings } = await check({ repositories: [place], clock: { now: () => now } }, CONFIG);
  const verdicts = findings.map(({ verdict }) => verdict);
  return { findings, verdicts, read: counted.read };
}

async function pruned(): Promise<{ report: PruneReport; read: string[]; code: string | null }> {
  const counted = countRequests(repository);
  const reports: PruneReport[] = [];
  const place = { name: 'only', repository: counted.repository };
  const context = { ...sets.context([place]), clock: { now: () => new Date() } };
  const code = await prune(context, {
    isApplied: true,
    rulesOf: () => ({ keeps: new Map(), undrilled: new Set(['clinic']) }),
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

  it('tells of a set whose manifest is gone, and leaves it alone', async () => {
    const id = await take(PASSED);
    await take(KEPT);
    await repository.release([manifestKeyOf(id)]);
    const { report } = await pruned();
    expect(report.notes.join()).toContain(`${id}/ has marks and no manifest`);
  });
});
