import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { ThrowAwayServer } from '../../engine/postgres/throw-away-server.ts';
import { databaseNamed, makeDatabase, type TestDatabase } from '../fixtures/database.ts';
import { makeWorkspace, type Workspace } from '../fixtures/holdfast.ts';
import { backUp } from '../fixtures/set.ts';

const tail = randomBytes(4).toString('hex');
const owner = `Müller ${tail}`;
const reader = `reader_${tail}`;

const OF_DATABASE = `SELECT current_setting('app.motto') AS motto,
  (SELECT shobj_description(oid, 'pg_database') FROM pg_database
   WHERE datname = current_database()) AS comment`;

/** The two roles, whose texts were made in a database of UTF8 and in the one that is backed up. */
const ROLES = `SELECT rolname AS name, shobj_description(oid, 'pg_authid') AS comment
  FROM pg_roles WHERE rolname LIKE '%${tail}' ORDER BY 1`;
const OWNERS = `SELECT tableowner AS owner,
    has_table_privilege('${reader}', 'visits', 'SELECT') AS readable
  FROM pg_tables WHERE tablename = 'visits'`;

describe.each([
  'LATIN1',
  'EUC_JP',
  'SQL_ASCII',
])('the shared texts of a database of %s', (encoding) => {
  let server: ThrowAwayServer;
  let source: TestDatabase;
  let database: TestDatabase;
  let workspace: Workspace;
  let id: string;
  const comment = { LATIN1: 'läse', EUC_JP: '読む', SQL_ASCII: 'läse' }[encoding];

  beforeAll(async () => {
    server = await ThrowAwayServer.start({
      tools: inject('postgres').tools,
      signal: new AbortController().signal,
    });
    source = databaseNamed('postgres');
    await source.query(`CREATE ROLE "${owner}"; CREATE ROLE ${reader};
      COMMENT ON ROLE "${owner}" IS 'führt die Akte'`);
    database = await makeDatabase({
      encoding,
      sql: `COMMENT ON ROLE ${reader} IS '${comment}';
        DO $$ BEGIN
          EXECUTE format('COMMENT ON DATABASE %I IS %L', current_database(), '${comment}');
          EXECUTE format('ALTER DATABASE %I SET app.motto = %L', current_database(), '${comment}');
        END $$;
        CREATE TABLE visits (i int); INSERT INTO visits VALUES (1);
        GRANT SELECT ON visits TO ${reader}`,
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
    await database.drop();
    await source.query(`DROP ROLE "${owner}", ${reader}`);
    await server.stop();
  });

  it('come back with the names and the comments that they had', async () => {
    const { host } = server.connection();
    const target = databaseNamed('target', { host });
    const restore = ['restore', id, '--to', target.url, '--create', '--roles', '--json'];
    expect(await workspace.run(restore)).toMatchObject({ status: 0 });
    const postgres = databaseNamed('postgres', { host });
    expect(await postgres.query(ROLES)).toEqual([
      { name: owner, comment: 'führt die Akte' },
      { name: reader, comment },
    ]);
    expect(await target.query(OWNERS)).toEqual(await database.query(OWNERS));
    expect(await target.query(OF_DATABASE)).toEqual([{ motto: comment, comment }]);
  });

  it('are shown by a drill', async () => {
    const drill = await workspace.run(['drill', '--json']);
    expect(drill.json()).toMatchObject({ result: 'PASS' });
  });
});
