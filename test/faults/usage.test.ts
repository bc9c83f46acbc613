import { access } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeDatabase, type TestDatabase } from '../fixtures/database.ts';
import { expectFailure } from '../fixtures/failure.ts';
import { makeWorkspace, type Workspace } from '../fixtures/holdfast.ts';
import { countManifests } from '../fixtures/set.ts';

const A_SET = '20200101T000000Z-0000';

describe('a command line that is wrong', () => {
  let database: TestDatabase;
  let workspace: Workspace;

  beforeAll(async () => {
    database = await makeDatabase({ sql: 'CREATE TABLE t (i int)' });
    workspace = await makeWorkspace({ databaseUrl: database.url });
  });

  afterAll(async () => {
    await workspace.remove();
    await database.drop();
  });

  it.each([
    ['an unknown option', ['backup', '--tabel', 't'], /--tabel/],
    ['an unknown command', ['backpu'], /backpu/],
    ['too many arguments', ['backup', 'one', 'two'], /too many arguments/],
    [
      '--table with --exclude-table',
      ['backup', '--table', 't', '--exclude-table', 'u'],
      /--table and --exclude-table/,
    ],
    [
      '--schema-only with --data-only',
      ['backup', '--schema-only', '--data-only'],
      /--schema-only.*--data-only/,
    ],
    ['an unknown database', ['backup', 'nosuch'], /no database "nosuch"/],
    ['an unknown plan', ['backup', '--plan', 'weekly'], /no plan "weekly"/],
    ['an unknown repository', ['list', '--repository', 'moon'], /no repository "moon"/],
    ['a name that is no set', ['show', 'newest'], /"newest" does not name a backup set/],
    ['a verify of nothing', ['verify'], /needs the name of a set, or --rotate/],
    [
      'a drill of a database and of a set',
      ['drill', 'clinic', '--backup', A_SET],
      /a database or --backup, not both/,
    ],
    [
      'a remote drill of both',
      ['remote', 'drill', 'clinic', '--backup', A_SET],
      /a database or --backup, not both/,
    ],
    ['a restore to nowhere', ['restore', A_SET], /--to/],
    [
      '--create with --overwrite',
      ['restore', A_SET, '--to', 'x', '--create', '--overwrite', 'x'],
      /--create and --overwrite/,
    ],
    [
      '--end-sessions alone',
      ['restore', A_SET, '--to', 'x', '--end-sessions'],
      /--end-sessions goes with --overwrite/,
    ],
    [
      '--as without --table',
      ['restore', A_SET, '--to', 'x', '--as', 'y'],
      /--as goes with --table/,
    ],
    [
      '--table with --create',
      ['restore', A_SET, '--to', 'x', '--table', 't', '--create'],
      /--table goes into a database/,
    ],
    [
      '--data-only with --create',
      ['restore', A_SET, '--to', 'x', '--data-only', '--create'],
      /--data-only goes into tables/,
    ],
    [
      'no whole number of jobs',
      ['restore', A_SET, '--to', 'x', '--jobs', '0'],
      /--jobs.*whole number/s,
    ],
    ['--out missing for JSON', ['export', A_SET], /--json needs --out/],
  ])('ends with 2, a code and a hint: %s', async (_what, args, message) => {
    const failure = expectFailure(await workspace.run([...args, '--json']), {
      code: 'USAGE',
      status: 2,
    });
    expect(failure.message).toMatch(message);
  });

  it('says it in words where no JSON was asked for, and nothing on stdout', async () => {
    const finished = await workspace.run(['backup', '--tabel', 't']);
    expect(finished).toMatchObject({ status: 2, stdout: '' });
    expect(finished.stderr).toContain("unknown option '--tabel'");
    expect(finished.stderr).toContain('holdfast --help');
  });

  it.each([
    [['LOGIN']],
    [['show', 'LOGIN']],
    [['backup', 'LOGIN']],
    [['backup', '--plan', 'LOGIN']],
    [['backup', '--LOGIN']],
    [['backup', '--databse-url=LOGIN']],
    [['list', '--repository', 'LOGIN']],
    [['list', 'LOGIN']],
    [['list', '--config', 'LOGIN']],
    [['list', '--env-file', 'LOGIN']],
    [['restore', A_SET, '--to', 'LOGIN', '--table', 'LOGIN', '--as', 'LOGIN', '--as', 'LOGIN']],
    [['drill', '--backup', 'LOGIN']],
  ])('repeats no password and at most 200 characters of what was typed: %j', async (words) => {
    for (const [secret, ...json] of [
      ['hush7 with blanks'],
      [`hush7@half/way${'x'.repeat(3000)}`, '--json'],
    ]) {
      const typed = words.map((word) => word.replace('LOGIN', `postgresql://me:${secret}@h/db`));
      const { status, stdout, stderr } = await workspace.run([...typed, ...json]);
      expect(status).not.toBe(0);
      expect(stdout + stderr).not.toMatch(/hush7|with blanks|half.way|x{201}/);
    }
  });

  it('never wrote a set, nor made a key', async () => {
    expect(await countManifests(workspace)).toBe(0);
    await expect(access(workspace.keyFile)).rejects.toThrow('ENOENT');
  });

  it('is an environment without any database', async () => {
    const empty = await makeWorkspace();
    try {
      const { hint } = expectFailure(await empty.run(['backup', '--json']), {
        code: 'CONFIG_NOT_FOUND',
        status: 2,
      });
      expect(hint).toContain('DATABASE_URL');
    } finally {
      await empty.remove();
    }
  });

  it('is a set of a repository that holds none', async () => {
    const restored = await workspace.run(['restore', 'latest', '--to', database.url, '--json']);
    expectFailure(restored, { code: 'SET_NOT_FOUND', status: 2 });
    const { message } = expectFailure(await workspace.run(['show', 'latest', '--json']), {
      code: 'SET_NOT_FOUND',
      status: 2,
    });
    expect(message).toContain(
      `there are no backup sets in ${workspace.backups}, which does not exist`,
    );
  });
});
