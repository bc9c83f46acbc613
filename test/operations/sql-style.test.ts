import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { ThrowAwayServer } from '../../engine/postgres/throw-away-server.ts';
import { databaseNamed, makeDatabase, type TestDatabase } from '../fixtures/database.ts';
import { makeWorkspace, type Workspace } from '../fixtures/holdfast.ts';
import { backUp } from '../fixtures/set.ts';

const VALUES = `SELECT id, v, p FROM notes ORDER BY id`;
const TEXTS = `SELECT obj_description('notes'::regclass) AS comment,
  (SELECT pg_get_expr(adbin, adrelid) FROM pg_attrdef WHERE adrelid = 'notes'::regclass
   AND adnum = 2) AS preset`;

/** Settings of the database by which a server reads backslashes and writes names. */
describe.each([
  'UTF8',
  'SQL_ASCII',
])('a database of %s that reads backslashes as escapes and quotes all names', (encoding) => {
  let database: TestDatabase;
  let server: ThrowAwayServer;
  let workspace: Workspace;
  let id: string;

  beforeAll(async () => {
    server = await ThrowAwayServer.start({
      tools: inject('postgres').tools,
      signal: new AbortController().signal,
    });
    database = await makeDatabase({
      encoding,
      sql: String.raw`DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET
            standard_conforming_strings = off', current_database());
          EXECUTE format('ALTER DATABASE %I SET quote_all_identifiers = on', current_database());
          END $$;
        CREATE TABLE notes (id int PRIMARY KEY, v text DEFAULT E'a\\b',
          p text GENERATED ALWAYS AS (regexp_replace(v, E'\\\\', '/')) STORED);
        INSERT INTO notes (id) VALUES (1); INSERT INTO notes VALUES (2, E'c\\\\d''\n');
        COMMENT ON TABLE notes IS E'back\\slash'; CREATE TABLE child () INHERITS (notes)`,
    });
    workspace = await makeWorkspace({ databaseUrl: database.url });
    id = await backUp(workspace);
  });
  afterAll(async () => {
    await workspace.remove();
    await database.drop();
    await server.stop();
  });

  it('is restored with its values and its texts', async () => {
    const target = databaseNamed('target', { host: server.connection().host });
    const restore = ['restore', id, '--to', target.url, '--create', '--roles', '--json'];
    const finished = await workspace.run(restore);
    expect(finished, finished.stderr).toMatchObject({ status: 0 });
    expect(await target.query(VALUES)).toEqual(await database.query(VALUES));
    expect(await target.query(TEXTS)).toEqual(await database.query(TEXTS));
  });

  it('gives back a table', async () => {
    const rows = await database.query(VALUES);
    await database.query('DROP TABLE notes CASCADE');
    const finished = await workspace.run([
      ...['restore', id, '--table', 'notes', '--to', database.url, '--json'],
    ]);
    expect(finished, finished.stderr).toMatchObject({ status: 0 });
    expect(await database.query(VALUES)).toEqual(rows);
  });

  it('is drilled, and doctor has nothing against it', async () => {
    expect((await workspace.run(['drill', '--json'])).json()).toMatchObject({ result: 'PASS' });
    const { status, stdout } = await workspace.run(['doctor']);
    expect(status, stdout).toBe(0);
  });
});
