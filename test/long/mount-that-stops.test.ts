import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { expectGone, expectServerFree } from '../fixtures/aftermath.ts';
import { expectFailure } from '../fixtures/failure.ts';
import { type Scene, setScene, startHeldBackup } from '../fixtures/scene.ts';
import { mountThatCanStop, type StoppingMount } from '../fixtures/stopping-mount.ts';

const mount = await mountThatCanStop();

describe.skipIf(mount === undefined)(
  'a mount that stops answering in the midst of a backup',
  () => {
    const { folder, stop, goOn, remove } = mount as StoppingMount;
    let scene: Scene;
    let count = 0;

    beforeEach(async () => {
      scene = await setScene({
        holdAfterBytes: 1_000_000,
        env: { BACKUP_DIR: `${folder}/backups-${count++}` },
        plans: { nightly: { stallTimeout: '10s' } },
      });
    });
    afterEach(async () => {
      goOn();
      await scene.remove();
    });
    afterAll(remove);

    it('ends the backup within 75 s and frees the server; the next backup works', async () => {
      const { running, family } = await startHeldBackup(scene);
      stop();
      scene.proxy.thaw();
      const began = Date.now();
      expectFailure(await running.finished, { code: 'REPOSITORY_UNREACHABLE', status: 75 });
      expect(Date.now() - began).toBeLessThan(75_000);
      await expectGone(family);
      await expectServerFree(scene.database);
      goOn();
      const next = await scene.workspace.run(['backup', '--json']);
      expect(next, next.stderr).toMatchObject({ status: 0 });
    });

    it('does not end a backup when it comes back before `stallTimeout`', async () => {
      const { running } = await startHeldBackup(scene);
      stop();
      scene.proxy.thaw();
      await sleep(4_000);
      goOn();
      const finished = await running.finished;
      expect(finished, finished.stderr).toMatchObject({ status: 0 });
    });
  },
);
