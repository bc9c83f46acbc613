import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeDatabase, type TestDatabase } from '../fixtures/database.ts';
import { makeWorkspace, type Workspace } from '../fixtures/holdfast.ts';
import { backUp } from '../fixtures/set.ts';

const SQL = `
  CREATE FUNCTION shown(float8) RETURNS text IMMUTABLE LANGUAGE sql AS 'SELECT $1::text';
  DO $$BEGIN EXECUTE format('ALTER DATABASE %I SET extra_float_digits = -5', current_database());
  END$$;
  SET extra_float_digits = -5;
  CREATE TABLE parts (id int PRIMARY KEY, part float8,
                      text text GENERATED ALWAYS AS (shown(part)) STORED);
  INSERT INTO parts SELECT i, i / 3.0 FROM generate_series(1, 5) i`;

describe('a generated column of a table that is restored by itself', () => {
  let database: TestDatabase;
  let workspace: Workspace;
  let before: unknown[];

  const rowsOf = (table: string) =>
    database.query(`SELECT id, "text" FROM ${table} ORDER BY id`) as Promise<unknown[]>;

  beforeAll(async () => {
    database = await makeDatabase({ sql: SQL });
    workspace = await makeWorkspace({ databaseUrl: database.url });
    before = await rowsOf('parts');
    await backUp(workspace);
  });
  afterAll(async () => {
    await workspace.remove();
    await database.drop();
  });

  it.each([
    ['in its empty place', ['TRUNCATE parts'], [], 'parts'],
    ['beside it', [], ['--as', 'parts_restored'], 'parts_restored'],
  ])('%s has the values that the settings of the database give', async (_, sql, args, table) => {
    for (const statement of sql) await database.query(statement);
    const restore = ['restore', 'latest', '--table', 'parts', ...args, '--to', database.url];
    const restored = await workspace.run([...restore, '--json']);
    expect(restored, restored.stderr).toMatchObject({ status: 0 });
    expect(await rowsOf(table)).toEqual(before);
  });
});
