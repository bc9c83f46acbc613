import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeDatabase, type TestDatabase } from '../fixtures/database.ts';
import { expectFailure } from '../fixtures/failure.ts';
import { makeWorkspace, type Workspace } from '../fixtures/holdfast.ts';
import { backUp } from '../fixtures/set.ts';

/** Every trigger refuses, so that one that fires fails the restore. */
const SCHEMA = `
  CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION 'a trigger fired'; END $$;
  CREATE TABLE visits (id int PRIMARY KEY, note text);
  CREATE TABLE days (day int, note text) PARTITION BY LIST (day);
  CREATE TABLE days_1 PARTITION OF days FOR VALUES IN (1);
  CREATE TABLE days_2 PARTITION OF days FOR VALUES IN (2);
  CREATE TABLE days_3 PARTITION OF days DEFAULT;
  CREATE TABLE closed (id serial PRIMARY KEY, note text);
  INSERT INTO visits SELECT g, 'v' || g FROM generate_series(1, 20) g;
  INSERT INTO days SELECT g % 4, 'd' || g FROM generate_series(1, 20) g;
  INSERT INTO closed (note) SELECT 'c' || g FROM generate_series(1, 20) g;`;

const TRIGGERS = `
  CREATE TRIGGER asleep BEFORE INSERT ON visits FOR EACH ROW EXECUTE FUNCTION refuse();
  CREATE TRIGGER awake AFTER INSERT ON visits FOR EACH ROW EXECUTE FUNCTION refuse();
  CREATE TRIGGER ever AFTER INSERT ON visits FOR EACH ROW EXECUTE FUNCTION refuse();
  CREATE TRIGGER replica AFTER INSERT ON visits FOR EACH ROW EXECUTE FUNCTION refuse();
  ALTER TABLE visits DISABLE TRIGGER asleep, ENABLE ALWAYS TRIGGER ever,
    ENABLE REPLICA TRIGGER replica;
  CREATE TRIGGER own AFTER INSERT ON days FOR EACH ROW EXECUTE FUNCTION refuse();
  ALTER TABLE days_1 DISABLE TRIGGER own;
  ALTER TABLE days_3 ENABLE ALWAYS TRIGGER own;`;

const STATES = `SELECT tgrelid::regclass::text AS table, tgname AS trigger, tgenabled AS state
  FROM pg_trigger WHERE NOT tgisinternal ORDER BY 1, 2`;

describe('A restore into a database that is in use', () => {
  let database: TestDatabase;
  let workspace: Workspace;
  let id: string;

  const restore = (...args: string[]) =>
    workspace.run(['restore', id, '--to', database.name, ...args, '--json']);

  beforeAll(async () => {
    database = await makeDatabase({ sql: SCHEMA });
    workspace = await makeWorkspace({ databaseUrl: database.url });
    id = await backUp(workspace);
    await database.query(TRIGGERS);
  });
  afterAll(async () => {
    await workspace.remove();
    await database.drop();
  });

  it.each([
    ['--table', 'visits'],
    ['--table', 'days'],
  ])('leaves every trigger in its state, on each partition too (%s %s)', async (...args) => {
    const before = await database.query(STATES);
    await database.query('TRUNCATE visits, days');
    expect(await restore(...args)).toMatchObject({ status: 0 });
    expect(await database.query(STATES)).toEqual(before);
  });

  it('leaves every trigger in its state with --data-only', async () => {
    const target = await makeDatabase();
    const into = (...args: string[]) =>
      workspace.run(['restore', id, '--to', target.url, ...args, '--json']);
    expect(await into('--schema-only')).toMatchObject({ status: 0 });
    await target.query(TRIGGERS);
    const before = await target.query(STATES);
    expect(await into('--data-only')).toMatchObject({ status: 0 });
    expect(await target.query(STATES)).toEqual(before);
    await target.query('TRUNCATE visits, days, closed; ALTER TABLE visits DROP COLUMN note');
    expectFailure(await into('--data-only'), { code: 'RESTORE_FAILED' });
    expect(await target.query(STATES)).toEqual(before);
    await target.drop();
  });

  it('gives nobody more rights than the table had, whatever the default privileges', async () => {
    await database.query(`
      DROP TABLE closed;
      ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO PUBLIC;
      ALTER DEFAULT PRIVILEGES GRANT USAGE ON SEQUENCES TO PUBLIC`);
    expect(await restore('--table', 'closed')).toMatchObject({ status: 0 });
    expect(await restore('--table', 'closed', '--as', 'closed_was')).toMatchObject({ status: 0 });
    const open = await database.query(`
      SELECT relname FROM pg_class, aclexplode(relacl) a
      WHERE relname LIKE 'closed%' AND a.grantee <> relowner`);
    expect(open).toEqual([]);
  });

  it('makes nothing under another name than the one that was given', async () => {
    const name = `${'n'.repeat(62)}é`;
    const isTooLong = { status: 2, code: 'USAGE' } as const;
    expectFailure(await restore('--table', 'visits', '--as', name), isTooLong);
    const elsewhere = database.url.replace(database.name, encodeURIComponent(name));
    const create = await workspace.run(['restore', id, '--to', elsewhere, '--create', '--json']);
    expectFailure(create, isTooLong);
  });
});
