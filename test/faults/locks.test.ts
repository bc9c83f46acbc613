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

  /** Starts a statement that waits, in a session of its own. */
  const queue = async (sql: string) => {
    const client = await connect();
    const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
    const done = client.query(sql);
    const waiting = 'SELECT FROM pg_locks WHERE pid = $1 AND NOT granted';
    await vi.waitFor(async () => expect(await scene.database.query(waiting, [rows[0]?.pid])).not.toEqual([]), { interval: 20 });
    return done;
  };

  it('gets it when a migration and the queries behind it waited for the dump too long', async () => {
    scene = await setScene({ holdAfterBytes: 1_000_000, plans: { nightly: { giveWayAfter: '1s' } } });
    const { running, family } = await startHeldBackup(scene);
    const migration = queue('ALTER TABLE notes ADD COLUMN author text');
    const reader = migration.then(() => 0);
    void reader;
    const finished = await running.finished;
    await migration;
    await expectCleanFailure(finished, { ...scene, family, code: 'GAVE_WAY', status: 75 });
  });
});
