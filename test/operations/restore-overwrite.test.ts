import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { describeRestore } from '../../cli/commands/restore.ts';
import type { RestoreResult } from '../../engine/operations/restore-request.ts';
import { contentsOf } from '../fixtures/contents.ts';
import { databaseNamed, makeDatabase, type TestDatabase } from '../fixtures/database.ts';
import { expectFailure } from '../fixtures/failure.ts';
import { makeWorkspace, type Workspace } from '../fixtures/holdfast.ts';
import { backUp } from '../fixtures/set.ts';

const PROPERTIES = `SELECT pg_get_userbyid(datdba) AS owner, (SELECT array_agg(a::text ORDER BY a::text) FROM unnest(datacl) a) AS grants, shobj_description(oid, 'pg_database') AS comment,
  (SELECT setconfig::text FROM pg_db_role_setting WHERE setdatabase = d.oid AND setrole = 0) AS settings,
  (SELECT setconfig::text FROM pg_db_role_setting WHERE setdatabase = d.oid AND setrole <> 0) AS own_settings, datconnlimit AS sessions
  FROM pg_database d WHERE datname = current_database()`;

describe('restore --overwrite', () => {
  const role = `Owner ${randomBytes(4).toString('hex')}`;
  let database: TestDatabase;
  let workspace: Workspace;
  let id: string;
  let kept: string[] = [];

  const overwrite = (...args: string[]) =>
    workspace.run(['restore', id, '--to', database.url, '--json', '--overwrite', ...args]);
  const others = async () => {
    const rows = await database.query<{ name: string }>(
      "SELECT datname AS name FROM pg_database WHERE datname LIKE $1 || '\\_%' ORDER BY 1",
      [database.name],
    );
    return rows.map(({ name }) => name);
  };

  beforeAll(async () => {
    database = await makeDatabase({
      sql: `CREATE ROLE "${role}"; CREATE TABLE t AS SELECT generate_series(1, 10) AS i`,
    });
    await database.query(`ALTER DATABASE ${database.name} SET timezone = 'Europe/Berlin'`);
    await database.query(`ALTER ROLE "${role}" IN DATABASE ${database.name} SET work_mem = '7MB'`);
    await database.query(`COMMENT ON DATABASE ${database.name} IS 'the ward''s own; "quoted"'`);
    await database.query(
      `REVOKE CONNECT ON DATABASE ${database.name} FROM PUBLIC; GRANT CREATE ON DATABASE ${database.name} TO "${role}"`,
    );
    await database.query(
      `ALTER DATABASE ${database.name} OWNER TO "${role}"; ALTER DATABASE ${database.name} CONNECTION LIMIT 77`,
    );
    workspace = await makeWorkspace({ databaseUrl: database.url });
    id = await backUp(workspace);
  });

  beforeEach(async () => {
    kept = await others();
  });

  afterAll(async () => {
    await workspace.remove();
    for (const name of await others()) await databaseNamed(name).drop();
    const other = await makeDatabase();
    await database.drop();
    await other.query(`DROP ROLE "${role}"`);
    await other.drop();
  });

  it('refuses another name than that of the target', async () => {
    const { hint } = expectFailure(await overwrite('other'), { code: 'USAGE', status: 2 });
    expect(hint).toContain(`--overwrite ${database.name}`);
    expect(await others()).toEqual(kept);
  });

  it('refuses a database with sessions, and changes nothing', async () => {
    const session = await database.connect();
    await session.query('INSERT INTO t VALUES (11)');
    const { hint } = expectFailure(await overwrite(database.name), { code: 'TARGET_IN_USE' });
    expect(hint).toContain('--end-sessions');
    expect((await session.query('SELECT count(*)::int FROM t')).rows).toEqual([{ count: 11 }]);
    await session.end();
    expect(await others()).toEqual([]);
  });

  it('puts the new one in place with all that belongs to it, and keeps the old one', async () => {
    const before = await database.query(PROPERTIES);
    const session = await database.connect();
    const finished = await overwrite(database.name, '--end-sessions');
    expect(finished).toMatchObject({ status: 0 });
    await session.end().catch(() => undefined);
    const { kept: name } = finished.json<{ kept: string }>();
    expect(await others()).toEqual([name]);
    expect(await contentsOf(database)).toEqual({ '"public"."t"': expect.stringMatching(/^10 /) });
    expect(await contentsOf(databaseNamed(name))).toEqual({
      '"public"."t"': expect.stringMatching(/^11 /),
    });
    expect(await database.query(PROPERTIES)).toEqual(before);
    expect(await database.query("SELECT current_setting('timezone') AS zone")).toEqual([
      { zone: 'Europe/Berlin' },
    ]);
  });

  it('works without sessions as it is', async () => {
    expect(await overwrite(database.name)).toMatchObject({ status: 0 });
    expect((await others()).length).toBe(kept.length + 1);
  });

  it('prints SQL that puts the old database back, and SQL that removes it', async () => {
    const before = await contentsOf(database);
    await database.query('INSERT INTO t SELECT 99');
    const changed = await contentsOf(database);
    const finished = await overwrite(database.name);
    const result = finished.json<{ kept: string; undo: string; cleanUp: string }>();
    expect(await contentsOf(database)).toEqual(before);
    const elsewhere = databaseNamed('postgres');
    await elsewhere.query(result.undo);
    expect(await contentsOf(database)).toEqual(changed);
    const again = (await overwrite(database.name)).json<{ cleanUp: string; kept: string }>();
    expect(await contentsOf(databaseNamed(again.kept))).toEqual(changed);
    await elsewhere.query(again.cleanUp);
    expect(await others()).not.toContain(again.kept);
    expect(describeRestore({ ...finished.json<RestoreResult>() })).toContain(
      `  to go back to it:  ${result.undo}`,
    );
  });

  it('leaves a whole database, and SQL that puts it in place, when a session comes meanwhile', async () => {
    const before = [await database.query(PROPERTIES), await contentsOf(database)];
    await database.query('INSERT INTO t SELECT 98');
    const elsewhere = databaseNamed('postgres');
    const args = ['restore', id, '--to', database.url, '--json', '--overwrite', database.name];
    const { finished } = workspace.start(args);
    const unfinished = `SELECT FROM pg_database WHERE datname LIKE '${database.name}_unfinished%'`;
    await vi.waitFor(async () => expect(await elsewhere.query(unfinished)).toHaveLength(1), {
      timeout: 30_000,
      interval: 10,
    });
    const session = await database.connect();
    const { message, hint } = expectFailure(await finished, { code: 'TARGET_IN_USE' });
    await session.end();
    const [, left = ''] = /database (\S+) is restored and compared/.exec(message) ?? [];
    expect(await contentsOf(databaseNamed(left))).toEqual(before[1]);
    await elsewhere.query(/BEGIN;.*COMMIT;/.exec(hint)?.[0] ?? '');
    expect([await database.query(PROPERTIES), await contentsOf(database)]).toEqual(before);
  });

  it('works on a database whose name is as long as a name may be', async () => {
    const long = await makeDatabase({
      name: `雪${randomBytes(3).toString('hex')}${'雪'.repeat(18)}`,
      sql: 'CREATE TABLE other (i int)',
    });
    const run = () =>
      workspace.run(['restore', id, '--to', long.url, '--json', '--overwrite', long.name]);
    const finished = await run();
    expect(finished).toMatchObject({ status: 0 });
    expect(await contentsOf(long)).toEqual(await contentsOf(database));
    const first = databaseNamed(finished.json<{ kept: string }>().kept);
    expect(Object.keys(await contentsOf(first))).toEqual(['"public"."other"']);
    await first.drop();
    await long.drop();
  });
});
