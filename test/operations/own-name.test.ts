import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { ThrowAwayServer } from '../../engine/postgres/throw-away-server.ts';
import { databaseNamed, makeDatabase, type TestDatabase } from '../fixtures/database.ts';
import { makeWorkspace, type Workspace } from '../fixtures/holdfast.ts';
import { backUp } from '../fixtures/set.ts';

/** A check that holds in a database of this name only, and a view that stores the name. */
const SCHEMA = (name: string) => `
  CREATE FUNCTION here() RETURNS text LANGUAGE sql AS 'SELECT pg_catalog.current_database()';
  CREATE TABLE notes (id int CHECK (pg_catalog.current_database() = '${name}'));
  INSERT INTO notes SELECT generate_series(1, 7);
  CREATE MATERIALIZED VIEW place AS SELECT public.here() AS name;`;

describe('A database that asks for its own name', () => {
  const name = `ward_${randomBytes(4).toString('hex')}`;
  let server: ThrowAwayServer;
  let source: TestDatabase;
  let workspace: Workspace;
  let id: string;

  const restored = databaseNamed(name);
  const placeOf = async ({ query }: TestDatabase) => await query('SELECT name FROM place');

  beforeAll(async () => {
    const { tools } = inject('postgres');
    server = await ThrowAwayServer.start({ tools, signal: new AbortController().signal });
    source = await makeDatabase({ host: server.connection().host, name, sql: SCHEMA(name) });
    workspace = await makeWorkspace({ databaseUrl: source.url });
    id = await backUp(workspace);
  });
  afterAll(async () => {
    await workspace.remove();
    await restored.drop();
    await server.stop();
  });

  it('has the values that it had when a restore makes it', async () => {
    const args = ['restore', id, '--to', restored.url, '--create', '--json'];
    expect(await workspace.run(args)).toMatchObject({ status: 0 });
    expect(await placeOf(restored)).toEqual([{ name }]);
  });

  it('is proven by a drill', async () => {
    const drilled = await workspace.run(['drill', '--backup', id, '--json']);
    expect(drilled).toMatchObject({ status: 0 });
    expect(drilled.json<object>()).toMatchObject({ testDatabase: name });
  });

  it('has a statement that mends its views after a restore in its place', async () => {
    await source.query('ALTER TABLE notes DROP CONSTRAINT notes_check');
    const changed = await backUp(workspace);
    const args = ['restore', changed, '--to', source.url, '--overwrite', name, '--json'];
    const finished = await workspace.run(args);
    expect(finished).toMatchObject({ status: 0 });
    const { notes } = finished.json<{ notes: string[] }>();
    const [, statement = ''] = /run in \w+: (.*)$/.exec(notes.join('\n')) ?? [];
    await source.query(statement);
    expect(await placeOf(source)).toEqual([{ name }]);
  });
});
