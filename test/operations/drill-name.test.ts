import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import type { DrillReport } from '../../engine/domain/drill-report.ts';
import { ThrowAwayServer } from '../../engine/postgres/throw-away-server.ts';
import { writeConfig } from '../fixtures/config.ts';
import { databaseNamed, makeDatabase, type TestDatabase } from '../fixtures/database.ts';
import { makeWorkspace, type Workspace } from '../fixtures/holdfast.ts';
import { backUp } from '../fixtures/set.ts';

/** Rows that only this database takes, and values that only it computes. */
const tiedTo = (name: string) => `
  CREATE FUNCTION here() RETURNS text IMMUTABLE LANGUAGE sql AS 'SELECT pg_catalog.current_database()::text';
  CREATE TABLE tied (id int CHECK (pg_catalog.current_database() = $$${name}$$),
    home text GENERATED ALWAYS AS (public.here()) STORED);
  INSERT INTO tied VALUES (1);
  CREATE MATERIALIZED VIEW homes AS SELECT pg_catalog.current_database()::text AS home`;

describe('what depends on current_database()', () => {
  let server: ThrowAwayServer;
  let workspace: Workspace;

  beforeAll(async () => {
    const { tools } = inject('postgres');
    server = await ThrowAwayServer.start({ tools, signal: new AbortController().signal });
  });
  beforeEach(async () => {
    workspace = await makeWorkspace();
  });
  afterEach(() => workspace.remove());
  afterAll(() => server.stop());

  /** One of initdb is there already. */
  async function databaseOf(name: string): Promise<TestDatabase> {
    const { host } = server.connection();
    const isThere = name === 'postgres' || name === 'template1';
    const database = isThere ? databaseNamed(name, { host }) : await makeDatabase({ host, name });
    await database.query(tiedTo(name));
    return database;
  }

  it.each([
    'clinic',
    'postgres',
    'holdfast_plain',
    'host=elsewhere dbname=\'x\' "y"',
    'postgresql://elsewhere/x',
    // The last one: what is made in it is in every database that is made later.
    'template1',
  ])('is in a drill as in the source, also of a database called %s', async (name) => {
    const { url } = await databaseOf(name);
    const quoted = `$$${name}$$`;
    const assertions = [
      { name: 'computed', sql: `SELECT home = ${quoted} FROM tied` },
      { name: 'materialized', sql: `SELECT home = ${quoted} FROM homes` },
    ];
    await writeConfig(workspace, { databases: { clinic: { url, drill: { assertions } } } });
    await backUp(workspace);
    const finished = await workspace.run(['drill', '--json']);
    expect(finished, finished.stderr).toMatchObject({ status: 0 });
    const { testDatabase, exceptions } = finished.json<DrillReport>();
    expect([testDatabase, exceptions]).toEqual([name, []]);
  });
});
