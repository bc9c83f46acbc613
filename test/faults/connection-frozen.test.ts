import { afterEach, describe, expect, it } from 'vitest';
import { expectCleanFailure } from '../fixtures/aftermath.ts';
import { type Scene, setScene, startHeldBackup } from '../fixtures/scene.ts';

describe('a connection that stands still', () => {
  let scene: Scene;

  afterEach(() => scene.remove());

  it('ends the backup when no answer comes on any connection', async () => {
    scene = await setScene({
      holdAfterBytes: 1_000_000,
      plans: { nightly: { stallTimeout: '2s' } },
    });
    const { running, family } = await startHeldBackup(scene);
    scene.proxy.freeze();
    const finished = await running.finished;
    scene.proxy.thaw();
    await expectCleanFailure(finished, { ...scene, family, code: 'CONNECTION_FROZEN', status: 75 });
  });

  it('ends the backup when only the one with the rows stands still', async () => {
    scene = await setScene({
      holdAfterBytes: 1_000_000,
      plans: { nightly: { stallTimeout: '1s' } },
    });
    const { running, family } = await startHeldBackup(scene);
    await expectCleanFailure(await running.finished, {
      ...scene,
      family,
      code: 'CONNECTION_FROZEN',
      status: 75,
    });
  });

  it('ends the backup when the server has sent its last row and it does not arrive', async () => {
    const plans = { nightly: { stallTimeout: '1s', excludeTables: ['notes'] } };
    scene = await setScene({ holdAfterBytes: 500_000, plans });
    await scene.database.query(
      "CREATE TABLE scans AS SELECT repeat('x', 1000) FROM generate_series(1, 510)",
    );
    const { running, family } = await startHeldBackup(scene);
    await expectCleanFailure(await running.finished, {
      ...scene,
      family,
      code: 'CONNECTION_FROZEN',
      status: 75,
    });
  });

  it('ends the backup when the server is reached and never answers', async () => {
    scene = await setScene({ parameters: '&connect_timeout=1' });
    scene.proxy.freeze();
    const finished = await scene.workspace.run(['backup', '--json']);
    scene.proxy.thaw();
    await expectCleanFailure(finished, { ...scene, code: 'CONNECTION_FAILED', status: 75 });
    expect(finished.error().message).toMatch(/no answer in time$/);
  });
});
