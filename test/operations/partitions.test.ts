import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { contentsOf } from '../fixtures/contents.ts';
import { databaseNamed, makeDatabase, type TestDatabase } from '../fixtures/database.ts';
import { makeWorkspace, type Workspace } from '../fixtures/holdfast.ts';
import { backUp } from '../fixtures/set.ts';

const SHAPE = `SELECT c.relname AS name, pg_get_partkeydef(c.oid) AS key, pg_get_expr(c.relpartbound, c.oid) AS bound, i.inhparent::regclass::text AS parent
  FROM pg_class c LEFT JOIN pg_inherits i ON i.inhrelid = c.oid WHERE c.relkind IN ('r', 'p') AND c.relnamespace = 'public'::regnamespace ORDER BY 1`;

describe('partitioned tables', () => {
  let database: TestDatabase;
  let workspace: Workspace;
  let id: string;

  beforeAll(async () => {
    database = await makeDatabase({
      sql: `CREATE TABLE samples (at date NOT NULL, ward int, PRIMARY KEY (at, ward)) PARTITION BY RANGE (at);
        CREATE TABLE samples_2025 PARTITION OF samples FOR VALUES FROM ('2025-01-01') TO ('2026-01-01') PARTITION BY LIST (ward);
        CREATE TABLE samples_2025_1 PARTITION OF samples_2025 FOR VALUES IN (1);
        CREATE TABLE samples_2025_rest PARTITION OF samples_2025 DEFAULT;
        CREATE TABLE samples_rest PARTITION OF samples DEFAULT;
        INSERT INTO samples SELECT '2025-12-01'::date + i, i % 3 FROM generate_series(1, 60) i;
        CREATE TYPE mood AS ENUM ('sad', 'meh', 'ok', 'happy', 'ecstatic', 'numb', 'cross');
        CREATE TABLE moods (mood mood NOT NULL, note text) PARTITION BY HASH (mood);
        CREATE TABLE moods_0 PARTITION OF moods FOR VALUES WITH (MODULUS 2, REMAINDER 0);
        CREATE TABLE moods_1 PARTITION OF moods FOR VALUES WITH (MODULUS 2, REMAINDER 1);
        INSERT INTO moods SELECT m, 'note ' || i FROM unnest(enum_range(NULL::mood)) m, generate_series(1, 7) i;
        CREATE TABLE parent (i int); CREATE TABLE child (j int) INHERITS (parent);
        INSERT INTO parent VALUES (1); INSERT INTO child VALUES (2, 2), (3, 3)`,
    });
    workspace = await makeWorkspace({ databaseUrl: database.url });
    id = await backUp(workspace);
  });

  afterAll(async () => {
    await workspace.remove();
    await database.drop();
  });

  /** Rows by root: a hash of an enum rests on oids, so its partitions may spread the rows anew. */
  const contentsOfRoots = async (one: TestDatabase) =>
    Object.fromEntries(
      Object.entries(await contentsOf(one)).filter(([name]) => !/moods_\d/.test(name)),
    );

  it('come back in the same shape with the same rows, and each row in the partition where it belongs', async () => {
    const copy = databaseNamed(`${database.name}_copy`);
    const finished = await workspace.run(['restore', id, '--to', copy.url, '--create', '--json']);
    expect(finished).toMatchObject({ status: 0 });
    expect(await copy.query(SHAPE)).toEqual(await database.query(SHAPE));
    expect(await contentsOfRoots(copy)).toEqual(await contentsOfRoots(database));
    expect(await copy.query("SELECT count(*)::int FROM moods WHERE mood = 'numb'")).toEqual([
      { count: 7 },
    ]);
    expect(await copy.query('SELECT count(*)::int FROM ONLY parent')).toEqual([{ count: 1 }]);
    await copy.drop();
  });

  it('are proven by a drill', async () => {
    expect((await workspace.run(['drill', '--backup', id, '--json'])).json()).toMatchObject({
      result: 'PASS',
    });
  });

  it.each([
    'samples',
    'moods',
    'parent',
  ])('come back alone when they were dropped: %s', async (table) => {
    const [before, shape] = [await contentsOfRoots(database), await database.query(SHAPE)];
    await database.query(`DROP TABLE ${table} CASCADE`);
    const tables =
      table === 'parent' ? ['--table', 'parent', '--table', 'child'] : ['--table', table];
    expect(
      await workspace.run(['restore', id, '--to', database.url, ...tables, '--json']),
    ).toMatchObject({ status: 0 });
    expect(await contentsOfRoots(database)).toEqual(before);
    expect(await database.query(SHAPE)).toEqual(shape);
  });

  it('are filled again when they were emptied, and put beside themselves whole', async () => {
    const before = await contentsOfRoots(database);
    await database.query('TRUNCATE samples');
    expect(
      await workspace.run(['restore', id, '--to', database.url, '--table', 'samples', '--json']),
    ).toMatchObject({ status: 0 });
    expect(await contentsOfRoots(database)).toEqual(before);
    const beside = await workspace.run([
      'restore',
      id,
      '--to',
      database.url,
      '--table',
      'moods',
      '--as',
      'moods_before',
      '--json',
    ]);
    expect(beside.json()).toMatchObject({ restoredTables: [{ action: 'beside', rows: 49 }] });
    expect(await database.query('SELECT * FROM moods_before EXCEPT SELECT * FROM moods')).toEqual(
      [],
    );
  });

  it('give one partition back alone', async () => {
    const before = await contentsOfRoots(database);
    await database.query('TRUNCATE samples_rest');
    expect(
      await workspace.run([
        'restore',
        id,
        '--to',
        database.url,
        '--table',
        'samples_rest',
        '--json',
      ]),
    ).toMatchObject({ status: 0 });
    expect(await contentsOfRoots(database)).toEqual(before);
  });
});
