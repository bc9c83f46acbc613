import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { ThrowAwayServer } from '../../engine/postgres/throw-away-server.ts';
import { databaseNamed, makeDatabase, type TestDatabase, urlOf } from '../fixtures/database.ts';
import { expectFailure } from '../fixtures/failure.ts';
import { makeWorkspace, type Workspace } from '../fixtures/holdfast.ts';
import { plainDump } from '../fixtures/plain-dump.ts';
import { backUp } from '../fixtures/set.ts';

/** What a team has on a managed server: an owner for all, tables in public, policies on the owner too. */
const CLINIC = `SET ROLE app_owner;
  CREATE TABLE patients (id int PRIMARY KEY, ward text);
  INSERT INTO patients SELECT n, 'w' FROM generate_series(1, 30) n;
  ALTER TABLE patients ENABLE ROW LEVEL SECURITY;
  ALTER TABLE patients FORCE ROW LEVEL SECURITY;
  CREATE POLICY own_ward ON patients TO app_reader USING (ward = current_setting('app.ward', true));
  CREATE SCHEMA app;
  CREATE TABLE app.visits (id int PRIMARY KEY, patient int REFERENCES patients, at timestamptz);
  CREATE VIEW app.recent AS SELECT * FROM app.visits;
  CREATE FUNCTION app.today() RETURNS date LANGUAGE sql AS 'SELECT current_date';
  ALTER DEFAULT PRIVILEGES IN SCHEMA app GRANT SELECT ON TABLES TO app_reader;
  GRANT USAGE ON SCHEMA app TO app_reader; GRANT SELECT ON app.visits TO app_reader;
  RESET ROLE;`;

describe.each(
  inject('postgres').majors,
)('a restore on PostgreSQL $major by a role that is no superuser', (tools) => {
  const name = `clinic_${randomBytes(4).toString('hex')}`;
  const { signal } = new AbortController();
  let there: ThrowAwayServer;
  let here: ThrowAwayServer;
  let source: TestDatabase;
  let workspace: Workspace;
  let id: string;

  const superuser = () => databaseNamed('postgres', { host: here.connection().host });
  const restore = (database: string, ...more: string[]) =>
    workspace.run([
      ...['restore', id, '--to', urlOf(here.connection().host, database, 'master')],
      ...[...more, '--json', ...workspace.fromBucket],
    ]);
  const dumpOf = (server: ThrowAwayServer, database: string) =>
    plainDump({ tools, host: server.connection().host, database });

  beforeAll(async () => {
    there = await ThrowAwayServer.start({ tools, signal });
    here = await ThrowAwayServer.start({ tools, signal });
    const { host } = there.connection();
    const first = databaseNamed('postgres', { host });
    await first.query('CREATE ROLE app_owner LOGIN; CREATE ROLE app_reader');
    source = await makeDatabase({ host, name });
    await first.query(`ALTER DATABASE ${name} OWNER TO app_owner`);
    await source.query(CLINIC);
    await superuser().query('CREATE ROLE master LOGIN CREATEROLE CREATEDB');
    workspace = await makeWorkspace({ databaseUrl: source.url });
    id = await backUp(workspace);
  });

  afterAll(async () => {
    await workspace.remove();
    await there.stop();
    await here.stop();
  });

  it('makes roles and database, gives every object to its owner, and counts every row', async () => {
    const finished = await restore(name, '--create', '--roles');
    expect(finished, finished.stderr).toMatchObject({ status: 0 });
    expect(finished.json()).toMatchObject({ rows: 30 });
    expect(dumpOf(here, name)).toEqual(dumpOf(there, name));
  });

  it('joins the owners for the time of the restore only', async () => {
    const members = await superuser().query(
      `SELECT r.rolname AS role FROM pg_auth_members m JOIN pg_roles r ON r.oid = m.roleid
         WHERE m.member = 'master'::regrole AND m.grantor = m.member`,
    );
    expect(members).toEqual([]);
  });

  it('fills a database that is there and holds what the provider put into it', async () => {
    const { query } = superuser();
    await query('CREATE DATABASE provided OWNER master');
    await databaseNamed('provided', { host: here.connection().host }).query(
      'CREATE SCHEMA tools; CREATE EXTENSION tablefunc SCHEMA tools',
    );
    const finished = await restore('provided');
    expect(finished, finished.stderr).toMatchObject({ status: 0 });
  });

  it('keeps every object for itself with --no-owner, also where an owner may not be joined', async () => {
    await superuser().query('ALTER ROLE app_owner SUPERUSER');
    try {
      const finished = await restore(`${name}_own`, '--create', '--no-owner');
      expect(finished, finished.stderr).toMatchObject({ status: 0 });
      const owners = await databaseNamed(`${name}_own`, { host: here.connection().host }).query(
        `SELECT DISTINCT pg_get_userbyid(relowner) AS owner FROM pg_class
           WHERE relname IN ('patients', 'visits', 'recent')`,
      );
      expect(owners).toEqual([{ owner: 'master' }]);
    } finally {
      await superuser().query('ALTER ROLE app_owner NOSUPERUSER');
    }
  });

  it('is refused before anything is written where an owner may not be joined', async () => {
    await superuser().query('ALTER ROLE app_owner SUPERUSER');
    try {
      for (const dry of [['--dry-run'], []]) {
        const finished = await restore(`${name}_refused`, '--create', ...dry);
        const { message, hint } = expectFailure(finished, { code: 'PRIVILEGE_MISSING' });
        expect(message).toContain('app_owner');
        expect(hint).toContain('GRANT "app_owner" TO "master"');
        expect(message).toContain('--no-owner');
      }
    } finally {
      await superuser().query('ALTER ROLE app_owner NOSUPERUSER');
    }
    const made = await superuser().query(
      `SELECT FROM pg_database WHERE datname LIKE '${name}_refused%'`,
    );
    expect(made).toEqual([]);
  });
});
