import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { ThrowAwayServer } from '../../engine/postgres/throw-away-server.ts';
import { databaseNamed, makeDatabase, type TestDatabase } from '../fixtures/database.ts';
import { makeWorkspace, type Workspace } from '../fixtures/holdfast.ts';

/** A check, a generated column and a materialized view whose values change with a setting. */
const VISITS = `
  CREATE FUNCTION day_of(timestamptz) RETURNS text LANGUAGE sql IMMUTABLE
    AS 'SELECT $1::date::text';
  CREATE TABLE visits (at timestamptz, day date, reason text,
    zoned text GENERATED ALWAYS AS (day_of(at)) STORED, CHECK (at::date = day));
  INSERT INTO visits VALUES ('2026-01-01T23:30:00Z', make_date(2026, 1, 2), 'die Häuser');
  CREATE MATERIALIZED VIEW per_day AS
    SELECT at::date::text AS day, to_tsvector(reason)::text AS words, at::text AS shown,
           NULL = ANY (SELECT NULL::int) IS NULL AS nothing FROM visits;`;
const VALUES = `SELECT v.zoned, m.day, m.words, m.shown, m.nothing
  FROM public.visits v, public.per_day m`;
const SETTINGS = `SELECT setrole = 0 AS "isOfAll", setconfig FROM pg_db_role_setting
  WHERE setdatabase = (SELECT oid FROM pg_database WHERE datname = $1) ORDER BY 1`;

const name = `visits_${randomBytes(4).toString('hex')}`;
const powerless = `powerless_${name}`;

/** Settings of the database that would end a restore, send it elsewhere, or make it write nothing. */
const OBSTACLES = [
  'default_transaction_read_only = on',
  `statement_timeout = '10s'`,
  `search_path = 'nowhere'`,
  `default_tablespace = 'not_there'`,
  `default_transaction_isolation = 'serializable'`,
  `role = '${powerless}'`,
];

describe('the values of a restored database', () => {
  let tokyo: ThrowAwayServer;
  let elsewhere: ThrowAwayServer;
  let workspace: Workspace;
  let source: TestDatabase;
  let values: unknown[];

  const on = (server: ThrowAwayServer, database = 'postgres') =>
    databaseNamed(database, { host: server.connection().host });
  const env = (database: TestDatabase) => ({
    DATABASE_URL: `${database.url}&options=-c%20role%3Dnone`,
    BACKUP_DIR: `${workspace.folder}/${database.name}`,
  });
  const succeed = async (args: string[], database: TestDatabase) => {
    const finished = await workspace.run([...args, '--json'], env(database));
    expect(finished, finished.stderr).toMatchObject({ status: 0 });
    return finished.json<{ result?: string; notes: string[] }>();
  };

  beforeAll(async () => {
    const { tools } = inject('postgres');
    const { signal } = new AbortController();
    const settings = ['timezone=Asia/Tokyo', 'datestyle=German', 'intervalstyle=iso_8601'];
    tokyo = await ThrowAwayServer.start({ tools, signal, settings });
    elsewhere = await ThrowAwayServer.start({ tools, signal });
    workspace = await makeWorkspace();
    source = await makeDatabase({ host: elsewhere.connection().host, name });
    const { query } = on(elsewhere);
    for (const server of [tokyo, elsewhere])
      await on(server).query(`CREATE ROLE ${powerless}; CREATE ROLE reader_${name}`);
    await query(`ALTER DATABASE ${name} SET timezone = 'Asia/Tokyo'`);
    await query(`ALTER DATABASE ${name} SET default_text_search_config = 'pg_catalog.german'`);
    await query(`ALTER ROLE holdfast_drill IN DATABASE ${name} SET datestyle = 'SQL, DMY'`);
    await query(`ALTER DATABASE ${name} SET app.tenant = 'ward ''7'' of all'`);
    await query(`ALTER ROLE holdfast_drill IN DATABASE ${name} SET "app.Own" = 'x; y'`);
    await source.query(VISITS);
    values = await source.query(VALUES);
    for (const obstacle of OBSTACLES) await query(`ALTER DATABASE ${name} SET ${obstacle}`);
    await query(`REVOKE CONNECT ON DATABASE ${name} FROM PUBLIC`);
    await query(`GRANT CONNECT ON DATABASE ${name} TO reader_${name}`);
    await query(`COMMENT ON DATABASE ${name} IS 'visits; of all wards'`);
    await query(`ALTER DATABASE ${name} OWNER TO ${powerless}`);
    await succeed(['backup'], source);
  });

  afterAll(async () => {
    await workspace.remove();
    await tokyo.stop();
    await elsewhere.stop();
  });

  it('are those of the source in a new database, which keeps all of its settings', async () => {
    const copy = on(tokyo, `${name}_copy`);
    await succeed(['restore', 'latest', '--to', copy.url, '--create'], source);
    expect(await copy.query(`SET ROLE none; ${VALUES}`)).toEqual(values);
    expect(await on(tokyo).query(SETTINGS, [copy.name])).toEqual(
      await on(elsewhere).query(SETTINGS, [name]),
    );
  });

  it('are those of the source in a database that was there and empty', async () => {
    const copy = await makeDatabase({ host: tokyo.connection().host, name: `${name}_there` });
    const { notes } = await succeed(['restore', 'latest', '--to', copy.url], source);
    expect(await copy.query(`SET ROLE none; ${VALUES}`)).toEqual(values);
    expect(await on(tokyo).query(SETTINGS, [copy.name])).toEqual(
      await on(elsewhere).query(SETTINGS, [name]),
    );
    const [row] = await on(tokyo).query(
      `SELECT datacl::text AS grants, shobj_description(oid, 'pg_database') AS comment,
              pg_get_userbyid(datdba) AS owner FROM pg_database WHERE datname = $1`,
      [copy.name],
    );
    expect(row).toEqual({
      grants: expect.stringContaining(`reader_${name}=c/`),
      comment: 'visits; of all wards',
      owner: 'holdfast_drill',
    });
    expect(notes.join()).toContain(`keeps its own; of the source's: owner ${powerless}`);
  });

  it('may differ where database or server do, and the dry run says how', async () => {
    const there = `${name}_latin`;
    const { host } = tokyo.connection();
    await on(tokyo).query(`CREATE DATABASE ${there} TEMPLATE template0 ENCODING 'LATIN9'
      LC_COLLATE 'C' LC_CTYPE 'C'`);
    const { url } = databaseNamed(there, { host });
    const { notes } = await succeed(['restore', 'latest', '--to', url, '--dry-run'], source);
    expect(notes.join()).toContain('encoding UTF8 (here LATIN9)');
    expect(notes.join()).toContain('IntervalStyle postgres (here iso_8601)');
  });

  it('are those of the source in a drill', async () => {
    expect(await succeed(['drill'], source)).toMatchObject({ result: 'PASS' });
  });

  it('are those of the source in a drill when the settings are those of its server', async () => {
    const clinic = await makeDatabase({
      host: tokyo.connection().host,
      name: `clinic_${name}`,
      sql: `${VISITS}
        ALTER TABLE visits ADD CHECK (day::text = '02.01.2026'), ADD CHECK (zoned = day::text),
          ADD CHECK ((at - at + interval '1 day')::text = 'P1D')`,
    });
    await succeed(['backup'], clinic);
    expect(await succeed(['drill'], clinic)).toMatchObject({ result: 'PASS' });
  });
});
