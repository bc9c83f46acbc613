import type pg from 'pg';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { expectCleanFailure } from '../fixtures/aftermath.ts';
import { type Scene, setScene, startHeldBackup } from '../fixtures/scene.ts';

describe('a table that others want for themselves', () => {
  let scene: Scene;
  const clients: pg.Client[] = [];

  afterEach(async () => {
    await Promise.all(clients.splice(0).map((client) => client.end()));
    await scene.remove();
  });

  const connect = async () => {
    const client = await scene.database.connect();
    clients.push(client);
    return client;
  };

  /** Starts a statement in a session of its own; resolves when it waits for a lock. */
  const queue = async (sql: string) => {
    const client = await connect();
    const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
    const done = client.query(sql);
    const waits = 'SELECT FROM pg_locks WHERE pid = $1 AND NOT granted';
    await vi.waitFor(
      async () => expect(await scene.database.query(waits, [rows[0]?.pid])).toHaveLength(1),
      {
        interval: 20,
        timeout: 20_000,
      },
    );
    return { done };
  };

  it('goes to a migration, and to the queries behind it, that waited for the dump too long', async () => {
    scene = await setScene({
      holdAfterBytes: 1_000_000,
      plans: { nightly: { giveWayAfter: '5s' } },
    });
    const { running, family } = await startHeldBackup(scene);
    const migration = await queue('ALTER TABLE notes ADD COLUMN author text');
    const reader = await queue('SELECT count(author) FROM notes');
    const finished = await running.finished;
    await migration.done;
    await reader.done;
    await expectCleanFailure(finished, { ...scene, family, code: 'GAVE_WAY', status: 75 });
  });

  it('goes to a migration also when a plain role dumps, which is not told what other sessions are', async () => {
    const sql = `DO $$ BEGIN CREATE ROLE plain_reader LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$; GRANT SELECT ON notes TO plain_reader;`;
    scene = await setScene({
      holdAfterBytes: 1_000_000,
      plans: { nightly: { giveWayAfter: '3s' } },
      sql,
      user: 'plain_reader',
    });
    const { running, family } = await startHeldBackup(scene);
    const migration = await queue('ALTER TABLE notes ADD COLUMN author text');
    const finished = await running.finished;
    await migration.done;
    await expectCleanFailure(finished, { ...scene, family, code: 'GAVE_WAY', status: 75 });
  });

  it('does not keep a stopped backup waiting', async () => {
    scene = await setScene({ plans: { nightly: { lockWaitTimeout: '1h' } } });
    const migration = await connect();
    await migration.query('BEGIN; LOCK TABLE notes IN ACCESS EXCLUSIVE MODE');
    const running = scene.start(['backup', '--json']);
    const waits = `SELECT FROM pg_locks JOIN pg_stat_activity USING (pid)
      WHERE NOT granted AND datname = current_database() AND application_name LIKE 'holdfast%'`;
    await vi.waitFor(async () => expect(await scene.database.query(waits)).toHaveLength(1), {
      interval: 20,
      timeout: 30_000,
    });
    running.child.kill('SIGTERM');
    await expectCleanFailure(await running.finished, { ...scene, code: 'INTERRUPTED', status: 75 });
    await migration.query('COMMIT');
  });

  it('fails the backup for a passing reason when it stays locked for too long', async () => {
    scene = await setScene({ plans: { nightly: { lockWaitTimeout: '1s' } } });
    const migration = await connect();
    await migration.query('BEGIN; LOCK TABLE notes IN ACCESS EXCLUSIVE MODE');
    const finished = await scene.start(['backup', '--json']).finished;
    await expectCleanFailure(finished, { ...scene, code: 'LOCK_TIMEOUT', status: 75 });
    expect(finished.error().message).toMatch(
      /^table "public"\."notes" could not be locked .*: session \d+ of holdfast_drill \(idle in transaction\) holds it since /,
    );
    await migration.query('COMMIT');
    expect(await scene.workspace.run(['backup', '--json'])).toMatchObject({ status: 0 });
  });
});
