import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { contentsOf } from '../fixtures/contents.ts';
import { makeDatabase, type TestDatabase } from '../fixtures/database.ts';
import { expectFailure } from '../fixtures/failure.ts';
import { makeWorkspace, type Workspace } from '../fixtures/holdfast.ts';
import { backUp } from '../fixtures/set.ts';

const BELONGINGS = `SELECT 'index' AS kind, indexdef AS text FROM pg_indexes WHERE schemaname = 'public' AND tablename = 'patients'
  UNION ALL SELECT 'constraint', conname || ' ' || pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = 'patients'::regclass
  UNION ALL SELECT 'trigger', pg_get_triggerdef(oid) FROM pg_trigger WHERE tgrelid = 'patients'::regclass AND NOT tgisinternal
  UNION ALL SELECT 'grants', a::text FROM pg_class, unnest(relacl) a WHERE oid = 'patients'::regclass
  UNION ALL SELECT 'comment', obj_description('patients'::regclass)
  UNION ALL SELECT 'policy', polname FROM pg_policy WHERE polrelid = 'patients'::regclass
  UNION ALL SELECT 'default', pg_get_expr(adbin, adrelid) FROM pg_attrdef WHERE adrelid = 'patients'::regclass
  UNION ALL SELECT 'statistics', pg_get_statisticsobjdef(oid) FROM pg_statistic_ext WHERE stxrelid = 'patients'::regclass ORDER BY 1, 2`;

describe('restore --table', () => {
  let database: TestDatabase;
  let workspace: Workspace;
  let id: string;
  let whole: Record<string, string>;

  const restore = (...args: string[]) =>
    workspace.run(['restore', id, '--to', database.url, '--json', ...args]);

  beforeAll(async () => {
    database = await makeDatabase({
      sql: `CREATE TABLE wards (id int PRIMARY KEY, name text UNIQUE); INSERT INTO wards SELECT i, 'ward ' || i FROM generate_series(1, 3) i;
        CREATE FUNCTION stamp() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.seen := NEW.seen + 1; RETURN NEW; END $$;
        CREATE TABLE patients (id serial PRIMARY KEY, ward int REFERENCES wards, name text CHECK (name <> ''), seen int DEFAULT 0);
        INSERT INTO patients (ward, name) SELECT i % 3 + 1, 'p' || i FROM generate_series(1, 30) i;
        CREATE INDEX by_name ON patients (lower(name)); CREATE STATISTICS both_of (dependencies) ON ward, name FROM patients;
        CREATE TRIGGER stamped BEFORE INSERT ON patients FOR EACH ROW EXECUTE FUNCTION stamp();
        CREATE POLICY mine ON patients USING (ward = 1); GRANT SELECT ON patients TO PUBLIC; COMMENT ON TABLE patients IS 'people';
        CREATE TABLE parents (a int, b text); CREATE TABLE heirs (c int) INHERITS (parents);
        INSERT INTO parents VALUES (9, 'own'); INSERT INTO heirs VALUES (1, 'x', 2), (3, 'y', 4); CREATE TYPE kind AS (a int, b text);
        CREATE TABLE typed OF kind (a NOT NULL); INSERT INTO typed VALUES (1, 'x'), (2, 'y');
        CREATE TABLE notes (id int, patient int REFERENCES patients); INSERT INTO notes VALUES (1, 1)`,
    });
    workspace = await makeWorkspace({ databaseUrl: database.url });
    id = await backUp(workspace);
    whole = await contentsOf(database);
  });

  afterAll(async () => {
    await workspace.remove();
    await database.drop();
  });

  it('refuses a table that has rows, and says how to put them beside it', async () => {
    const { hint } = expectFailure(await restore('--table', 'patients'), {
      code: 'TARGET_NOT_EMPTY',
    });
    expect(hint).toContain('--table patients --as patients_restored');
    expect(await contentsOf(database)).toEqual(whole);
  });

  it('puts the rows beside the table, once', async () => {
    const finished = await restore('--table', 'patients', '--as', 'patients_restored');
    expect(finished.json()).toMatchObject({
      restoredTables: [
        { table: 'patients', into: 'patients_restored', action: 'beside', rows: 30 },
      ],
    });
    expect(
      await database.query('SELECT * FROM patients_restored EXCEPT SELECT * FROM patients'),
    ).toEqual([]);
    expectFailure(await restore('--table', 'patients', '--as', 'patients_restored'), {
      code: 'TARGET_EXISTS',
    });
    await database.query('DROP TABLE patients_restored');
  });

  it('fills a table that is empty', async () => {
    await database.query('TRUNCATE patients, notes');
    await database.query('ALTER TABLE patients DISABLE TRIGGER stamped');
    expect((await restore('--table', 'patients')).json()).toMatchObject({
      restoredTables: [{ action: 'filled', rows: 30 }],
    });
    expect((await restore('--table', 'notes')).json()).toMatchObject({
      restoredTables: [{ action: 'filled', rows: 1 }],
    });
    await database.query('ALTER TABLE patients ENABLE TRIGGER stamped');
    expect(await contentsOf(database)).toEqual(whole);
  });

  it('makes a table that is absent, with all that belongs to it', async () => {
    const before = await database.query(BELONGINGS);
    expect(before.length).toBeGreaterThan(9);
    await database.query('DROP TABLE patients CASCADE');
    expect((await restore('--table', 'patients')).json()).toMatchObject({
      restoredTables: [{ action: 'created', rows: 30 }],
    });
    expect(await contentsOf(database)).toEqual(whole);
    expect(await database.query(BELONGINGS)).toEqual(before);
    await database.query('ALTER TABLE notes ADD FOREIGN KEY (patient) REFERENCES patients');
  });

  it('leaves a foreign key out whose other table is not there, and says so', async () => {
    await database.query('DROP TABLE notes, patients, wards CASCADE');
    const finished = await restore('--table', 'patients');
    expect(finished).toMatchObject({ status: 0 });
    expect(finished.json<{ notes: string[] }>().notes.join()).toMatch(
      /foreign key left out.*patients_ward_fkey/,
    );
    expect(await database.query("SELECT FROM pg_constraint WHERE contype = 'f'")).toEqual([]);
    await database.query('DROP TABLE patients');
  });

  it('brings several back at once, whatever their order, with the keys between them', async () => {
    const finished = await restore('--table', 'notes', '--table', 'patients', '--table', 'wards');
    expect(finished).toMatchObject({ status: 0 });
    expect(await contentsOf(database)).toEqual(whole);
    expect(
      await database.query("SELECT conname FROM pg_constraint WHERE contype = 'f' ORDER BY 1"),
    ).toEqual([{ conname: 'notes_patient_fkey' }, { conname: 'patients_ward_fkey' }]);
  });

  it('refuses a table that the set does not have, and changes nothing for the others', async () => {
    await database.query('DROP TABLE notes');
    const { hint } = expectFailure(await restore('--table', 'notes', '--table', 'nosuch'), {
      code: 'NOTHING_TO_DUMP',
      status: 2,
    });
    expect(hint).toMatch(/There are: .*notes, .*patients, .*wards/);
    expect(Object.keys(await contentsOf(database))).not.toContain('"public"."notes"');
  });

  it('leaves an empty table empty when its rows do not fit any more', async () => {
    await restore('--table', 'notes');
    await database.query('TRUNCATE notes; ALTER TABLE notes ADD CHECK (id > 1)');
    expectFailure(await restore('--table', 'notes'), { code: 'RESTORE_FAILED' });
    expect(await database.query('SELECT FROM notes')).toEqual([]);
  });

  it('puts no rows into a view that has the name of the table', async () => {
    await database.query('DROP TABLE notes; CREATE VIEW notes AS SELECT 1 AS id WHERE false');
    expectFailure(await restore('--table', 'notes'), { code: 'TARGET_EXISTS' });
    await database.query('DROP VIEW notes');
  });

  it('fills a parent whose own rows are lost, and leaves the rows of its children alone', async () => {
    await database.query('DELETE FROM ONLY parents');
    expect((await restore('--table', 'parents')).json()).toMatchObject({
      restoredTables: [{ table: 'parents', action: 'filled', rows: 1 }],
    });
    expect(await database.query('SELECT a, b FROM parents ORDER BY a')).toEqual([
      { a: 1, b: 'x' },
      { a: 3, b: 'y' },
      { a: 9, b: 'own' },
    ]);
    expectFailure(await restore('--table', 'parents'), { code: 'TARGET_NOT_EMPTY' });
  });

  it('puts the rows of tables that inherit, and of typed ones, beside them', async () => {
    for (const name of ['heirs', 'typed']) {
      const finished = await restore('--table', name, '--as', `${name} was`);
      expect(finished).toMatchObject({ status: 0 });
      const rows = await database.query(`SELECT * FROM ONLY "${name} was" ORDER BY 1`);
      expect(rows).toEqual(await database.query(`SELECT * FROM ONLY ${name} ORDER BY 1`));
      expect(rows).toHaveLength(2);
      await database.query(`DROP TABLE "${name} was"`);
    }
  });
});
