import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { ThrowAwayServer } from '../../engine/postgres/throw-away-server.ts';
import { databaseNamed, makeDatabase, type TestDatabase } from '../fixtures/database.ts';
import { expectFailure } from '../fixtures/failure.ts';
import { makeWorkspace, type Workspace } from '../fixtures/holdfast.ts';
import { backUp } from '../fixtures/set.ts';

const tail = randomBytes(4).toString('hex');
const owner = `Müller ${tail}`;
const reader = `reader_${tail}`;
const odd = `back\\slash ${tail}`;

/** The role that owns a table, as the database itself sees it. */
const KEEPER = `SELECT rolname AS name, rolcreatedb AS creates,
    shobj_description(r.oid, 'pg_authid') AS comment,
    pg_has_role(r.oid, '${reader}', 'MEMBER') AS reads
  FROM pg_roles r JOIN pg_class c ON c.relowner = r.oid WHERE relname = 'keys'`;

const OF_DATABASE = `SELECT current_setting('app.motto') AS motto,
  (SELECT shobj_description(oid, 'pg_database') FROM pg_database
   WHERE datname = current_database()) AS comment`;

/** A role as a database sees it: the texts of one were made in UTF8, of the other in this encoding. */
const roleNamed = (name: string) => `SELECT rolname AS name,
  shobj_description(oid, 'pg_authid') AS comment FROM pg_roles WHERE rolname = '${name}'`;
const OWNERS = `SELECT tableowner AS owner,
    has_table_privilege('${reader}', 'visits', 'SELECT') AS readable
  FROM pg_tables WHERE tablename = 'visits'`;

describe.each([
  'LATIN1',
  'EUC_JP',
  'SQL_ASCII',
])('the shared texts of a database of %s', (encoding) => {
  let home: ThrowAwayServer;
  let server: ThrowAwayServer;
  let source: TestDatabase;
  let database: TestDatabase;
  let workspace: Workspace;
  let id: string;
  /** A role that was made in this database, in its encoding. */
  const keeper = `${{ LATIN1: 'wärter', EUC_JP: '番人', SQL_ASCII: 'wärter' }[encoding]} ${tail}`;
  const comment = { LATIN1: 'läse', EUC_JP: '読む', SQL_ASCII: 'läse' }[encoding];

  beforeAll(async () => {
    // pg_dumpall itself fails in every database of UTF8 beside a role whose name is in other bytes.
    const start = { tools: inject('postgres').tools, signal: new AbortController().signal };
    home = await ThrowAwayServer.start(start);
    server = await ThrowAwayServer.start(start);
    const { host } = home.connection();
    source = databaseNamed('postgres', { host });
    await source.query(`CREATE ROLE "${owner}"; CREATE ROLE ${reader};
      COMMENT ON ROLE "${owner}" IS 'führt die Akte'; CREATE ROLE "${odd}"`);
    database = await makeDatabase({
      ...{ host, encoding },
      sql: `COMMENT ON ROLE ${reader} IS '${comment}';
        DO $$ BEGIN
          EXECUTE format('COMMENT ON DATABASE %I IS %L', current_database(), '${comment}');
          EXECUTE format('ALTER DATABASE %I SET app.motto = %L', current_database(), '${comment}');
        END $$;
        CREATE TABLE visits (i int); INSERT INTO visits VALUES (1);
        GRANT SELECT ON visits TO ${reader}; CREATE ROLE "${keeper}" CREATEDB;
        COMMENT ON ROLE "${keeper}" IS '${comment}'; GRANT ${reader} TO "${keeper}";
        CREATE TABLE keys (i int); ALTER TABLE keys OWNER TO "${keeper}"`,
    });
    await giveToOwner();
    workspace = await makeWorkspace({ databaseUrl: database.url });
    id = await backUp(workspace);
  });

  /** A session with the database's encoding sends the bytes of the name as they are. */
  async function giveToOwner(): Promise<void> {
    await database.query(`DO $$ DECLARE owner text := (
        SELECT quote_ident(rolname) FROM pg_roles WHERE rolname::text LIKE 'M%${tail}');
      BEGIN EXECUTE 'ALTER TABLE visits OWNER TO ' || owner; END $$`);
  }
  afterAll(async () => {
    await workspace.remove();
    await Promise.all([home.stop(), server.stop()]);
  });

  it('come back with the names and the comments that they had', async () => {
    const { host } = server.connection();
    const target = databaseNamed('target', { host });
    const restore = ['restore', id, '--to', target.url, '--create', '--roles', '--json'];
    expect(await workspace.run(restore)).toMatchObject({ status: 0 });
    const postgres = databaseNamed('postgres', { host });
    expect(await postgres.query(roleNamed(owner))).toEqual([
      { name: owner, comment: 'führt die Akte' },
    ]);
    expect(await target.query(roleNamed(odd))).toEqual([{ name: odd, comment: null }]);
    expect(await target.query(roleNamed(reader))).toEqual([{ name: reader, comment }]);
    expect(await target.query(OWNERS)).toEqual(await database.query(OWNERS));
    expect(await target.query(KEEPER)).toEqual([
      { name: keeper, creates: true, comment, reads: true },
    ]);
    expect(await target.query(OF_DATABASE)).toEqual([{ motto: comment, comment }]);
  });

  it('are found again on a server that has those roles', async () => {
    const again = databaseNamed('again', { host: server.connection().host });
    const restore = ['restore', id, '--to', again.url, '--create', '--json'];
    const finished = await workspace.run(restore);
    expect(finished, finished.stderr).toMatchObject({ status: 0 });
    expect(await again.query(KEEPER)).toHaveLength(1);
  });

  it('are shown by a drill', async () => {
    const drill = await workspace.run(['drill', '--json']);
    expect(drill.json()).toMatchObject({ result: 'PASS' });
  });

  it.runIf(encoding !== 'SQL_ASCII')(
    'stop pg_dumpall in a database of UTF8, and the hint shows which role it is',
    async () => {
      const other = await makeDatabase({ host: source.host });
      const run = await workspace.run(['backup', '--json'], { DATABASE_URL: other.url });
      const { hint } = expectFailure(run, { code: 'DUMP_FAILED' });
      const query = /bytes: (SELECT .*?);/.exec(hint ?? '')?.[1] ?? '';
      const shown = (await other.query<{ encode: string }>(query)).map(({ encode }) => encode);
      expect(shown.filter((name) => /\\\d{3}/.test(name))).toHaveLength(2);
    },
  );
});
