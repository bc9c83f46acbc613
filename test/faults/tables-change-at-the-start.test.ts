import type pg from 'pg';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { makeDatabase, type TestDatabase } from '../fixtures/database.ts';
import { type Scene, setScene } from '../fixtures/scene.ts';

const MIGRATIONS = {
  'is rewritten': 'ALTER TABLE notes ALTER COLUMN id TYPE bigint',
  'is emptied and filled again':
    "TRUNCATE notes; INSERT INTO notes SELECT n, 'again' FROM generate_series(1, 500) n",
  'is dropped and made anew':
    "DROP TABLE notes; CREATE TABLE notes AS SELECT n AS id, 'anew' AS note FROM generate_series(1, 70) n",
};

describe('a migration that commits between the first look at the tables and the snapshot', () => {
  let scene: Scene;
  let migration: pg.Client;
  let target: TestDatabase;

  beforeEach(async () => {
    scene = await setScene({
      sql: 'CREATE TABLE a_table (id int); CREATE TABLE will_leave (id int); INSERT INTO will_leave VALUES (1); CREATE TABLE will_rename (id int)',
      parameters: `&options=${encodeURIComponent('-c deadlock_timeout=3s')}`,
    });
    target = await makeDatabase();
    migration = await scene.database.connect();
    await migration.query('BEGIN; LOCK TABLE notes IN ACCESS EXCLUSIVE MODE');
  });

  afterEach(async () => {
    await migration.end();
    await scene.remove();
    await target.drop();
  });

  /** Takes a backup that waits for the table while `sql` happens, and restores it. */
  const migrateAtTheStart = async (sql: string) => {
    const running = scene.start(['backup', '--json']);
    await vi.waitFor(
      async () =>
        expect(
          await scene.database.query(
            "SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE 'LOCK TABLE%'",
          ),
        ).toHaveLength(1),
      { timeout: 20_000, interval: 20 },
    );
    await migration.query(`${sql}; COMMIT`);
    expect(await running.finished).toMatchObject({ status: 0 });
    expect(
      await scene.workspace.run(['restore', 'latest', '--to', target.url, '--json']),
    ).toMatchObject({ status: 0 });
  };

  const rowsOf = (database: TestDatabase, table: string) =>
    database.query(`SELECT md5(string_agg(t::text, '' ORDER BY id)) FROM ${table} t`);

  it.each(Object.entries(MIGRATIONS))('loses no row of a table that %s', async (_what, sql) => {
    await migrateAtTheStart(sql);
    const rows = await rowsOf(target, 'notes');
    expect(rows).not.toEqual([{ md5: null }]);
    expect(rows).toEqual(await rowsOf(scene.database, 'notes'));
  });

  it('starts over when the two wait for each other, and lets the migration through', async () => {
    await migration.query("SET LOCAL deadlock_timeout = '1min'");
    await migrateAtTheStart(
      'ALTER TABLE a_table ADD COLUMN more int; INSERT INTO a_table VALUES (1, 2)',
    );
    expect(await target.query('SELECT * FROM a_table')).toEqual([{ id: 1, more: 2 }]);
  });

  it('has the tables that are there at the snapshot: made, dropped, renamed', async () => {
    await migrateAtTheStart(
      'CREATE TABLE newcomer AS SELECT 7 AS id; DROP TABLE will_leave; ALTER TABLE will_rename RENAME TO renamed',
    );
    expect(await rowsOf(target, 'newcomer')).toEqual(await rowsOf(scene.database, 'newcomer'));
    const tables = await target.query(
      "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY 1",
    );
    expect(tables.map(({ relname }) => relname)).toEqual([
      'a_table',
      'newcomer',
      'notes',
      'renamed',
    ]);
  });
});
