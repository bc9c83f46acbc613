import { afterEach, describe, expect, it, vi } from 'vitest';
import type { StandingRun } from '../../engine/domain/standing-run.ts';
import { beat } from '../../engine/postgres/backup/heartbeat.ts';
import { resolveConnection } from '../../engine/postgres/connection-resolver.ts';
import { takeRunLock } from '../../engine/postgres/run-lock.ts';
import { Session } from '../../engine/postgres/session.ts';
import { expectCleanFailure } from '../fixtures/aftermath.ts';
import { type Scene, setScene, startHeldBackup } from '../fixtures/scene.ts';

const SILENT = `SELECT EXTRACT(EPOCH FROM clock_timestamp() - state_change)::float8 AS seconds
  FROM pg_stat_activity WHERE pid IN (SELECT pid FROM pg_locks WHERE locktype = 'advisory')
  AND datname = current_database()`;

describe('a run whose machine or network has died', () => {
  let scene: Scene;
  let session: Session | undefined;

  afterEach(async () => {
    await session?.end();
    await scene.remove();
  });

  /** Another run begins, past the proxy. */
  const begin = async (
    plan: string,
    deadAfterSeconds: number,
    user?: string,
  ): Promise<StandingRun[]> => {
    const own = await resolveConnection({ url: scene.database.url }, { layers: [] });
    const settings = user === undefined ? own : { ...own, user };
    session = await Session.open(settings, { applicationName: 'holdfast second' });
    const dead: StandingRun[] = [];
    await takeRunLock(session, {
      ...{ plan, waitSeconds: 0, deadAfterSeconds, maxAgeSeconds: undefined },
      signal: new AbortController().signal,
      onWait: () => undefined,
      onDeadRun: (run) => dead.push(run),
    });
    return dead;
  };
  const silentSeconds = async () =>
    (await scene.database.query<{ seconds: number }>(SILENT)).map(({ seconds }) => seconds);

  it.each([
    ['the same plan', 'nightly'],
    ['another plan', 'weekly'],
  ])('is ended with all of its sessions by a run of %s', async (_which, plan) => {
    scene = await setScene({ holdAfterBytes: 1_000_000, plans: { nightly: {} } });
    const { running, family } = await startHeldBackup(scene);
    scene.proxy.freeze();
    await vi.waitFor(async () => expect(Math.min(...(await silentSeconds()))).toBeGreaterThan(1), {
      timeout: 30_000,
    });
    const [run, ...others] = await begin(plan, 1);
    expect(run?.applicationName).toMatch(/^holdfast \d{8}T/);
    expect(others).toEqual([]);
    const left = await scene.database.query(
      'SELECT FROM pg_stat_activity WHERE application_name = $1',
      [run?.applicationName],
    );
    expect(left).toEqual([]);
    await session?.end();
    scene.proxy.thaw();
    const code = ['CONNECTION_LOST', 'DUMP_FAILED'] as const;
    await expectCleanFailure(await running.finished, {
      ...{ ...scene, family, code: [...code], status: 75 },
    });
  });

  it('is named with those who may end it where this role may not', async () => {
    scene = await setScene({ holdAfterBytes: 1_000_000, plans: { nightly: {} } });
    const role = `watcher_of_${scene.database.name}`;
    await scene.database.query(`CREATE ROLE ${role} LOGIN; GRANT pg_read_all_stats TO ${role}`);
    const { running } = await startHeldBackup(scene);
    scene.proxy.freeze();
    try {
      await vi.waitFor(
        async () => expect(Math.min(...(await silentSeconds()))).toBeGreaterThan(1),
        { timeout: 30_000 },
      );
      await expect(begin('nightly', 1, role)).rejects.toMatchObject({
        code: 'RUN_OVERDUE',
        message: expect.stringMatching(`it is dead, and role ${role} may not end its sessions$`),
        hint: expect.stringMatching(/^Run as holdfast_drill or as a superuser: SELECT pg_term/),
      });
    } finally {
      await session?.end();
      await scene.database.query(`DROP ROLE ${role}`);
      running.child.kill('SIGKILL');
      scene.proxy.thaw();
    }
  });

  it('shows the server that it lives while nothing else is asked', async () => {
    scene = await setScene();
    expect(await begin('nightly', 30)).toEqual([]);
    const heard = async () => (await silentSeconds())[0] ?? Number.POSITIVE_INFINITY;
    await vi.waitFor(async () => expect(await heard()).toBeGreaterThan(1), {
      timeout: 10_000,
    });
    const over = new AbortController();
    if (session !== undefined) void beat(session, { signal: over.signal, everySeconds: 0.1 });
    await vi.waitFor(async () => expect(await heard()).toBeLessThan(0.5), {
      timeout: 10_000,
    });
    over.abort();
  });

  it('is not dead while it answers, however long it takes', async () => {
    scene = await setScene({ holdAfterBytes: 1_000_000, plans: { nightly: {} } });
    const { running } = await startHeldBackup(scene);
    await expect(begin('nightly', 30)).rejects.toMatchObject({ code: 'ALREADY_RUNNING' });
    scene.proxy.thaw();
    expect(await running.finished).toMatchObject({ status: 0 });
  });
});
