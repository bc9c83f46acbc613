import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeDatabase, type TestDatabase } from '../fixtures/database.ts';
import { makeWorkspace, type Workspace } from '../fixtures/holdfast.ts';

const TABLES = 5_000;
/** A transaction locks each table that it makes, and the shared server has room for 25,600 locks. */
const TABLES_A_TRANSACTION = 1_000;

describe('a database of 5,000 tables', () => {
  let database: TestDatabase;
  let workspace: Workspace;

  beforeAll(async () => {
    database = await makeDatabase();
    const session = await database.connect();
    for (let first = 1; first <= TABLES; first += TABLES_A_TRANSACTION)
      await session.query(
        `DO $$ BEGIN FOR i IN ${first}..${first + TABLES_A_TRANSACTION - 1} LOOP
           EXECUTE format('CREATE TABLE t_%s AS SELECT %s AS i', i, i); END LOOP; END $$`,
      );
    await session.end();
    workspace = await makeWorkspace({ databaseUrl: database.url });
  });

  afterAll(async () => {
    await workspace.remove();
    await database.drop();
  });

  it('is backed up with a count of each', async () => {
    const finished = await workspace.run(['backup', '--json']);
    expect(finished).toMatchObject({ status: 0 });
    expect(finished.json()).toMatchObject({ tables: TABLES, rows: TABLES });
    const { manifest } = (await workspace.run(['show', 'latest', '--json'])).json<{
      manifest: { tables: { rows: number }[] };
    }>();
    expect(manifest.tables.filter(({ rows }) => rows === 1)).toHaveLength(TABLES);
  });

  it('is read back to its end', async () => {
    expect(await workspace.run(['verify', 'latest', '--json'])).toMatchObject({ status: 0 });
  });
});
