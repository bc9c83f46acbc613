import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeDatabase, type TestDatabase, urlOf } from '../fixtures/database.ts';
import { expectFailure } from '../fixtures/failure.ts';
import { makeWorkspace, type Workspace } from '../fixtures/holdfast.ts';
import { backUp } from '../fixtures/set.ts';

const ROWS = 10;

describe('a role that only reads', () => {
  const tail = randomBytes(4).toString('hex');
  const role = `Reader ${tail}`;
  const owner = `owner_${tail}`;
  let database: TestDatabase;
  let workspace: Workspace;
  const toGive = () =>
    `nor give objects to their owner ${owner} (--no-owner leaves them to ${role})`;

  const count = async (table: string) =>
    (await database.query<{ n: number }>(`SELECT count(*)::int AS n FROM ${table}`))[0]?.n;

  beforeAll(async () => {
    database = await makeDatabase({
      sql: `CREATE ROLE "${role}" LOGIN; CREATE ROLE ${owner}; GRANT pg_read_all_data TO "${role}";`,
    });
    await database.query(`
      ALTER DATABASE ${database.name} OWNER TO ${owner}; SET ROLE ${owner};
      CREATE TABLE notes AS SELECT generate_series(1, ${ROWS}) AS i`);
    workspace = await makeWorkspace({ databaseUrl: urlOf(database.host, database.name, role) });
    await backUp(workspace);
  });
  afterAll(async () => {
    await workspace.remove();
    await database.drop();
    const other = await makeDatabase({ sql: `DROP ROLE "${role}"; DROP ROLE ${owner}` });
    await other.drop();
  });

  it.each([
    {
      act: 'fill a table of another role',
      before: 'TRUNCATE notes',
      args: (): string[] => ['--table', 'notes'],
      says: (): string => `may not fill table notes, which ${owner} owns`,
      mends: (): string => `GRANT "${owner}" TO "${role}";`,
    },
    {
      act: 'put a table beside it',
      before: 'SELECT 1',
      args: (): string[] => ['--table', 'notes', '--as', 'notes_restored'],
      says: (): string => 'may not create tables in schema public',
      mends: (): string => `GRANT CREATE, USAGE ON SCHEMA "public" TO "${role}";`,
    },
    {
      act: 'bring a dropped table back',
      before: 'DROP TABLE notes',
      args: (): string[] => ['--table', 'notes'],
      says: (): string => `may not create tables in schema public, ${toGive()}`,
      mends: (): string => `GRANT CREATE, USAGE ON SCHEMA "public" TO "${role}";`,
    },
    {
      act: 'replace the database',
      before: 'SELECT 1',
      args: (): string[] => ['--overwrite', database.name],
      says: (): string =>
        `may not create databases, nor rename database ${database.name}, which ${owner} owns, ${toGive()}`,
      mends: (): string => `ALTER ROLE "${role}" CREATEDB; GRANT "${owner}" TO "${role}";`,
    },
    {
      act: 'make a database',
      before: 'SELECT 1',
      to: (): string => urlOf(database.host, `${database.name}_new`, role),
      args: (): string[] => ['--create'],
      says: (): string => `may not create databases, ${toGive()}`,
      mends: (): string => `ALTER ROLE "${role}" CREATEDB; GRANT "${owner}" TO "${role}";`,
    },
  ])('hears, before anything is written, what it lacks to $act', async (one) => {
    const { before, args, says, mends, to = () => database.name } = one;
    try {
      await database.query(before);
      for (const more of [['--dry-run'], []]) {
        const finished = await workspace.run([
          ...['restore', 'latest', '--to', to(), ...args(), ...more, '--json'],
        ]);
        const { message, hint } = expectFailure(finished, { code: 'PRIVILEGE_MISSING' });
        expect(message).toBe(`role ${role} ${says()}`);
        expect(hint).toContain(mends());
        expect(hint).toContain(
          one.to === undefined ? 'set RESTORE_DATABASE_URL' : 'name it in --to',
        );
      }
    } finally {
      await restoreSource();
    }
  });

  it('can do it with the statement of the hint', async () => {
    await database.query('TRUNCATE notes');
    const args = ['restore', 'latest', '--to', database.name, '--table', 'notes', '--json'];
    const { hint } = expectFailure(await workspace.run(args), { code: 'PRIVILEGE_MISSING' });
    const [, statements = ''] = hint.split('Or run as a superuser: ');
    await database.query(statements);
    expect(await workspace.run(args)).toMatchObject({ status: 0 });
    expect(await count('notes')).toBe(ROWS);
    await database.query(`REVOKE ${owner} FROM "${role}"`);
  });

  it('learns from doctor what it may not restore, and what lets it', async () => {
    const { findings } = (await workspace.run(['doctor', '--json'])).json<{
      findings: { name: string; status: string; detail: string; fix: string[] }[];
    }>();
    const found = findings.find(({ name }) => name === 'restore rights');
    expect(found).toMatchObject({
      status: 'warning',
      detail: `role ${role} may not bring tables back, make database ${database.name} again, replace database ${database.name}`,
    });
    expect(found?.fix).toEqual([
      '# set RESTORE_DATABASE_URL to a role that may (README, "Your own database"), or give this one:',
      `GRANT "${owner}" TO "${role}";`,
      `ALTER ROLE "${role}" CREATEDB;`,
    ]);
  });

  it('is not told of another login where RESTORE_DATABASE_URL names it already', async () => {
    await database.query('TRUNCATE notes');
    const url = urlOf(database.host, database.name, role);
    const finished = await workspace.run(
      ['restore', 'latest', '--to', database.name, '--table', 'notes', '--json'],
      { RESTORE_DATABASE_URL: url },
    );
    const { hint } = expectFailure(finished, { code: 'PRIVILEGE_MISSING' });
    expect(hint).toBe(`Run as a superuser: GRANT "${owner}" TO "${role}";`);
    await restoreSource();
  });

  async function restoreSource(): Promise<void> {
    await database.query(`
      SET ROLE ${owner}; DROP TABLE IF EXISTS notes;
      CREATE TABLE notes AS SELECT generate_series(1, ${ROWS}) AS i`);
  }
});
