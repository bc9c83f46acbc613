import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { makeDatabase, type TestDatabase } from '../fixtures/database.ts';
import { makeWorkspace, type Workspace } from '../fixtures/holdfast.ts';

describe('the key of init', () => {
  let database: TestDatabase;
  let workspace: Workspace;

  beforeAll(async () => {
    database = await makeDatabase({ sql: 'CREATE TABLE notes AS SELECT 1 AS id' });
  });
  afterAll(() => database?.drop());

  beforeEach(async () => {
    workspace = await makeWorkspace({ databaseUrl: database.url });
  });
  afterEach(() => workspace.remove());

  const defaultKey = () => join(workspace.folder, '.config/holdfast/key');

  it('is the one that later runs use, also where only init had the variable that names it', async () => {
    expect((await workspace.run(['init', '--json'])).json()).toMatchObject({
      key: workspace.keyFile,
      isNewKey: true,
    });
    expect(await workspace.run(['backup'], { HOLDFAST_KEY_FILE: '' })).toMatchObject({ status: 0 });
    await expect(readFile(defaultKey())).rejects.toMatchObject({ code: 'ENOENT' });
    expect(await workspace.run(['verify', 'latest'])).toMatchObject({ status: 0 });
  });

  it('is in the home of whoever runs it where nothing names a place', async () => {
    const finished = await workspace.run(['init', '--json'], { HOLDFAST_KEY_FILE: '' });
    expect(finished.json()).toMatchObject({ key: defaultKey(), isNewKey: true });
    expect(await readFile(join(workspace.folder, 'holdfast.yaml'), 'utf8')).toContain(
      '  file: ~/.config/holdfast/key\n',
    );
  });

  it('is the file that a relative variable names from the folder of the config, where every run looks for it', async () => {
    await mkdir(join(workspace.folder, 'etc'));
    const env = { HOLDFAST_KEY_FILE: 'own.key' };
    const finished = await workspace.run(['init', '--config', 'etc/holdfast.yaml', '--json'], env);
    expect(finished.json()).toMatchObject({
      key: join(workspace.folder, 'etc/own.key'),
      isNewKey: true,
    });
    const taken = await workspace.run(['backup', '--config', 'etc/holdfast.yaml', '--json'], env);
    expect(taken, taken.stderr).toMatchObject({ status: 0 });
    expect(taken.stderr).not.toContain('made a key');
  });

  it('is left alone where there is one', async () => {
    expect(await workspace.run(['keygen'])).toMatchObject({ status: 0 });
    const before = await readFile(workspace.keyFile, 'utf8');
    expect((await workspace.run(['init', '--json'])).json()).toMatchObject({
      key: workspace.keyFile,
      isNewKey: false,
    });
    expect(await readFile(workspace.keyFile, 'utf8')).toBe(before);
  });
});

describe('init', () => {
  it('tells a config that exists from one that can not be written', async () => {
    const workspace = await makeWorkspace();
    expect(await workspace.run(['init'])).toMatchObject({ status: 0 });
    const again = await workspace.run(['init']);
    expect(again.stderr).toContain('holdfast.yaml exists already');
    const nowhere = await workspace.run(['init', '--config', 'no/folder/holdfast.yaml']);
    expect(nowhere.stderr).toContain('holdfast.yaml can not be written');
    await workspace.remove();
  });
});
