import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { databaseNamed, makeDatabase, type TestDatabase, urlOf } from '../fixtures/database.ts';
import { expectFailure } from '../fixtures/failure.ts';
import { makeWorkspace, type Workspace } from '../fixtures/holdfast.ts';
import { backUp } from '../fixtures/set.ts';

/** One of each kind that PostgreSQL lets only a superuser make. */
const SCHEMA = `
  CREATE TABLE t AS SELECT generate_series(1, 5) AS i;
  CREATE FUNCTION in_c(internal) RETURNS internal LANGUAGE c AS '$libdir/dict_snowball', 'dsnowball_init';
  CREATE FUNCTION sealed(int) RETURNS int LANGUAGE sql IMMUTABLE LEAKPROOF AS 'SELECT $1';
  CREATE FUNCTION plain(int) RETURNS text LANGUAGE sql AS 'SELECT ''LANGUAGE c LEAKPROOF''::text';
  CREATE FOREIGN DATA WRAPPER remote;
  CREATE TYPE one AS (i int);
  CREATE FUNCTION to_text(one) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT ''x''';
  CREATE CAST (one AS text) WITH FUNCTION to_text(one);
  CREATE CAST (oid AS date) WITHOUT FUNCTION;
  CREATE OPERATOR CLASS backwards FOR TYPE int USING btree AS OPERATOR 1 >, OPERATOR 5 <,
    FUNCTION 1 btint4cmp(int, int);
  CREATE PUBLICATION everything FOR ALL TABLES; CREATE PUBLICATION partly FOR TABLE t;
  CREATE SUBSCRIPTION incoming CONNECTION 'host=127.0.0.1 port=1' PUBLICATION p
    WITH (connect = false, slot_name = NONE);
  CREATE FUNCTION on_ddl() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN NULL; END';
  CREATE EVENT TRIGGER guard ON sql_drop EXECUTE FUNCTION on_ddl();`;

describe('a role that is no superuser', () => {
  const role = `plain_${randomBytes(4).toString('hex')}`;
  let database: TestDatabase;
  let workspace: Workspace;
  let id: string;

  const restore = (copy: string, ...more: string[]) => {
    const to = urlOf(database.host, copy, role);
    return workspace.run(['restore', id, '--to', to, '--no-owner', ...more, '--json']);
  };

  beforeAll(async () => {
    database = await makeDatabase({ sql: `${SCHEMA} CREATE ROLE ${role} LOGIN CREATEDB;` });
    workspace = await makeWorkspace({ databaseUrl: database.url });
    id = await backUp(workspace);
  });
  afterAll(async () => {
    await workspace.remove();
    await database.query('ALTER SUBSCRIPTION incoming DISABLE; DROP SUBSCRIPTION incoming');
    await database.query(`DROP ROLE ${role}`);
    await database.drop();
  });

  it('hears beforehand exactly which objects it will be refused', async () => {
    const said: string[] = [];
    for (const more of [['--dry-run'], []]) {
      const finished = await restore(`${database.name}_copy`, '--create', ...more);
      const { message, hint } = expectFailure(finished, { code: 'PRIVILEGE_MISSING' });
      const [, list = ''] = message.split('may not create what only a superuser may: ');
      said.push(list);
      expect(hint).toContain('--keep-going');
    }
    const going = await restore(`${database.name}_copy`, '--create', '--keep-going');
    expect(going).toMatchObject({ status: 1 });
    const { failures, incomplete } = going.json<{
      failures: { object: string }[];
      incomplete: string;
    }>();
    await databaseNamed(incomplete).drop();
    const refused = failures.map(({ object }) => object).sort();
    expect(refused.join('; ')).toMatch(/EVENT TRIGGER guard.*FOREIGN DATA WRAPPER remote/);
    for (const list of said) expect(list.split('; ').sort()).toEqual(refused);
  });

  it('learns it from doctor', async () => {
    const env = {
      DATABASE_URL: database.url,
      RESTORE_DATABASE_URL: urlOf(database.host, database.name, role),
    };
    const { findings } = (await workspace.run(['doctor', '--json'], env)).json<{
      findings: { name: string; status: string; detail: string }[];
    }>();
    const found = findings.find(({ name }) => name === 'restore rights');
    expect(found?.status).toBe('warning');
    const [, list = ''] = found?.detail.split('make again what only a superuser may: ') ?? [];
    for (const object of [
      'EVENT TRIGGER guard',
      'FUNCTION in_c',
      'FUNCTION sealed',
      'SUBSCRIPTION incoming',
      'PUBLICATION everything',
      'FOREIGN DATA WRAPPER remote',
      'OPERATOR CLASS backwards',
      'CAST (oid AS date)',
    ])
      expect(list.split('; ')).toContain(object);
    expect(list).not.toMatch(/plain|partly|to_text/);
  });
});
