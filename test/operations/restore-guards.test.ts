import { mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeConfig } from '../fixtures/config.ts';
import { contentsOf } from '../fixtures/contents.ts';
import { makeDatabase, type TestDatabase, urlOf } from '../fixtures/database.ts';
import { expectFailure } from '../fixtures/failure.ts';
import { makeWorkspace, type Workspace } from '../fixtures/holdfast.ts';
import { backUp } from '../fixtures/set.ts';

describe('a restore', () => {
  let source: TestDatabase;
  let workspace: Workspace;
  let id: string;

  const restore = (...args: string[]) => workspace.run(['restore', id, '--json', ...args]);

  beforeAll(async () => {
    source = await makeDatabase({ sql: 'CREATE TABLE t AS SELECT generate_series(1, 10) AS i' });
    workspace = await makeWorkspace({ databaseUrl: source.url });
    id = await backUp(workspace);
  });

  afterAll(async () => {
    await workspace.remove();
    await source.drop();
  });

  it.each([
    ['a table', 'CREATE TABLE other (i int)'],
    ['a table of the same name', 'CREATE TABLE t (i int)'],
    ['a function', 'CREATE FUNCTION f() RETURNS int LANGUAGE sql AS $$ SELECT 1 $$'],
    ['a type', "CREATE TYPE mood AS ENUM ('sad')"],
    ['a schema', 'CREATE SCHEMA work'],
  ])('refuses a database that holds %s, and leaves it alone', async (_what, sql) => {
    const full = await makeDatabase({ sql });
    const before = await contentsOf(full);
    const { hint } = expectFailure(await restore('--to', full.url), { code: 'TARGET_NOT_EMPTY' });
    expect(hint).toContain(`--overwrite ${full.name}`);
    expect(await contentsOf(full)).toEqual(before);
    await full.drop();
  });

  it('fills an empty database that is there', async () => {
    const empty = await makeDatabase();
    expect((await restore('--to', empty.url)).json()).toMatchObject({ rows: 10 });
    expect(await contentsOf(empty)).toEqual(await contentsOf(source));
    await empty.drop();
  });

  it('refuses a database in SQL_ASCII, where the characters of the source would be mere bytes', async () => {
    const name = `${source.name}_ascii`;
    await source.query(
      `CREATE DATABASE ${name} TEMPLATE template0 ENCODING SQL_ASCII LC_COLLATE 'C' LC_CTYPE 'C'`,
    );
    for (const dry of [['--dry-run'], []]) {
      const finished = await restore('--to', source.url.replace(source.name, name), ...dry);
      const { message } = expectFailure(finished, { code: 'TARGET_UNFIT' });
      expect(message).toContain('SQL_ASCII');
    }
    await source.query(`DROP DATABASE ${name}`);
  });

  it('refuses its own source, by whatever address', async () => {
    const link = join(tmpdir(), `hf-link-${process.pid}`);
    await symlink(source.host, link);
    try {
      for (const target of [
        source.url,
        urlOf(link, source.name),
        urlOf(`${source.host}/../${source.host.split('/').at(-1)}`, source.name),
        source.name,
      ]) {
        const { message } = expectFailure(await restore('--to', target), {
          code: 'TARGET_PROTECTED',
        });
        expect(message).toContain(source.name);
      }
    } finally {
      await rm(link);
    }
    expect(await contentsOf(source)).toEqual({ '"public"."t"': expect.stringMatching(/^10 /) });
  });

  it('refuses its own source when it was renamed and emptied', async () => {
    const victim = await makeDatabase({ sql: 'CREATE TABLE t (i int)' });
    const other = await makeWorkspace({ databaseUrl: victim.url });
    const set = await backUp(other);
    const renamed = `${victim.name}_renamed`;
    await victim.query('DROP TABLE t');
    await source.query(`ALTER DATABASE ${victim.name} RENAME TO ${renamed}`);
    expectFailure(
      await other.run(['restore', set, '--to', urlOf(victim.host, renamed), '--json']),
      { code: 'TARGET_PROTECTED' },
    );
    await source.query(`DROP DATABASE ${renamed}`);
    await other.remove();
  });

  it('refuses a database that no longer answers by its address, however many sets of others are younger', async () => {
    const quiet = await makeDatabase({ sql: 'CREATE TABLE t (i int)' });
    const other = await makeWorkspace();
    const databases = { quiet: { url: quiet.url }, busy: { url: source.url } };
    await writeConfig(other, { databases });
    const set = await backUp(other, ['quiet']);
    await addUnreadableSets(join(other.backups, 'default/busy'), 501);
    await writeConfig(other, {
      databases: { ...databases, quiet: { url: urlOf(join(other.folder, 'gone'), quiet.name) } },
    });
    const refused = await other.run(['restore', set, '--to', quiet.url, '--json']);
    expect(expectFailure(refused, { code: 'TARGET_PROTECTED' }).message).toContain(
      'the target is quiet',
    );
    await quiet.drop();
    await other.remove();
  });

  it('makes no database that exists, and fills none that does not', async () => {
    const empty = await makeDatabase();
    expectFailure(await restore('--to', empty.url, '--create'), { code: 'TARGET_EXISTS' });
    expectFailure(await restore('--to', urlOf(source.host, 'nosuch')), {
      code: 'CONNECTION_FAILED',
    });
    expectFailure(await restore('--to', urlOf(source.host, 'nosuch'), '--overwrite', 'nosuch'), {
      code: 'TARGET_MISSING',
    });
    expect(await empty.query("SELECT FROM pg_database WHERE datname = 'nosuch'")).toEqual([]);
    await empty.drop();
  });

  it.each([
    ['a name that the config does not know', 'nosuch', 'USAGE'],
    ['a URL with a password', 'postgresql://me:pw-canary@localhost/db', 'USAGE'],
    ['a list with a password', 'host=localhost password=pw-canary', 'USAGE'],
  ] as const)('refuses %s as its target, and repeats no password', async (_what, target, code) => {
    const finished = await restore('--to', target);
    expectFailure(finished, { code, status: 2 });
    expect(finished.stderr).not.toContain('canary');
  });

  it('says what it would do with --dry-run, and does nothing', async () => {
    const empty = await makeDatabase();
    const audits = async () =>
      (await workspace.objects()).filter((key) => key.includes('-restore.json')).length;
    const before = await audits();
    const dry = await restore('--to', empty.url, '--dry-run');
    expect(dry.json()).toMatchObject({
      isDryRun: true,
      steps: expect.arrayContaining([expect.stringContaining('stream 10 rows')]),
    });
    const made = await restore(
      '--to',
      urlOf(source.host, `${empty.name}_new`),
      '--create',
      '--dry-run',
    );
    expect(made.json<{ steps: string[] }>().steps[0]).toBe(`create database ${empty.name}_new`);
    const replaced = await restore('--to', empty.url, '--overwrite', empty.name, '--dry-run');
    expect(replaced.json<{ steps: string[] }>().steps.at(-1)).toMatch(/^rename /);
    const table = await restore('--to', empty.url, '--table', 't', '--dry-run');
    expect(table.json()).toMatchObject({ restoredTables: [{ action: 'created', rows: 0 }] });
    expect(await contentsOf(empty)).toEqual({});
    expect(
      await empty.query('SELECT FROM pg_database WHERE datname LIKE $1', [`${empty.name}\\_%`]),
    ).toEqual([]);
    expect(await audits()).toBe(before);
    await empty.drop();
  });
});

/** Sets of the year 2099 whose manifests say nothing. */
async function addUnreadableSets(folder: string, count: number): Promise<void> {
  for (let number = 0; number < count; number += 1) {
    const set = join(folder, `20990101T000000Z-${number.toString(16).padStart(4, '0')}`);
    await mkdir(set, { recursive: true });
    await writeFile(join(set, 'manifest.json'), '{}');
  }
}
