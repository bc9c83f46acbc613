import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { expectCleanFailure } from '../fixtures/aftermath.ts';
import { type Scene, setScene, startHeldBackup } from '../fixtures/scene.ts';

/** Who it is, a lock or a statement that only its session has, and what the run then fails with. */
const SESSIONS = [
  [
    'the holder of the snapshot',
    "state = 'idle in transaction' AND query LIKE '%pg_user_mappings%'",
    'CONNECTION_LOST',
  ],
  [
    'the holder of the run lock',
    "pid IN (SELECT pid FROM pg_locks WHERE locktype = 'advisory')",
    'CONNECTION_LOST',
  ],
  ['pg_dump', "query LIKE 'COPY %'", 'DUMP_FAILED'],
] as const;

describe('a session of a backup that an administrator ends', () => {
  let scene: Scene;

  beforeEach(async () => {
    scene = await setScene({ holdAfterBytes: 1_000_000 });
  });

  afterEach(() => scene.remove());

  it.each(SESSIONS)('fails the backup for a passing reason: %s', async (_who, condition, code) => {
    const { running, family } = await startHeldBackup(scene);
    const ended = await scene.database.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
       WHERE application_name LIKE 'holdfast %' AND datname = current_database() AND (${condition})`,
    );
    expect(ended).toHaveLength(1);
    scene.proxy.thaw();
    const finished = await running.finished;
    await expectCleanFailure(finished, { ...scene, family, code, status: 75 });
    expect(finished.error().message).toMatch(/terminating connection|server closed the connection/);
  });
});
