import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { expectCleanFailure } from '../fixtures/aftermath.ts';
import { type Scene, setScene, startHeldBackup } from '../fixtures/scene.ts';

/** What pg_stat_activity shows of each session of a run. */
const SESSIONS = {
  'the holder of the snapshot': "state = 'idle in transaction' AND query LIKE '%pg_extension%' OR query LIKE '%pg_tablespace%'",
  'the holder of the run lock': "query LIKE '%pg_blocking_pids%'",
  'pg_dump': "query LIKE 'COPY %'",
};

describe('a session of a backup that an administrator ends', () => {
  let scene: Scene;

  beforeEach(async () => {
    scene = await setScene({ isHeld: true });
  });

  afterEach(() => scene.remove());

  it.each(Object.entries(SESSIONS))('fails the backup for a passing reason: %s', async (_who, condition) => {
    const { running, family } = await startHeldBackup(scene);
    console.log(await scene.database.query("SELECT pid, state, query FROM pg_stat_activity WHERE application_name LIKE 'holdfast 2%' AND datname = current_database()"));
    const ended = await scene.database.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
       WHERE application_name LIKE 'holdfast 2%' AND datname = current_database() AND (${condition})`,
    );
    expect(ended).toHaveLength(1);
    scene.proxy.thaw();
    const finished = await running.finished;
    console.log(finished.stderr.split('\n').at(-2));
    await expectCleanFailure(finished, { ...scene, family, code: 'CONNECTION_LOST', status: 75 });
  });
});
