import { mkdir } from 'node:fs/promises';
import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from 'vitest';
import { ThrowAwayServer } from '../../engine/postgres/throw-away-server.ts';
import { writeConfig } from '../fixtures/config.ts';
import { databaseNamed, makeDatabase, type TestDatabase, urlOf } from '../fixtures/database.ts';
import { makeWorkspace, type Workspace } from '../fixtures/holdfast.ts';

/** Names that every object of JavaScript inherits. */
const NAMES = ['constructor', '__proto__', 'hasOwnProperty', 'toString'] as const;
const quoted = (name: string) => `"${name}"`;

/** Tables, columns, sequences, types, a schema and roles of each of the names. */
const SQL = NAMES.map(
  (name, index) => `CREATE ROLE ${quoted(name)}; ALTER ROLE ${quoted(name)} SET work_mem = '5MB';
    CREATE SCHEMA ${quoted(name)}; CREATE TYPE ${quoted(`${name}s`)} AS ENUM ('${name}');
    CREATE TABLE ${quoted(name)} (${quoted(name)} int PRIMARY KEY, kind ${quoted(`${name}s`)});
    INSERT INTO ${quoted(name)} SELECT n, '${name}' FROM generate_series(1, ${index + 3}) n;
    CREATE TABLE ${quoted(name)}.${quoted(name)} AS SELECT 1 AS ${quoted(name)};
    ALTER TABLE ${quoted(name)} OWNER TO ${quoted(name)};
    GRANT SELECT ON ${quoted(name)}.${quoted(name)} TO ${quoted(name)};
    CREATE SEQUENCE ${quoted(`${name}.`)} START ${index + 7}`,
).join(';');
const COUNTS = NAMES.map(
  (name) => `SELECT '${name}' AS name, count(*)::int AS rows FROM public.${quoted(name)}`,
).join(' UNION ALL ');

interface Scene {
  database: string;
  /** What the config calls it, where that is another name: nothing there can be `__proto__`. */
  called?: string;
  /** Undefined where there is no config file: the name is that of the URL then. */
  plan?: string;
  repository?: string;
}

const SCENES: Scene[] = [
  { database: 'constructor', plan: 'hasOwnProperty', repository: 'toString' },
  { database: '__proto__', called: 'proto', plan: 'toString', repository: 'constructor' },
];
const ROTATED: Scene[] = [
  { database: 'toString', plan: 'constructor', repository: 'hasOwnProperty' },
  ...['constructor', 'hasOwnProperty', 'toString'].map((database) => ({ database })),
];

describe('names that every object inherits', () => {
  let server: ThrowAwayServer;
  let host: string;
  let database: TestDatabase;
  let workspace: Workspace;

  beforeAll(async () => {
    const { tools } = inject('postgres');
    server = await ThrowAwayServer.start({ tools, signal: new AbortController().signal });
    host = server.connection().host;
  });
  afterAll(() => server.stop());
  afterEach(async () => {
    await workspace.remove();
    for (const name of [database.name, `${database.name} 2`])
      await databaseNamed(name, { host }).drop();
    await databaseNamed('postgres', { host }).query(`DROP ROLE ${NAMES.map(quoted).join(', ')}`);
  });

  const setUp = async ({ database: name, called = name, plan, repository = 'local' }: Scene) => {
    database = await makeDatabase({ host, name, sql: SQL });
    workspace = await makeWorkspace(plan === undefined ? { databaseUrl: database.url } : {});
    if (plan === undefined) return;
    await mkdir(workspace.backups);
    await writeConfig(workspace, {
      databases: { [called]: { url: database.url } },
      repositories: { [repository]: { folder: workspace.backups } },
      plans: { [plan]: { databases: [called], repositories: [repository] } },
    });
  };
  const run = async <T = Record<string, unknown>>(...args: string[]): Promise<T> => {
    const finished = await workspace.run([...args, '--json']);
    expect(finished, `${args.join(' ')}: ${finished.stderr}`).toMatchObject({ status: 0 });
    return finished.json<T>();
  };

  it.each(
    process.env.HOLDFAST_TEST_LONG ? [...SCENES, ...ROTATED] : SCENES,
  )('are those of databases, plans, repositories, tables and roles like any others: %j', async (scene) => {
    await setUp(scene);
    const name = scene.called ?? scene.database;
    const rows = await database.query(COUNTS);
    const { id } = await run<{ id: string }>('backup', name);
    const { id: second } = await run<{ id: string }>('backup');
    const plan = scene.plan ?? 'default';
    const listed = await run<{ repositories: { sets: object[] }[] }>('list', name);
    expect(listed.repositories[0]?.sets).toMatchObject([
      { id, plan, database: name },
      { id: second, plan, database: name },
    ]);
    const shown = await run<{ tables: { schema: string; name: string }[] }>('show', id);
    expect(JSON.stringify(shown)).toContain('"name":"__proto__"');
    await run('verify', id);
    expect(await run('drill', name)).toMatchObject({ result: 'PASS' });
    const from = `${name}/latest`;
    expect(await run('verify', `${name}/${plan}/latest`)).toMatchObject({ set: second });
    await run('check', '--no-alerts');
    for (const table of NAMES) await database.query(`DROP TABLE public.${quoted(table)}`);
    const tables = NAMES.flatMap((table) => ['--table', `public.${quoted(table)}`]);
    await run('restore', from, '--to', database.url, ...tables);
    expect(await database.query(COUNTS)).toEqual(rows);
    const copy = databaseNamed(`${database.name} 2`, { host });
    await run('restore', from, '--to', urlOf(host, copy.name), '--create', '--roles');
    expect(await copy.query(COUNTS)).toEqual(rows);
    await run('hold', id);
    expect(JSON.stringify(await run('prune'))).toContain(id);
  });
});
