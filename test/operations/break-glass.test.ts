import { chmod, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeConfig } from '../fixtures/config.ts';
import { contentsOf } from '../fixtures/contents.ts';
import { databaseNamed, makeDatabase, type TestDatabase } from '../fixtures/database.ts';
import { expectFailure } from '../fixtures/failure.ts';
import { makeWorkspace, type Workspace } from '../fixtures/holdfast.ts';
import { backUp } from '../fixtures/set.ts';

const PASSPHRASE = 'six words that nobody has guessed';
const secret = { HOLDFAST_PASSPHRASE: PASSPHRASE };

describe('the break-glass key', () => {
  let database: TestDatabase;
  let workspace: Workspace;
  let id: string;
  let privateHalf: string;

  const open = (args: readonly string[], env = secret) =>
    workspace.run([...args, '--break-glass-key', privateHalf, '--json'], {
      ...env,
      HOLDFAST_KEY_FILE: join(workspace.folder, 'gone'),
    });

  beforeAll(async () => {
    database = await makeDatabase({ sql: 'CREATE TABLE t AS SELECT generate_series(1, 100) AS i' });
    workspace = await makeWorkspace();
    const made = await workspace.run(['keygen', '--break-glass', '--json'], secret);
    expect(made).toMatchObject({ status: 0 });
    const pair = made.json<{ privatePath: string; publicPath: string }>();
    privateHalf = join(workspace.folder, 'safe.pem');
    await rename(pair.privatePath, privateHalf);
    await writeConfig(workspace, {
      databases: { clinic: { url: database.url } },
      keys: { file: workspace.keyFile, breakGlass: pair.publicPath },
    });
    id = await backUp(workspace);
    await rm(workspace.keyFile);
  });

  afterAll(async () => {
    await workspace.remove();
    await database.drop();
  });

  it('lies in a file of its owner alone, locked by the passphrase', async () => {
    expect((await stat(privateHalf)).mode & 0o777).toBe(0o600);
    expect(await readFile(privateHalf, 'utf8')).toMatch(/^-----BEGIN ENCRYPTED PRIVATE KEY-----/);
  });

  it('verifies, proves and restores a set when the key file is gone', async () => {
    expect(await open(['verify', id])).toMatchObject({ status: 0 });
    expect((await open(['drill', '--backup', id])).json()).toMatchObject({ result: 'PASS' });
    const copy = databaseNamed(`${database.name}_copy`);
    expect(await open(['restore', id, '--to', copy.url, '--create'])).toMatchObject({ status: 0 });
    expect(await contentsOf(copy)).toEqual(await contentsOf(database));
    await copy.drop();
  });

  it('refuses a wrong passphrase, without repeating it', async () => {
    const finished = await open(['verify', id], { HOLDFAST_PASSPHRASE: 'a wrong one-canary' });
    expect(expectFailure(finished, { code: 'KEY_INVALID' }).message).toContain(
      'the passphrase is wrong',
    );
    expect(finished.stderr).not.toContain('canary');
  });

  it('asks for a passphrase where there is neither a terminal nor the variable', async () => {
    const finished = await open(['verify', id], { HOLDFAST_PASSPHRASE: '' });
    expect(expectFailure(finished, { code: 'USAGE', status: 2 }).hint).toContain(
      'HOLDFAST_PASSPHRASE',
    );
  });

  it('refuses a pair of another name, a file that is none and one that is not there', async () => {
    expect(
      await workspace.run(['keygen', '--break-glass', '--out', 'another.pem', '--json'], secret),
    ).toMatchObject({ status: 0 });
    const run = (path: string) =>
      workspace.run(['verify', id, '--break-glass-key', path, '--json'], secret);
    expect(expectFailure(await run('another.pem'), { code: 'KEY_MISMATCH' }).message).toContain(
      'break-glass',
    );
    expectFailure(await run('holdfast.yaml'), { code: 'KEY_INVALID' });
    expectFailure(await run('nowhere.pem'), { code: 'KEY_MISSING' });
  });

  it('refuses a short passphrase and an existing file when it is made', async () => {
    const short = await workspace.run(['keygen', '--break-glass', '--out', 'new.pem', '--json'], {
      HOLDFAST_PASSPHRASE: 'short',
    });
    expectFailure(short, { code: 'KEY_INVALID' });
    expectFailure(
      await workspace.run(['keygen', '--break-glass', '--out', privateHalf, '--json'], secret),
      { code: 'KEY_INVALID' },
    );
    expect(await readFile(privateHalf, 'utf8')).toMatch(/ENCRYPTED/);
  });

  it('is refused in the config when it is the private half', async () => {
    expect(await workspace.run(['keygen', '--out', 'key2'])).toMatchObject({ status: 0 });
    await chmod(privateHalf, 0o600);
    await writeConfig(workspace, {
      databases: { clinic: { url: database.url } },
      repositories: { local: { folder: join(workspace.folder, 'second') } },
      keys: { file: join(workspace.folder, 'key2'), breakGlass: privateHalf },
    });
    const finished = await workspace.run(['backup', '--json'], { HOLDFAST_KEY_FILE: '' });
    expect(expectFailure(finished, { code: 'KEY_INVALID' }).message).toContain('private half');
  });
});
