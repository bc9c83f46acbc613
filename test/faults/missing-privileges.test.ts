import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeDatabase, type TestDatabase, urlOf } from '../fixtures/database.ts';
import { expectFailure } from '../fixtures/failure.ts';
import { makeWorkspace, type Workspace } from '../fixtures/holdfast.ts';
import { backUp, countManifests } from '../fixtures/set.ts';

interface Doctor {
  isWell: boolean;
  findings: { name: string; status: string; detail: string; fix: string[] }[];
}

describe('a role that may not read everything', () => {
  const role = `Backup Role ${randomBytes(4).toString('hex')}`;
  let database: TestDatabase;
  let workspace: Workspace;

  const refusal = async () => {
    const failure = expectFailure(await workspace.run(['backup', '--json']), {
      code: 'PRIVILEGE_MISSING',
    });
    expect(await countManifests(workspace)).toBe(0);
    return failure;
  };

  beforeAll(async () => {
    database = await makeDatabase({
      sql: `CREATE ROLE "${role}" LOGIN;
        CREATE TABLE open_to_all (i int); GRANT SELECT ON open_to_all TO PUBLIC;
        CREATE TABLE locked (i int);
        CREATE SEQUENCE counter;
        CREATE SCHEMA "Private Room";
        CREATE TABLE "Private Room"."My Table" (i int);
        SELECT lo_from_bytea(424242, 'x');`,
    });
    workspace = await makeWorkspace({ databaseUrl: urlOf(database.host, database.name, role) });
  });

  afterAll(async () => {
    await workspace.remove();
    await database.query(`DROP OWNED BY "${role}"`);
    await database.drop();
    const other = await makeDatabase({ sql: `DROP ROLE "${role}"` });
    await other.drop();
  });

  it('is told the first object, how many more, and the statement that mends it', async () => {
    const { message, hint } = await refusal();
    expect(message).toContain('schema "Private Room" and 4 more');
    expect(hint).toContain(`GRANT USAGE ON SCHEMA "Private Room" TO "${role}";`);
  });

  it.each([
    ['a table', 'table public.locked', 'GRANT SELECT ON TABLE public.locked TO'],
    ['a sequence', 'sequence public.counter', 'GRANT SELECT ON SEQUENCE public.counter TO'],
    ['a large object', 'large object 424242', 'GRANT SELECT ON LARGE OBJECT 424242 TO'],
    [
      'a table in a closed schema',
      'table "Private Room"."My Table"',
      'GRANT SELECT ON TABLE "Private Room"."My Table" TO',
    ],
  ])('is stopped by %s alone', async (_what, name, grant) => {
    const { findings } = (await workspace.run(['doctor', '--json'])).json<Doctor>();
    const everything = findings.find(({ name }) => name === 'privileges')?.fix ?? [];
    const others = everything.filter(
      (statement) => statement.startsWith('GRANT') && !statement.startsWith(grant),
    );
    const session = await database.connect();
    try {
      await session.query(others.join(' '));
      const { message, hint } = await refusal();
      expect(message).toContain(name);
      expect(hint).toContain(`${grant} "${role}"`);
    } finally {
      await session.query(
        others
          .map((statement) => statement.replace('GRANT', 'REVOKE').replace(' TO ', ' FROM '))
          .join(' '),
      );
      await session.end();
    }
  });

  it('can back up once every statement that doctor prints was run', async () => {
    const before = await workspace.run(['doctor', '--json']);
    expect(before.status).toBe(1);
    const { fix } = before.json<Doctor>().findings.find(({ name }) => name === 'privileges') ?? {
      fix: [],
    };
    expect(fix).toHaveLength(5);
    const text = await workspace.run(['doctor']);
    for (const statement of fix) expect(text.stdout).toContain(statement);
    await database.query(fix.join(' '));
    expect(await workspace.run(['doctor', '--json'])).toMatchObject({ status: 0 });
    const id = await backUp(workspace);
    expect(await workspace.run(['verify', id])).toMatchObject({ status: 0 });
  });
});
