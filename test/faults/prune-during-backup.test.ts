import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { prune, run } from '../fixtures/pruned.ts';
import { type Scene, setScene, startHeldBackup } from '../fixtures/scene.ts';
import { backUp } from '../fixtures/set.ts';

describe('prune while a backup runs', () => {
  let scene: Scene;

  beforeAll(async () => {
    scene = await setScene({
      holdAfterBytes: 1_000_000,
      plans: { nightly: { keep: '1s' } },
      drill: { enabled: false },
    });
  });
  afterAll(() => scene.remove());

  it('lets old sets go, and never touches what the backup is writing', async () => {
    const { workspace, proxy, database } = scene;
    const direct = { DATABASE_URL: database.url };
    const older = await backUpDirectly();
    const younger = await backUpDirectly();
    await run(workspace, ['verify', younger]);
    const { running } = await startHeldBackup(scene);
    const before = (await workspace.objects()).filter((path) => path.startsWith('.unfinished/'));
    expect(before).not.toEqual([]);
    expect((await prune(workspace, { isApplied: true })).disposed).toEqual([older]);
    expect((await workspace.objects()).filter((path) => path.startsWith('.unfinished/'))).toEqual(
      expect.arrayContaining(before),
    );
    proxy.thaw();
    const finished = await running.finished;
    expect(finished, finished.stderr).toMatchObject({ status: 0 });
    await run(workspace, ['verify', finished.json<{ id: string }>().id]);

    async function backUpDirectly(): Promise<string> {
      return backUp({ ...workspace, run: (args) => workspace.run(args, direct) });
    }
  });
});
