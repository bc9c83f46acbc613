import { afterEach, describe, expect, it } from 'vitest';
import type { AlertMessage } from '../../engine/domain/alert-message.ts';
import { auditRecords, expectCleanFailure, expectServerFree } from '../fixtures/aftermath.ts';
import { startHook } from '../fixtures/hook.ts';
import { type Scene, setScene, startHeldBackup } from '../fixtures/scene.ts';

/** Since when the other run stands, and in which session. */
const STANDING = /since \d{4}-\d\d-\d\d \d\d:\d\d UTC \(session \d+ of \S+, holdfast \d{8}T\S+\)/;

describe('two runs on one database', () => {
  let scene: Scene;

  afterEach(() => scene.remove());

  it('skips the second run of the same plan, and the first goes on', async () => {
    scene = await setScene({ holdAfterBytes: 1_000_000 });
    const { running } = await startHeldBackup(scene);
    const second = await scene.workspace.run(['backup', '--json']);
    expect(second).toMatchObject({ status: 3, stdout: '' });
    expect(second.error()).toMatchObject({ code: 'ALREADY_RUNNING', hint: expect.any(String) });
    expect(second.error().message).toMatch(STANDING);
    expect(await auditRecords(scene.workspace)).toMatchObject([
      { status: 'skipped', error: { code: 'ALREADY_RUNNING' } },
    ]);
    scene.proxy.thaw();
    expect(await running.finished).toMatchObject({ status: 0 });
    await expectServerFree(scene.database);
  });

  it('fails behind a run of the same plan that is older than its sets may be', async () => {
    const hook = await startHook();
    scene = await setScene({
      holdAfterBytes: 1_000_000,
      plans: { nightly: { maxAge: '1s' } },
      alerts: { webhook: { url: hook.url } },
    });
    const { running } = await startHeldBackup(scene);
    await scene.database.query('SELECT pg_sleep_until($1)', [new Date(Date.now() + 1_000)]);
    const second = await scene.workspace.run(['backup', '--json']);
    expect(second).toMatchObject({ status: 1, stdout: '' });
    expect(second.error()).toMatchObject({
      code: 'RUN_OVERDUE',
      message: expect.stringMatching(STANDING),
    });
    const [alarm] = hook.requests.map(({ body }) => JSON.parse(body) as AlertMessage);
    expect(alarm?.alerts).toMatchObject([
      {
        kind: 'problem',
        title: 'ward/nightly: backup failed (RUN_OVERDUE)',
        detail: expect.stringMatching(STANDING),
      },
    ]);
    scene.proxy.thaw();
    expect(await running.finished).toMatchObject({ status: 0 });
    await hook.stop();
  });

  it("lets another plan's run wait, and both succeed", async () => {
    scene = await setScene({ holdAfterBytes: 1_000_000, plans: { nightly: {}, weekly: {} } });
    const first = await startHeldBackup(scene, ['--plan', 'nightly']);
    const second = scene.start(['backup', '--json', '--plan', 'weekly']);
    await second.said("another plan's run holds this database");
    scene.proxy.thaw();
    expect(await first.running.finished).toMatchObject({ status: 0 });
    expect(await second.finished).toMatchObject({ status: 0 });
    await expectServerFree(scene.database);
  });

  it("gives up for a passing reason when another plan's run does not end in time", async () => {
    scene = await setScene({
      holdAfterBytes: 1_000_000,
      plans: { nightly: {}, weekly: { lockWait: '1s' } },
    });
    const first = await startHeldBackup(scene, ['--plan', 'nightly']);
    const second = await scene.start(['backup', '--json', '--plan', 'weekly']).finished;
    expect(second).toMatchObject({ status: 75, stdout: '' });
    expect(second.error()).toMatchObject({ code: 'LOCK_WAIT', hint: expect.any(String) });
    expect(second.error().message).toMatch(STANDING);
    first.running.child.kill('SIGTERM');
    await expectCleanFailure(await first.running.finished, {
      ...scene,
      family: first.family,
      code: 'INTERRUPTED',
      status: 75,
    });
  });
});
