import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { expectCleanFailure, leftovers } from '../fixtures/aftermath.ts';
import { type Scene, setScene } from '../fixtures/scene.ts';
import { listSets } from '../fixtures/set.ts';
import { canMount, mountSmallDisk } from '../fixtures/small-disk.ts';

/** Random, so that it does not shrink: 4 MB. */
const SCANS =
  'CREATE TABLE scans AS SELECT gen_random_uuid() AS a, gen_random_uuid() AS b FROM generate_series(1, 60000)';

describe.skipIf(!canMount)(
  'a folder without room (a disk is mounted by root on Linux only)',
  () => {
    const outcomes = new Set<string>();
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

    it.each([
      12, 13, 14, 15, 16, 17,
    ])('holds a whole set or nothing when only %i files fit', async (files) => {
      const disk = await mountSmallDisk(scene.workspace.backups, `nr_inodes=${files}`);
      try {
        const finished = await scene.start(['backup', '--json', '--schema-only']).finished;
        expect(finished.error()).toMatchObject({ code: 'DISK_FULL', exitStatus: 1 });
        if ((await leftovers(scene.workspace)).length === 0) return void outcomes.add('nothing');
        await disk.makeRoom();
        const [set] = await listSets(scene.workspace);
        expect(await scene.workspace.run(['verify', set?.id ?? 'none', '--json'])).toMatchObject({
          status: 0,
        });
        outcomes.add('a whole set');
      } finally {
        await disk.eject();
      }
    });

    it('held both, on disks of one file more or less', () => {
      expect([...outcomes].sort()).toEqual(['a whole set', 'nothing']);
    });
  },
);
