import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { expectCleanFailure, leftovers } from '../fixtures/aftermath.ts';
import { type Scene, setScene } from '../fixtures/scene.ts';
import { canMount, mountSmallDisk } from '../fixtures/small-disk.ts';

/** Random, so that it does not shrink: 4 MB. */
const SCANS = 'CREATE TABLE scans AS SELECT gen_random_uuid() AS a, gen_random_uuid() AS b FROM generate_series(1, 60000)';

describe.skipIf(!canMount)('a folder without room (a disk is mounted by root on Linux only)', () => {
  let scene: Scene;

  beforeEach(async () => {
    scene = await setScene({ sql: SCANS });
  });

  afterEach(() => scene.remove());

  it('fails the backup when the rows do not fit', async () => {
    const disk = await mountSmallDisk(scene.workspace.backups, 'size=1m');
    try {
      const finished = await scene.start(['backup', '--json']).finished;
      await expectCleanFailure(finished, { ...scene, code: 'DISK_FULL', status: 1 });
    } finally {
      await disk.eject();
    }
  });

  it.each([12, 13, 14, 15, 16, 17])('holds a whole set or nothing when only %i files fit', async (files) => {
    const disk = await mountSmallDisk(scene.workspace.backups, `nr_inodes=${files}`);
    try {
      const finished = await scene.start(['backup', '--json', '--schema-only']).finished;
      expect(finished.error()).toMatchObject({ code: 'DISK_FULL', exitStatus: 1 });
      const left = await leftovers(scene.workspace);
      expect(left.length === 0 || left.some((path) => path.endsWith('/manifest.json'))).toBe(true);
    } finally {
      await disk.eject();
    }
  });
});
