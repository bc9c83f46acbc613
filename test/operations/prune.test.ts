import { cp, readdir, readFile, rm, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { backupId } from '../../engine/domain/backup-id.ts';
import type { PruneReport } from '../../engine/operations/prune-report.ts';
import { auditRecords } from '../fixtures/aftermath.ts';
import { expectFailure } from '../fixtures/failure.ts';
import type { Workspace } from '../fixtures/holdfast.ts';
import {
  configure,
  decisionOf,
  plantFile,
  plantMark,
  prune,
  run,
  takeTwoSets,
  twoSetsForEachTest,
} from '../fixtures/pruned.ts';
import { alterManifest, countManifests, fileOf, stateOf } from '../fixtures/set.ts';

const AHEAD = {
  NODE_OPTIONS: `--import=${join(import.meta.dirname, '../fixtures/clock-20-minutes-ahead.js')}`,
};

describe('prune, in a folder', () => {
  const scene = twoSetsForEachTest();
  let workspace: Workspace;
  let older: string;
  let younger: string;

  beforeEach(() => {
    ({ workspace, older, younger } = scene);
  });

  /** Prunes, expects the alarm, and gives what it reports all the same. */
  const pruneOfAltered = async (id: string): Promise<PruneReport> => {
    const finished = await workspace.run(['prune', '--apply', '--json']);
    expect(finished.error()).toMatchObject({
      ...{ code: 'MANIFEST_ALTERED', exitStatus: 1, message: expect.stringContaining(id) },
      hint: expect.stringContaining(`holdfast accept ${id}`),
    });
    const [report] = finished.json<{ repositories: PruneReport[] }>().repositories;
    if (report === undefined) throw new Error('there is no report');
    return report;
  };

  it('only tells what would go, until it is told to apply it', async () => {
    const before = await workspace.objects();
    const report = await prune(workspace);
    expect(decisionOf(report, older)).toBe('release keep-passed succeeded');
    expect(decisionOf(report, younger)).toBe('keep too-few-proven');
    expect(await workspace.objects()).toEqual(before);
  });

  it('removes a released set to its last file, and records it', async () => {
    const report = await prune(workspace, { isApplied: true });
    expect(report.disposed).toEqual([older]);
    const left = await workspace.objects();
    expect(left.filter((path) => path.includes(`/${older}/`))).toEqual([]);
    expect(left.filter((path) => path.includes(`/${younger}/`)).length).toBeGreaterThan(3);
    const [ofSet, ofRun] = (await auditRecords(workspace)).filter(
      ({ operation }) => operation === 'prune',
    );
    expect(ofSet).toMatchObject({
      backup: older,
      database: 'clinic',
      plan: 'default',
      status: 'success',
    });
    expect(ofSet?.notes).toMatch(
      /^kept until .* which has passed; .* is CHECKED and younger; \d objects let go, nothing is left$/,
    );
    const listed = await workspace.run(['audit', 'disposals', '--json']);
    const { disposals } = listed.json<{ disposals: Record<string, unknown>[] }>();
    expect(disposals).toEqual([
      {
        ...{ repository: 'local', plan: 'default', database: 'clinic', id: older },
        record: expect.stringMatching(/^audit\/.*-prune\.json$/),
        keys: [{ type: 'key-file', id: expect.stringMatching(/^[0-9a-f]{16}$/) }],
        objects: expect.any(Number),
        bytes: ofSet?.bytes,
        manifest: expect.stringMatching(/^[0-9a-f]{64}$/),
        releasedAt: expect.any(String),
        releasedBy: ofSet?.initiatedBy.name,
        why: ofSet?.notes?.replace(/; \d objects let go, nothing is left$/, ''),
        goneAt: expect.any(String),
      },
    ]);
    expect(ofRun).toMatchObject({
      backup: null,
      notes: expect.stringContaining(`1 kept, 1 released (${older}), 1 disposed of (${older})`),
    });
  });

  it('is done after one run', async () => {
    await prune(workspace, { isApplied: true });
    const before = (await workspace.objects()).filter((path) => !path.startsWith('audit/'));
    const again = await prune(workspace, { isApplied: true });
    expect(again.sets.map(({ action }) => action)).toEqual(['keep']);
    expect((await workspace.objects()).filter((path) => !path.startsWith('audit/'))).toEqual(
      before,
    );
  });

  it('lets a drilled database go by PROVEN sets only', async () => {
    await configure(workspace, { keep: '1s', isDrilled: true });
    expect(decisionOf(await prune(workspace), older)).toBe('keep too-few-proven');
    await run(workspace, ['drill', '--backup', younger]);
    expect(decisionOf(await prune(workspace), older)).toBe('release keep-passed succeeded');
  });

  it('keeps what was promised when the config has a shorter keep now', async () => {
    await configure(workspace, { keep: '30d' });
    const { older: promised } = await takeTwoSets(workspace);
    await configure(workspace, { keep: '1s' });
    const report = await prune(workspace, { isApplied: true });
    expect(decisionOf(report, promised)).toBe('keep within-keep');
    expect(decisionOf(report, older)).toBe('release keep-passed succeeded');
    expect(await countManifests(workspace)).toBe(2);
  });

  it('keeps for longer when the config has a longer keep now', async () => {
    await configure(workspace, { keep: '30d' });
    expect(decisionOf(await prune(workspace), older)).toBe('keep within-keep');
    await configure(workspace, { keep: { for: '1s', atLeast: 2 } });
    expect(decisionOf(await prune(workspace), older)).toBe('keep too-few-proven');
  });

  it('counts no set that lost an object', async () => {
    await unlink(await fileOf(workspace, { id: younger, name: 'data.dump.zst.esdk' }));
    expect(decisionOf(await prune(workspace, { isApplied: true }), older)).toBe(
      'keep too-few-proven',
    );
  });

  it('opens the seal before it believes an altered keep, and makes the set SUSPECT', async () => {
    await configure(workspace, { keep: '30d' });
    const { older: promised } = await takeTwoSets(workspace);
    await configure(workspace, { keep: '1s' });
    await alterManifest(workspace, {
      id: promised,
      change: (manifest) => Object.assign(manifest, { keepUntil: '2020-01-01T00:00:00.000Z' }),
    });
    const report = await pruneOfAltered(promised);
    expect(decisionOf(report, promised)).toBe('keep altered frozen');
    expect(report.notes.join()).toContain(
      `${promised} stays and counts for nothing: the manifest of ${promised} was changed after it was sealed`,
    );
    expect(await stateOf(workspace, promised)).toBe('SUSPECT');
  });

  it('counts no set whose manifest was altered after it was checked, and makes it SUSPECT', async () => {
    await alterManifest(workspace, {
      id: younger,
      change: (manifest) => Object.assign(manifest, { label: 'of the intruder' }),
    });
    const report = await pruneOfAltered(younger);
    expect(decisionOf(report, older)).toBe('keep frozen too-few-proven');
    expect(report.notes).toEqual([
      `${younger} stays and counts for nothing: the manifest of ${younger} was changed after it was sealed; the sets as old as it and older stay, too, until \`holdfast accept ${younger}\``,
    ]);
    expect(await stateOf(workspace, younger)).toBe('SUSPECT');
    expect(await countManifests(workspace)).toBe(2);
  });

  it.each([
    ['the oldest', -86_400_000],
    ['the newest', 86_400_000],
  ])('counts no manifest that was never sealed, names it, and goes on once it is accepted: %s', async (_which, shift) => {
    const forged = backupId(new Date(Date.now() + Math.min(shift, 60_000)), 'bad0');
    const folder = join(workspace.backups, 'default/clinic');
    await cp(join(folder, younger), join(folder, forged), { recursive: true });
    for (const name of await readdir(join(folder, forged)))
      if (/^(checked|proven)-/.test(name)) await rm(join(folder, forged, name));
    await alterManifest(workspace, {
      id: forged,
      change: (manifest) =>
        Object.assign(manifest, {
          ...{ id: forged, startedAt: '2020-01-01T00:00:00.000Z' },
          keepUntil: shift < 0 ? '2020-01-01T00:00:00.000Z' : '9999-01-01T00:00:00.000Z',
        }),
    });
    const before = await workspace.objects();
    const dry = await prune(workspace);
    expect(dry.notes.join()).toContain(`${forged} stays and counts for nothing`);
    expect(await workspace.objects()).toEqual(before);

    const report = await pruneOfAltered(forged);
    expect(decisionOf(report, forged)).toBe('keep altered frozen');
    const isFrozen = shift > 0;
    expect(decisionOf(report, older)).toBe(
      isFrozen ? 'keep frozen' : 'release keep-passed succeeded',
    );
    expect(await stateOf(workspace, forged)).toBe('SUSPECT');
    const checked = await workspace.run(['check', '--json']);
    expect(checked.stdout).toContain(forged);
    expect(checked.stdout).toContain(`holdfast accept ${forged}`);

    await run(workspace, ['accept', forged]);
    const after = await prune(workspace, { isApplied: true });
    expect(decisionOf(after, forged)).toBe('keep altered');
    expect(after.notes.join()).toContain(`${forged} stays and counts for nothing`);
    expect(decisionOf(after, younger)).toBe('keep too-few-proven');
    expect(decisionOf(after, older)).toBe(isFrozen ? 'release keep-passed succeeded' : 'not there');
  });

  it('counts no set that names a key of nobody', async () => {
    await alterManifest(workspace, {
      id: younger,
      change: (manifest) =>
        Object.assign(manifest, { keys: [{ type: 'key-file', id: 'f'.repeat(16) }] }),
    });
    const report = await prune(workspace, { isApplied: true });
    expect(decisionOf(report, older)).toBe('keep too-few-proven');
    expect(await countManifests(workspace)).toBe(2);
  });

  it('needs the key, without which nobody can tell a proof from a forged one', async () => {
    await rm(workspace.keyFile);
    const before = await workspace.objects();
    const dry = await workspace.run(['prune']);
    expect(dry, dry.stderr).toMatchObject({
      status: 0,
      stderr: expect.stringContaining('seals are not opened'),
    });
    expectFailure(await workspace.run(['prune', '--apply', '--json']), { code: 'KEY_MISSING' });
    expect(await workspace.objects()).toEqual(before);
  });

  it('finishes what an earlier run began when it died', async () => {
    const folder = `default/clinic/${older}`;
    await plantMark(workspace, { id: older, mark: 'released', at: new Date() });
    await unlink(join(workspace.backups, folder, 'manifest.json'));
    expect((await prune(workspace, { isApplied: true })).disposed).toEqual([older]);
    expect((await workspace.objects()).filter((path) => path.includes(`/${older}/`))).toEqual([]);
    expect(await stateOf(workspace, younger)).toBe('CHECKED');
  });

  it('finishes, too, when only the marks were left', async () => {
    for (const mark of ['released', 'disposed'] as const) {
      const id = '20261101T020000Z-7f3a';
      await plantMark(workspace, { id, mark, at: new Date('2026-11-23T00:00:00Z') });
      await prune(workspace, { isApplied: true });
      expect((await workspace.objects()).filter((path) => path.includes(id))).toEqual([]);
    }
  });

  it('sweeps up what a dead run published without a manifest, after seven days', async () => {
    const [old, young] = [
      'default/clinic/20261101T020000Z-0001',
      'default/clinic/20261101T020000Z-0002',
    ];
    await plantFile(workspace, `${old}/data.dump.zst.esdk`, { daysAgo: 8 });
    await plantFile(workspace, `${young}/schema.dump.zst.esdk`, { daysAgo: 8 });
    await plantFile(workspace, `${young}/data.dump.zst.esdk`, { daysAgo: 6 });
    expect((await prune(workspace, { isApplied: true })).unfinished).toEqual([`${old}/`]);
    const left = await workspace.objects();
    expect(left.filter((path) => path.startsWith(old))).toEqual([]);
    expect(left.filter((path) => path.startsWith(young))).toHaveLength(2);
  });

  it('leaves a set alone whose manifest vanished, and says so', async () => {
    const folder = 'default/clinic/20261101T020000Z-0001';
    for (const name of ['data.dump.zst.esdk', 'proven-20261102T020000Z.json'])
      await plantFile(workspace, `${folder}/${name}`, { daysAgo: 20 });
    const { notes } = await prune(workspace, { isApplied: true });
    expect(notes).toEqual([
      `${folder}/ has marks and no manifest: it was a set once, and is left alone`,
    ]);
    expect((await workspace.objects()).filter((path) => path.startsWith(folder))).toHaveLength(2);
  });

  it('removes records after six years, and nothing else that is old', async () => {
    const outlived = [
      'audit/2020/01/01/20200101T020000Z-0001-backup.json',
      'audit/ledger/20200101T020000Z.json',
      'drills/clinic/20200101T020000Z-x.json',
      'evidence/2020-01/report.html',
    ];
    const stays = [
      'audit/2023/01/01/20230101T020000Z-0001-backup.json',
      'audit/ledger/20230101T020000Z.json',
      'keys/key-file-0123456789abcdef.json',
      'audit/notes.txt',
      'elsewhere/2020/01/01/x.json',
    ];
    for (const key of [...outlived, ...stays]) await plantFile(workspace, key, { daysAgo: 2_240 });
    await plantFile(workspace, 'audit/2020/01/02/20200102T020000Z-0001-backup.json', {
      daysAgo: 1,
    });
    expect(await prune(workspace, { isApplied: true })).toMatchObject({ records: 4 });
    const left = await workspace.objects();
    expect(left).toEqual(expect.arrayContaining(stays));
    expect(left).toContain('audit/2020/01/02/20200102T020000Z-0001-backup.json');
    for (const key of outlived) expect(left).not.toContain(key);
  });

  it('refuses to judge by a clock that is off', async () => {
    const before = await workspace.objects();
    const { message } = expectFailure(await workspace.run(['prune', '--apply', '--json'], AHEAD), {
      code: 'CLOCK_OFF',
    });
    expect(message).toContain(workspace.backups);
    expect((await workspace.objects()).filter((path) => !path.startsWith('audit/'))).toEqual(
      before.filter((path) => !path.startsWith('audit/')),
    );
  });

  it('shows a table to people', async () => {
    const { stdout } = await workspace.run(['prune']);
    expect(stdout).toMatch(
      new RegExp(
        `${older} +clinic +default +STORED +release +kept until .* which has passed; .* is CHECKED`,
      ),
    );
    expect(stdout).toContain('1 kept, 1 to be released: `holdfast prune --apply` does it');
  });

  it('keeps the disk free of empty folders', async () => {
    await prune(workspace, { isApplied: true });
    await expect(readFile(join(workspace.backups, 'default/clinic', older))).rejects.toMatchObject({
      code: 'ENOENT',
    });
  });
});
