import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { databaseNamed, makeDatabase, type TestDatabase } from '../fixtures/database.ts';
import { makeWorkspace, type Workspace } from '../fixtures/holdfast.ts';
import { backUp } from '../fixtures/set.ts';

const OBJECTS = `SELECT m.oid, pg_get_userbyid(m.lomowner) AS owner, m.lomacl::text AS grants, obj_description(m.oid, 'pg_largeobject') AS comment,
  md5(lo_get(m.oid)) AS digest FROM pg_largeobject_metadata m ORDER BY 1`;

describe('large objects', () => {
  const owner = `Owner ${randomBytes(4).toString('hex')}`;
  let database: TestDatabase;
  let workspace: Workspace;

  beforeAll(async () => {
    database = await makeDatabase({
      sql: `CREATE ROLE "${owner}";
        SELECT lo_from_bytea(100001, convert_to(repeat('page ', 100000), 'UTF8')), lo_from_bytea(100002, ''), lo_from_bytea(100003, '\\x00ff');
        ALTER LARGE OBJECT 100002 OWNER TO "${owner}";
        GRANT SELECT ON LARGE OBJECT 100001 TO PUBLIC; GRANT SELECT, UPDATE ON LARGE OBJECT 100003 TO "${owner}" WITH GRANT OPTION;
        COMMENT ON LARGE OBJECT 100003 IS 'a scan of page 3';
        CREATE TABLE scans (id int PRIMARY KEY, image oid); INSERT INTO scans VALUES (1, 100001), (2, 100003)`,
    });
    workspace = await makeWorkspace({ databaseUrl: database.url });
  });

  afterAll(async () => {
    await workspace.remove();
    await database.query(
      `REASSIGN OWNED BY "${owner}" TO CURRENT_USER; DROP OWNED BY "${owner}"; DROP ROLE "${owner}"`,
    );
    await database.drop();
  });

  it('come back with bytes, owners, grants and comments', async () => {
    const id = await backUp(workspace);
    const copy = databaseNamed(`${database.name}_copy`);
    expect(
      await workspace.run(['restore', id, '--to', copy.url, '--create', '--json']),
    ).toMatchObject({ status: 0 });
    expect(await copy.query(OBJECTS)).toEqual(await database.query(OBJECTS));
    expect(
      await copy.query(
        "SELECT convert_from(lo_get(image, 0, 9), 'UTF8') AS page FROM scans WHERE id = 1",
      ),
    ).toEqual([{ page: 'page page' }]);
    await copy.drop();
  });

  it('make a database count as full', async () => {
    const target = await makeDatabase({ sql: "SELECT lo_from_bytea(7, 'x')" });
    const finished = await workspace.run(['restore', 'latest', '--to', target.url, '--json']);
    expect(finished.error()).toMatchObject({ code: 'TARGET_NOT_EMPTY' });
    await target.drop();
  });
});
