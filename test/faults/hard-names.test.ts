import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { quoteIdentifier, quoteTable } from '../../engine/domain/table-name.ts';
import { contentsOf } from '../fixtures/contents.ts';
import { databaseNamed, makeDatabase, type TestDatabase } from '../fixtures/database.ts';
import { makeWorkspace, type Workspace } from '../fixtures/holdfast.ts';
import { backUp } from '../fixtures/set.ts';

const NAMES = [
  'with space',
  'quo"te',
  "apo'strophe",
  'dot.dot',
  'sla/sh\\back',
  'Ünïcödé 雪 ☃',
  'UPPER',
  'upper',
  'new\nline',
  '-dash',
  '$do$llar$$',
  '*?[a-z]| (x)+',
  '%2F%s',
  'select',
  'a'.repeat(63),
];
const SCHEMA = 'My "Sch.ema" /\n雪';
const tail = randomBytes(4).toString('hex');

const schemaSql = [
  `CREATE SCHEMA ${quoteIdentifier(SCHEMA)}`,
  ...NAMES.flatMap((name, index) => [
    `CREATE TABLE ${quoteTable({ schema: SCHEMA, name })} (id serial PRIMARY KEY, ${NAMES.map((column) => `${quoteIdentifier(column)} text DEFAULT 'x'`).join(', ')})`,
    `INSERT INTO ${quoteTable({ schema: SCHEMA, name })} DEFAULT VALUES`,
    ...(index === 0
      ? []
      : [
          `ALTER TABLE ${quoteTable({ schema: SCHEMA, name })} ADD CONSTRAINT ${quoteIdentifier(`key ${name}`.slice(0, 50))} FOREIGN KEY (id) REFERENCES ${quoteTable({ schema: SCHEMA, name: NAMES[index - 1] ?? '' })}`,
        ]),
  ]),
].join(';\n');

describe.each([
  ['spaces, quotes, dots, slashes and Unicode', `t ${tail} "My" 'D'. / \\ % Ünï 雪`],
  ['a line break', `t ${tail}\nline`],
])('a database whose name has %s, and so its schema, tables and columns', (_what, databaseName) => {
  let database: TestDatabase;
  let workspace: Workspace;
  let whole: string;

  const named = (name: string) => quoteTable({ schema: SCHEMA, name });
  const restoreNew = async (id: string) => {
    const copy = databaseNamed(`${databaseName} copy`);
    const finished = await workspace.run(['restore', id, '--to', copy.url, '--create', '--json']);
    expect(finished, finished.stderr).toMatchObject({ status: 0 });
    return copy;
  };

  beforeAll(async () => {
    database = await makeDatabase({ name: databaseName, sql: schemaSql });
    workspace = await makeWorkspace({ databaseUrl: database.url });
    whole = await backUp(workspace);
  });

  afterAll(async () => {
    await workspace.remove();
    await database.drop();
  });

  it('is restored, verified and proven', async () => {
    expect(await workspace.run(['verify', whole])).toMatchObject({ status: 0 });
    expect((await workspace.run(['drill', '--backup', whole, '--json'])).json()).toMatchObject({
      result: 'PASS',
    });
    const copy = await restoreNew(whole);
    expect(await contentsOf(copy)).toEqual(await contentsOf(database));
    await copy.drop();
  });

  it('takes them for --table, in a backup', async () => {
    const id = await backUp(
      workspace,
      NAMES.slice(0, -1).flatMap((name) => ['--table', named(name)]),
    );
    expect(await workspace.run(['verify', id])).toMatchObject({ status: 0 });
    const { manifest } = (await workspace.run(['show', id, '--json'])).json<{
      manifest: { tables: { name: string; rows: number | null }[] };
    }>();
    for (const { name, rows } of manifest.tables)
      expect([name, rows]).toEqual([name, name === NAMES.at(-1) ? null : 1]);
  });

  it('takes them for --exclude-table, and restores what is left', async () => {
    const excluded = NAMES.filter((_name, index) => index % 2 === 0);
    const id = await backUp(
      workspace,
      excluded.flatMap((name) => ['--exclude-table', named(name)]),
    );
    const copy = await restoreNew(id);
    const contents = await contentsOf(copy);
    for (const name of NAMES)
      expect([name, contents[named(name)]?.split(' ')[0]]).toEqual([
        name,
        excluded.includes(name) ? '0' : '1',
      ]);
    await copy.drop();
  });

  it('takes them for --table, in a restore of tables that were dropped, with their foreign keys', async () => {
    const before = await contentsOf(database);
    const keys =
      'SELECT conrelid::regclass::text, conname, confrelid::regclass::text, contype FROM pg_constraint ORDER BY 1, 2';
    const constraints = await database.query(keys);
    await database.query(NAMES.map((name) => `DROP TABLE ${named(name)} CASCADE`).join('; '));
    const tables = NAMES.flatMap((name) => ['--table', named(name)]);
    const finished = await workspace.run([
      'restore',
      whole,
      '--to',
      database.url,
      ...tables,
      '--json',
    ]);
    expect(finished).toMatchObject({ status: 0 });
    expect(await contentsOf(database)).toEqual(before);
    expect(await database.query(keys)).toEqual(constraints);
  });

  it('brings one of them back whose foreign key points to another that stayed', async () => {
    const keys = `SELECT count(*)::int AS keys FROM pg_constraint WHERE contype = 'f'`;
    const before = await database.query(keys);
    const afterLineBreak = NAMES[NAMES.indexOf('new\nline') + 1] ?? '';
    for (const name of ['quo"te', 'dot.dot', afterLineBreak]) {
      await database.query(`DROP TABLE ${named(name)} CASCADE`);
      const next = NAMES[NAMES.indexOf(name) + 1] ?? '';
      expect(
        await workspace.run([
          'restore',
          whole,
          '--to',
          database.url,
          '--table',
          named(name),
          '--json',
        ]),
      ).toMatchObject({ status: 0 });
      await database.query(
        `ALTER TABLE ${named(next)} ADD FOREIGN KEY (id) REFERENCES ${named(name)}`,
      );
    }
    expect(await database.query(keys)).toEqual(before);
  });

  it('puts one beside another under a hard name', async () => {
    const as = 'beside "it"\n. 雪';
    const finished = await workspace.run([
      'restore',
      whole,
      '--to',
      database.url,
      '--table',
      named('quo"te'),
      '--as',
      as,
      '--json',
    ]);
    expect(finished).toMatchObject({ status: 0 });
    expect(await database.query(`SELECT FROM ${named(as)}`)).toHaveLength(1);
  });
});
