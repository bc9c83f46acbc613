import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { ThrowAwayServer } from '../../engine/postgres/throw-away-server.ts';
import { databaseNamed, makeDatabase, urlOf } from '../fixtures/database.ts';
import { makeWorkspace } from '../fixtures/holdfast.ts';
import { backUp } from '../fixtures/set.ts';

/** libpq takes such a name for a whole connection string, and would go to another database. */
describe('a database whose name reads like a connection string', () => {
  let server: ThrowAwayServer;
  beforeAll(async () => {
    const { tools } = inject('postgres');
    server = await ThrowAwayServer.start({ tools, signal: new AbortController().signal });
  });
  afterAll(() => server.stop());

  it.each([
    ['dbname=postgres c'],
    ['postgresql://nowhere.invalid/x'],
  ])('is backed up, made, replaced and drilled: %s', async (name) => {
    const { host } = server.connection();
    const database = await makeDatabase({ host, name, sql: 'CREATE TABLE t AS SELECT 7 AS i' });
    const workspace = await makeWorkspace({ databaseUrl: database.url });
    try {
      const id = await backUp(workspace);
      const copy = databaseNamed(`${name} 2`, { host });
      for (const args of [['--create'], ['--overwrite', copy.name]]) {
        const to = ['--to', urlOf(host, copy.name)];
        const finished = await workspace.run(['restore', id, ...to, ...args, '--json']);
        expect(finished, finished.stderr).toMatchObject({ status: 0 });
        expect(await copy.query('SELECT i FROM t')).toEqual([{ i: 7 }]);
      }
      const drilled = await workspace.run(['drill', '--backup', id, '--json']);
      expect(drilled.json()).toMatchObject({ result: 'PASS' });
    } finally {
      await workspace.remove();
    }
  });
});
