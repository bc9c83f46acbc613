import pg from 'pg';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { databaseNamed, makeDatabase, type TestDatabase } from '../fixtures/database.ts';
import { type Scene, setScene } from '../fixtures/scene.ts';

describe('a restore that waits for a lock', () => {
  let scene: Scene;
  let target: TestDatabase;

  beforeAll(async () => {
    scene = await setScene();
    expect(await scene.workspace.run(['backup', '--json'])).toMatchObject({ status: 0 });
    target = await makeDatabase({ sql: 'CREATE TABLE notes (id int PRIMARY KEY, note text)' });
  });

  afterAll(async () => {
    await target.drop();
    await scene.remove();
  });

  it('names the session that holds the lock', async () => {
    const { host } = inject('postgres');
    const holder = new pg.Client({
      ...{ host, user: 'holdfast_drill', database: target.name },
      application_name: 'psql of ward seven',
    });
    await holder.connect();
    await holder.query("BEGIN; SELECT 'a value of ward seven' FROM notes");
    const [{ pid } = { pid: 0 }] = (await holder.query('SELECT pg_backend_pid() AS pid')).rows;
    const running = scene.start(['restore', 'latest', '--to', target.url, '--table', 'notes']);
    try {
      const told = new RegExp(
        `wait(?:s|ed) for a lock on public\\.notes since .* held by session ${pid} \\(of holdfast_drill, psql of ward seven, idle in transaction, in a transaction since .*\\); to end it: SELECT pg_terminate_backend\\(${pid}\\);`,
      );
      await running.said(told);
      await databaseNamed('postgres').query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
         WHERE application_name LIKE 'holdfast restore%' AND datname = $1`,
        [target.name],
      );
      const { status, stderr } = await running.finished;
      expect(status).toBe(75);
      expect(stderr.split('\n').filter((line) => told.test(line))).toHaveLength(2);
      expect(stderr).not.toContain('a value of ward seven');
    } finally {
      await holder.end();
    }
  });
});
