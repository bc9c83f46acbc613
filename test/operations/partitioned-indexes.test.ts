import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { databaseNamed, makeDatabase, type TestDatabase } from '../fixtures/database.ts';
import { makeWorkspace, type Workspace } from '../fixtures/holdfast.ts';
import { backUp } from '../fixtures/set.ts';

const INVALID = 'SELECT indexrelid::regclass::text AS name FROM pg_index WHERE NOT indisvalid';

/**
 * Partitions below partitions, each level with an index that is attached to the one above. Four
 * workers of pg_restore left the index of such a table invalid in one of forty restores.
 */
const NESTED = Array.from({ length: 100 }, (_, number) => {
  const t = `t${number}`;
  const nested = [1, 2].map(
    (
      value,
    ) => `CREATE TABLE ${t}_${value} PARTITION OF ${t} FOR VALUES IN (${value}) PARTITION BY HASH (b);
      CREATE TABLE ${t}_${value}_0 PARTITION OF ${t}_${value} FOR VALUES WITH (MODULUS 1, REMAINDER 0);`,
  );
  return `CREATE TABLE ${t} (a int, b int) PARTITION BY LIST (a); ${nested.join(' ')}
    CREATE TABLE ${t}_3 PARTITION OF ${t} FOR VALUES IN (3);
    CREATE TABLE ${t}_rest PARTITION OF ${t} DEFAULT;
    CREATE INDEX ON ${t} (b, a);`;
}).join(' ');

describe('indexes of partitions below partitions', () => {
  let database: TestDatabase;
  let workspace: Workspace;

  beforeAll(async () => {
    database = await makeDatabase({ sql: NESTED });
    await database.query('INSERT INTO t0 VALUES (1, 1)');
    workspace = await makeWorkspace({ databaseUrl: database.url });
  });
  afterAll(async () => {
    await workspace.remove();
    await database.drop();
  });

  it('are valid again at every level when four workers built them', async () => {
    const id = await backUp(workspace);
    const copy = databaseNamed(`${database.name}_copy`);
    const args = ['restore', id, '--to', copy.url, '--create', '--jobs', '4', '--json'];
    const restored = await workspace.run(args);
    expect(restored, restored.stderr).toMatchObject({ status: 0 });
    expect(await database.query(INVALID)).toEqual([]);
    expect(await copy.query(INVALID)).toEqual([]);
    await copy.drop();
  });
});
