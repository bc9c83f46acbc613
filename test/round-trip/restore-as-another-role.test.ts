import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { ThrowAwayServer } from '../../engine/postgres/throw-away-server.ts';
import { databaseNamed, makeDatabase, type TestDatabase, urlOf } from '../fixtures/database.ts';
import { expectFailure } from '../fixtures/failure.ts';
import { makeWorkspace, type Workspace } from '../fixtures/holdfast.ts';
import { backUp } from '../fixtures/set.ts';

const ROWS = 20;

/** Schema public is open to all in the first, and memberships have options from 16 on. */
const MAJORS = inject('postgres').majors.filter(({ major }) => [14, 15, 18].includes(major));

describe.each(MAJORS)('a login that does not inherit, on PostgreSQL $major', (tools) => {
  const name = `clinic_${randomBytes(4).toString('hex')}`;
  let server: ThrowAwayServer;
  let database: TestDatabase;
  let workspace: Workspace;
  let id: string;

  const named = (copy: string) => databaseNamed(copy, { host: database.host });
  const restore = (login: string, copy: string, ...more: string[]) =>
    workspace.run([
      ...['restore', id, '--to', urlOf(database.host, copy, login)],
      ...[...more, '--json', ...workspace.fromBucket],
    ]);
  const ownersIn = async (copy: string) =>
    named(copy).query(
      `SELECT pg_get_userbyid(c.relowner) AS owner, pg_get_userbyid(d.datdba) AS "ofDatabase",
              (SELECT count(*)::int FROM visits) AS rows
       FROM pg_class c, pg_database d WHERE relname = 'visits' AND datname = current_database()`,
    );

  beforeAll(async () => {
    const { signal } = new AbortController();
    server = await ThrowAwayServer.start({ tools, signal });
    const { host } = server.connection();
    database = await makeDatabase({
      host,
      name,
      sql: `CREATE ROLE keeper CREATEDB; CREATE ROLE deploy LOGIN NOINHERIT; GRANT keeper TO deploy;
        CREATE ROLE operator LOGIN NOINHERIT; GRANT holdfast_drill TO operator;
        CREATE ROLE weak LOGIN NOINHERIT;
        ALTER DATABASE ${name} OWNER TO keeper; GRANT TEMP ON DATABASE ${name} TO weak;
        SET ROLE keeper; CREATE TABLE visits (id int PRIMARY KEY);
        INSERT INTO visits SELECT generate_series(1, ${ROWS})`,
    });
    workspace = await makeWorkspace({ databaseUrl: database.url });
    id = await backUp(workspace);
  });

  afterAll(async () => {
    await workspace.remove();
    await server.stop();
  });

  it.each([
    ['makes a database', 'deploy', ['--create'], 'keeper'],
    ['replaces it', 'deploy', ['--overwrite', `${name}_deploy`], 'keeper'],
    ['makes a database as a superuser', 'operator', ['--create'], 'holdfast_drill'],
    ['replaces it as a superuser', 'operator', ['--overwrite', `${name}_operator`], undefined],
  ])('%s as the role that it may act as', async (_what, login, args, role = 'holdfast_drill') => {
    const copy = `${name}_${login}`;
    for (const more of [['--dry-run'], []]) {
      const finished = await restore(login, copy, ...args, ...more);
      expect(finished, finished.stderr).toMatchObject({ status: 0 });
      const { notes } = finished.json<{ notes: string[] }>();
      expect(notes).toContain(`restored as role ${role}, which ${login} may act as`);
    }
    expect(await ownersIn(copy)).toEqual([{ owner: 'keeper', ofDatabase: 'keeper', rows: ROWS }]);
    const [grants] = await database.query<{ source: string[]; copy: string[] }>(
      `SELECT (SELECT datacl::text FROM pg_database WHERE datname = $1) AS source,
              (SELECT datacl::text FROM pg_database WHERE datname = $2) AS copy`,
      [name, copy],
    );
    expect(grants?.copy).toBe(grants?.source);
  });

  it('brings a table back, and fills an empty database, as that role', async () => {
    await named(`${name}_deploy`).query('DROP TABLE visits');
    await database.query(`CREATE DATABASE ${name}_empty OWNER keeper`);
    for (const [copy, more] of [
      ['deploy', ['--table', 'visits']],
      ['empty', []],
    ] as const) {
      const finished = await restore('deploy', `${name}_${copy}`, ...more);
      expect(finished, finished.stderr).toMatchObject({ status: 0 });
      expect(await ownersIn(`${name}_${copy}`)).toMatchObject([{ owner: 'keeper', rows: ROWS }]);
    }
  });

  it('is refused beforehand where no such role has all rights, and the statements mend it', async () => {
    await database.query('GRANT keeper TO weak; ALTER ROLE keeper NOCREATEDB');
    const copy = `${name}_weak`;
    for (const more of [['--dry-run'], []]) {
      const { message, hint } = expectFailure(await restore('weak', copy, '--create', ...more), {
        code: 'PRIVILEGE_MISSING',
      });
      expect(message).toContain('role weak may not create databases');
      const [, statements = ''] = hint.split('Or run as a superuser: ');
      if (more.length === 0) await database.query(statements);
    }
    const finished = await restore('weak', copy, '--create');
    expect(finished, finished.stderr).toMatchObject({ status: 0 });
    expect(await ownersIn(copy)).toEqual([{ owner: 'keeper', ofDatabase: 'keeper', rows: ROWS }]);
  });
});
