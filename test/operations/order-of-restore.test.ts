import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { databaseNamed, makeDatabase, type TestDatabase } from '../fixtures/database.ts';
import { makeWorkspace, type Workspace } from '../fixtures/holdfast.ts';
import { backUp } from '../fixtures/set.ts';

const owner = `owner_${randomBytes(4).toString('hex')}`;

/** An index over a function that its owner may not call, and a comment on what a child inherits. */
const SQL = `
  CREATE ROLE ${owner};
  CREATE FUNCTION twice(int) RETURNS int IMMUTABLE LANGUAGE plpgsql AS 'BEGIN RETURN $1 * 2; END';
  CREATE TABLE beds (id int); INSERT INTO beds VALUES (1), (2);
  CREATE INDEX by_twice ON beds (twice(id));
  ALTER TABLE beds OWNER TO ${owner}; REVOKE ALL ON FUNCTION twice(int) FROM PUBLIC;
  CREATE TABLE wards (a int); CREATE TABLE rooms () INHERITS (wards);
  ALTER TABLE wards ADD CONSTRAINT low CHECK (a > 0) NOT VALID, ENABLE ROW LEVEL SECURITY;
  COMMENT ON CONSTRAINT low ON rooms IS 'of the child'`;

const FACTS = `SELECT
  (SELECT indisvalid FROM pg_index WHERE indexrelid = 'by_twice'::regclass) AS valid,
  has_function_privilege('${owner}', 'twice(int)', 'EXECUTE') AS callable,
  (SELECT obj_description(oid) FROM pg_constraint WHERE conrelid = 'rooms'::regclass) AS comment`;

describe('the order of a restore is that of pg_restore', () => {
  let database: TestDatabase;
  let workspace: Workspace;
  const restored: TestDatabase[] = [];

  beforeAll(async () => {
    database = await makeDatabase({ sql: SQL });
    workspace = await makeWorkspace({ databaseUrl: database.url });
    await backUp(workspace);
  });
  afterAll(async () => {
    await workspace.remove();
    for (const one of [database, ...restored]) await one.drop();
    await databaseNamed('postgres').query(`DROP ROLE ${owner}`);
  });

  const expected = [{ valid: true, callable: false, comment: 'of the child' }];

  it('when grants come after the indexes, and comments after the inherited constraints', async () => {
    const target = databaseNamed(`${database.name}_r`);
    restored.push(target);
    const finished = await workspace.run(['restore', 'latest', '--create', '--to', target.url]);
    expect(finished, finished.stderr).toMatchObject({ status: 0 });
    expect(await target.query(FACTS)).toEqual(expected);
  });

  it('in a drill, too', async () => {
    const finished = await workspace.run(['drill', '--json']);
    expect(finished, finished.stderr).toMatchObject({ status: 0 });
    expect(finished.json()).toMatchObject({ result: 'PASS', exceptions: [] });
  });

  it('in SQL that is exported', async () => {
    const target = await makeDatabase();
    restored.push(target);
    const file = join(workspace.folder, 'all.sql');
    const finished = await workspace.run(['export', 'latest', '--sql', '--out', file]);
    expect(finished, finished.stderr).toMatchObject({ status: 0 });
    const psql = join(inject('postgres').tools.directory, 'psql');
    const args = ['--no-psqlrc', '--quiet', '--set=ON_ERROR_STOP=1', `--file=${file}`, target.url];
    const { status, stderr } = spawnSync(psql, args, { encoding: 'utf8' });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(await target.query(FACTS)).toEqual(expected);
  });
});
