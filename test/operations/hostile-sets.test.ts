import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FolderRepository } from '../../engine/adapters/folder-repository.ts';
import { parseConfig } from '../../engine/config/parse-config.ts';
import { backupId } from '../../engine/domain/backup-id.ts';
import { surveySets } from '../../engine/operations/catalog.ts';
import { check } from '../../engine/operations/check.ts';
import { prune } from '../../engine/operations/prune.ts';
import type { PruneReport } from '../../engine/operations/prune-report.ts';
import { makeDatabase, type TestDatabase } from '../fixtures/database.ts';
import { makeWorkspace, type Workspace } from '../fixtures/holdfast.ts';
import { HOSTILE, manifestWith, type Plant, plantHostile } from '../fixtures/hostile-sets.ts';
import { APPLY, contextOn, plantSet } from '../fixtures/retention-world.ts';
import { backUp } from '../fixtures/set.ts';

const DAY_MS = 86_400_000;
const EPOCH = Date.UTC(2026, 9, 1);
const NOW = new Date(EPOCH + 12 * DAY_MS);
const CONFIG = parseConfig(
  {
    project: 'ward',
    databases: { clinic: { fromEnvironment: true }, farm: { url: 'postgresql:///farm' } },
    repositories: { only: { folder: 'a' } },
    plans: { nightly: { schedule: '0 2 * * *' } },
  },
  { origin: 'the test' },
);

/** What the commands say of the good sets, and of the hostile one. */
async function outcome(hostile?: { plant: Plant; day: number; database: string }) {
  const folder = await mkdtemp(join(tmpdir(), 'hf-hostile-'));
  try {
    const repository = new FolderRepository(folder);
    for (const [day, marks] of [[], ['checked'], ['checked', 'proven'], []].entries())
      await plantSet(repository, {
        startedAt: new Date(EPOCH + day * 3 * DAY_MS),
        marks: marks as ('checked' | 'proven')[],
      });
    const id = backupId(new Date(EPOCH + (hostile?.day ?? 0) * DAY_MS), 'bad0');
    const address = { plan: 'nightly', database: hostile?.database ?? 'clinic', id };
    if (hostile !== undefined) await plantHostile(folder, address, hostile.plant);
    const listed = await surveySets(repository, ({ id: one, state, problem }) => ({
      ...{ id: one, state, problem: problem ?? null },
    }));
    const checked = await check(
      { repositories: [{ name: 'only', repository }], clock: { now: () => NOW } },
      CONFIG,
    );
    const reports: PruneReport[] = [];
    const request = { ...APPLY, onReport: (report: PruneReport) => reports.push(report) };
    const failure = await prune(contextOn(repository), request).then(
      () => null,
      (error: { code: string }) => error.code,
    );
    const pruned = reports[0]?.sets ?? [];
    const others = <T extends { id: string }>(all: readonly T[]) =>
      all.filter((one) => one.id !== id);
    return {
      list: others(listed),
      check: others(checked.seen.get('only') ?? []),
      prune: others(pruned).map((set) => `${set.id} ${set.action}`),
      failure,
      hostile: {
        listed: listed.find((one) => one.id === id),
        found: checked.findings.filter(({ detail, set }) => set === id || detail.includes(id)),
        pruned: pruned.find((one) => one.id === id),
      },
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const good = await outcome();

describe('a hostile set among good ones', () => {
  it.each(
    Object.keys(HOSTILE),
  )('changes nothing for them and is named: one that %s', async (kind) => {
    const { hostile, ...others } = await outcome({
      plant: HOSTILE[kind] as Plant,
      day: 4,
      database: 'clinic',
    });
    const { hostile: _none, ...wanted } = good;
    expect(others).toEqual(wanted);
    expect(hostile.listed).toBeDefined();
    expect(hostile.pruned).toMatchObject({ action: 'keep' });
    if (hostile.listed?.problem !== null) expect(hostile.found).not.toEqual([]);
  });

  it('changes nothing for other databases, whatever stands in a field of its manifest', async () => {
    const { hostile: _none, ...wanted } = good;
    await fc.assert(
      fc.asyncProperty(fc.nat(), hostileValue, fc.nat(11), async (which, value, day) => {
        const plant = manifestWith((manifest) => setLeaf(manifest, { which, value }));
        const { hostile, ...others } = await outcome({ plant, day, database: 'farm' });
        expect(others).toEqual(wanted);
        expect(hostile.listed).toBeDefined();
        expect(hostile.pruned).toMatchObject({ action: 'keep' });
      }),
      { numRuns: 20 },
    );
  });
});

const hostileValue = fc.oneof(
  fc.jsonValue(),
  fc.constantFrom<unknown>(
    ...[null, '', [], {}, -1, 0.5, 1e308, 2 ** 53, true, '../..', 'a/b', '\u0000', '\u202e'],
    ...['9999-12-31T23:59:59Z', '0000-01-01T00:00:00Z', '2026-11-31T24:00:00Z', 'constructor'],
    ...['x'.repeat(100_000), Array(1000).fill({}), { toString: 1 }, [[[[[]]]]]],
  ),
);

/** Puts a value in the place of one member of a document, however deep. */
function setLeaf(
  document: Record<string, unknown>,
  { which, value }: { which: number; value: unknown },
): void {
  const places: [Record<string, unknown>, string][] = [];
  const visit = (one: Record<string, unknown>) => {
    for (const [name, member] of Object.entries(one)) {
      places.push([one, name]);
      if (typeof member === 'object' && member !== null) visit(member as Record<string, unknown>);
    }
  };
  visit(document);
  const [holder, name] = places[which % places.length] as [Record<string, unknown>, string];
  holder[name] = value;
}

describe('one of each hostile kind in a real repository', () => {
  let database: TestDatabase;
  let workspace: Workspace;
  let ids: string[];
  let older: string;
  let newest: string;

  beforeAll(async () => {
    database = await makeDatabase({ sql: 'CREATE TABLE t AS SELECT generate_series(1, 9) AS i' });
    workspace = await makeWorkspace({ databaseUrl: database.url });
    older = await backUp(workspace);
    newest = await backUp(workspace);
    const [plan, name] = (await workspace.objects())
      .find((key) => key.endsWith(`${newest}/manifest.json`))
      ?.split('/') as [string, string];
    ids = [];
    for (const [index, plant] of Object.values(HOSTILE).entries()) {
      const id = backupId(new Date(Date.now() - (index - 6) * 3_600_000), 'bad0');
      ids.push(await plantHostile(workspace.backups, { plan, database: name, id }, plant));
    }
  });
  afterAll(async () => {
    await workspace.remove();
    await database.drop();
  });

  it('is listed and checked beside the good ones', async () => {
    const listed = await workspace.run(['list', '--json']);
    expect(listed.status, listed.stderr).toBe(0);
    for (const id of [older, newest, ...ids]) expect(listed.stdout).toContain(id);
    const checked = await workspace.run(['check', '--json']);
    expect(checked.stdout).toContain('"corrupt"');
    expect(checked.stdout).not.toContain('"unreachable"');
  });

  it('keeps no good one from being verified, drilled and taken for the latest', async () => {
    for (const args of [
      ['verify', newest],
      ['drill', '--backup', newest],
      ['verify', 'latest'],
    ]) {
      const finished = await workspace.run([...args, '--json']);
      expect(finished.status, finished.stderr).toBe(0);
      expect(finished.stdout).toContain(newest);
    }
  });

  it('is refused by verify and drill, each in words', async () => {
    for (const id of ids.slice(0, 2)) {
      const { code } = (await workspace.run(['verify', id, '--json'])).error();
      expect(code).toMatch(/^(MANIFEST_INVALID|MANIFEST_ALTERED|OBJECT_DAMAGED|KEY_MISMATCH)$/);
    }
  });

  it('keeps prune from nothing', async () => {
    const finished = await workspace.run(['prune', '--apply', '--json']);
    const { repositories } = finished.json<{ repositories: PruneReport[] }>();
    expect(repositories[0]?.problem).toBeNull();
    const text = JSON.stringify(repositories);
    for (const id of [older, newest, ...ids]) expect(text).toContain(id);
    expect(finished.status, finished.stderr).toBe(0);
  });
});
