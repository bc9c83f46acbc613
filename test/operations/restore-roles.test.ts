import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { ThrowAwayServer } from '../../engine/postgres/throw-away-server.ts';
import { databaseNamed, makeDatabase, type TestDatabase } from '../fixtures/database.ts';
import { expectFailure } from '../fixtures/failure.ts';
import { makeWorkspace, type Workspace } from '../fixtures/holdfast.ts';
import { backUp, plaintextOf } from '../fixtures/set.ts';

const tail = randomBytes(4).toString('hex');
const owner = `Owner "${tail}"`;
const reader = `reader_${tail}`;
const unused = `unused_${tail}`;
const quoted = (name: string) => `"${name.replaceAll('"', '""')}"`;

describe('a restore into a server that lacks the roles', () => {
  let server: ThrowAwayServer;
  let database: TestDatabase;
  let workspace: Workspace;
  let id: string;

  beforeAll(async () => {
    server = await ThrowAwayServer.start({
      tools: inject('postgres').tools,
      signal: new AbortController().signal,
    });
    database = await makeDatabase({
      sql: `CREATE ROLE ${quoted(owner)} LOGIN PASSWORD 'pw-canary' CREATEDB; CREATE ROLE ${reader} BYPASSRLS; CREATE ROLE ${unused};
        ALTER ROLE ${quoted(owner)} CONNECTION LIMIT 3 VALID UNTIL '2031-01-01 00:00+00';
        ALTER ROLE ${quoted(owner)} SET search_path = app, "A b";
        ALTER ROLE ${quoted(owner)} SET app.tenant = 'ward 7';
        COMMENT ON ROLE ${reader} IS 'reads; GRANT x TO y';
        GRANT ${reader} TO ${quoted(owner)};
        CREATE TABLE t (i int); INSERT INTO t VALUES (1); ALTER TABLE t OWNER TO ${quoted(owner)}; GRANT SELECT ON t TO ${reader}`,
    });
    workspace = await makeWorkspace({ databaseUrl: database.url });
    id = await backUp(workspace);
  });

  afterAll(async () => {
    await workspace.remove();
    await database.query(`DROP TABLE t; DROP ROLE ${quoted(owner)}, ${reader}, ${unused}`);
    await database.drop();
    await server.stop();
  });

  it('is refused before anything is written, and says what would make them', async () => {
    const target = databaseNamed('target', { host: server.connection().host });
    const { message, hint } = expectFailure(
      await workspace.run(['restore', id, '--to', target.url, '--create', '--json']),
      {
        code: 'TARGET_UNFIT',
      },
    );
    expect(message).toContain(owner);
    expect(message).toContain(reader);
    expect(message).not.toContain(unused);
    expect(hint).toContain('--roles');
    const postgres = databaseNamed('postgres', { host: server.connection().host });
    expect(await postgres.query("SELECT FROM pg_database WHERE datname = 'target'")).toEqual([]);
  });

  it('says with --dry-run which roles --roles would make, also those that own nothing', async () => {
    const target = databaseNamed('dry', { host: server.connection().host });
    const restore = ['restore', id, '--to', target.url, '--create', '--roles', '--dry-run'];
    const { steps } = (await workspace.run([...restore, '--json'])).json<{ steps: string[] }>();
    const made = steps.find((step) => step.startsWith('create roles ')) ?? '';
    for (const role of [owner, reader, unused]) expect(made).toContain(role);
  });

  it('makes them with --roles: without login and password, with their memberships', async () => {
    const target = databaseNamed('target', { host: server.connection().host });
    expect(
      await workspace.run(['restore', id, '--to', target.url, '--create', '--roles', '--json']),
    ).toMatchObject({ status: 0 });
    const roles = await target.query(
      'SELECT rolname, rolcanlogin, rolcreatedb, rolbypassrls, rolpassword IS NULL AS without FROM pg_authid WHERE rolname LIKE $1 ORDER BY 1',
      [`%${tail}%`],
    );
    expect(roles).toEqual([
      { rolname: owner, rolcanlogin: false, rolcreatedb: true, rolbypassrls: false, without: true },
      {
        rolname: reader,
        rolcanlogin: false,
        rolcreatedb: false,
        rolbypassrls: true,
        without: true,
      },
      {
        rolname: unused,
        rolcanlogin: false,
        rolcreatedb: false,
        rolbypassrls: false,
        without: true,
      },
    ]);
    expect(
      await target.query(
        'SELECT pg_get_userbyid(relowner) AS owner, pg_has_role($1, $2, $3) AS member FROM pg_class WHERE relname = $4',
        [owner, reader, 'MEMBER', 't'],
      ),
    ).toEqual([{ owner, member: true }]);
  });

  it('gives them their limits, settings and comments', async () => {
    const target = databaseNamed('target', { host: server.connection().host });
    const about = `SELECT rolconnlimit AS limit, rolvaliduntil AS until, rolconfig AS settings,
        shobj_description(oid, 'pg_authid') AS comment
      FROM pg_roles WHERE rolname LIKE $1 ORDER BY rolname`;
    const expected = await database.query(about, [`%${tail}%`]);
    expect(expected).toContainEqual(
      expect.objectContaining({
        limit: 3,
        settings: ['search_path=app, "A b"', 'app.tenant=ward 7'],
      }),
    );
    expect(await target.query(about, [`%${tail}%`])).toEqual(expected);
  });

  it('names the memberships that roles which were there before do not get', async () => {
    const target = databaseNamed('target', { host: server.connection().host });
    await target.query(`REVOKE ${reader} FROM ${quoted(owner)}; DROP ROLE ${unused}`);
    const again = target.url.replace('target', 'again');
    const finished = await workspace.run([
      ...['restore', id, '--to', again, '--create', '--roles', '--json'],
    ]);
    const { notes } = finished.json<{ notes: string[] }>();
    expect(notes.join()).toContain(
      `memberships of the source that roles which were there before do not get: GRANT ${reader} TO ${quoted(owner)}`,
    );
  });

  it('keeps passwords, and what servers make of them, out of the backup', async () => {
    const globals = await plaintextOf(workspace, { id, role: 'globals' });
    expect(globals).toContain(`CREATE ROLE ${quoted(owner)}`);
    expect(globals).not.toMatch(/PASSWORD|SCRAM-SHA-256|md5[0-9a-f]{32}|pw-canary/);
    const { manifest } = (await workspace.run(['show', id, '--json'])).json<{
      manifest: { leftOut: { what: string }[] };
    }>();
    expect(manifest.leftOut).toContainEqual(
      expect.objectContaining({ what: 'passwords of roles' }),
    );
  });
});
