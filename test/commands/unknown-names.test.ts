import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeConfig } from '../fixtures/config.ts';
import { makeDatabase, type TestDatabase } from '../fixtures/database.ts';
import { makeWorkspace, type Workspace } from '../fixtures/holdfast.ts';
import { backUp } from '../fixtures/set.ts';

describe('what is not there', () => {
  let database: TestDatabase;
  let workspace: Workspace;
  let id: string;

  beforeAll(async () => {
    database = await makeDatabase({
      sql: 'CREATE TABLE patients AS SELECT 1 AS i; CREATE TABLE visits AS SELECT 1 AS i',
    });
    workspace = await makeWorkspace();
    await writeConfig(workspace, {
      databases: { clinic: { url: database.url }, billing: { url: database.url } },
      repositories: { local: { folder: workspace.backups } },
      plans: { nightly: { databases: ['clinic'] } },
    });
    id = await backUp(workspace, ['clinic']);
  });
  afterAll(async () => {
    await workspace.remove();
    await database.drop();
  });

  it.each<[string, (id: string) => string[], string]>([
    ['a database', () => ['backup', 'clnic'], 'Did you mean "clinic"?'],
    ['a database to list', () => ['list', 'clinci'], 'Did you mean "clinic"?'],
    ['a database to drill', () => ['drill', 'clinicc'], 'Did you mean "clinic"?'],
    ['a plan', () => ['backup', 'clinic', '--plan', 'nighty'], 'Did you mean "nightly"?'],
    ['a repository', () => ['list', '--repository', 'lokal'], 'Did you mean "local"?'],
    ['a table', () => ['backup', 'clinic', '--table', 'patient'], 'Did you mean "patients"?'],
    [
      'a set',
      (own) => ['show', `${own.slice(0, -1)}${own.endsWith('0') ? '1' : '0'}`],
      'Did you mean',
    ],
    ['a database of a set', () => ['show', 'clnic/latest'], 'Did you mean "clinic"?'],
    ['a plan of a set', () => ['show', 'clinic/nightli/latest'], 'Did you mean "nightly"?'],
    ['a target', () => ['restore', 'latest', '--to', 'bilings'], 'Did you mean "billing"?'],
  ])('is exit 2 and names what was probably meant: %s', async (_what, args, meant) => {
    const finished = await workspace.run([...args(id), '--json']);
    expect(finished, finished.stderr).toMatchObject({ status: 2, stdout: '' });
    expect(finished.error().hint).toContain(meant);
  });

  it('says where it looked, whether that is there, and which config it read', async () => {
    const other = await makeWorkspace({ databaseUrl: database.url });
    try {
      const nowhere = join(other.folder, 'mnt/backups');
      const env = { BACKUP_DIR: nowhere };
      const listed = await other.run(['list'], env);
      expect(listed).toMatchObject({ status: 0 });
      expect(listed.stdout).toContain(`no backup sets in ${nowhere}, which does not exist`);
      expect(listed.stdout).toContain(
        `the config is the environment, because there is no ${join(other.folder, 'holdfast.yaml')}`,
      );
      expect((await other.run(['list', '--json'], env)).json()).toMatchObject({
        config: null,
        repositories: [{ location: nowhere, exists: false, sets: [] }],
      });
      const absent = (await other.run(['show', 'latest', '--json'], env)).error();
      expect(absent.message).toContain(`${nowhere}, which does not exist`);
      expect(absent.hint).toContain('its disk is mounted');
      await mkdir(nowhere, { recursive: true });
      expect((await other.run(['show', 'latest', '--json'], env)).error().message).toContain(
        `${nowhere}, which is empty`,
      );
      // There is no key either, and that is not what is wrong.
      const restored = await other.run(['restore', 'latest', '--to', database.url, '--json'], env);
      expect(restored.error()).toMatchObject({
        code: 'SET_NOT_FOUND',
        message: expect.stringContaining(`${nowhere}, which is empty`),
        hint: expect.stringContaining('config is the environment'),
      });
      if (process.platform === 'linux')
        expect(restored.error().message).toContain('it lies on the disk that is mounted at /');
      const config = join(other.folder, 'mine.yaml');
      await writeFile(
        config,
        JSON.stringify({
          project: 'test',
          databases: { clinic: { fromEnvironment: true } },
          repositories: { local: { folder: nowhere } },
          plans: { nightly: {} },
        }),
      );
      const named = await other.run(['show', 'latest', '--json', '--config', config]);
      expect(named.error().hint).toContain(`The config is ${config}`);
    } finally {
      await other.remove();
    }
  });

  it('is no set of this database: other databases of the repository are named', async () => {
    const { stdout } = await workspace.run(['list', 'billing']);
    expect(stdout).toContain(`no backup sets in ${workspace.backups}; it holds sets of clinic`);
  });

  it('lists what each set holds, when it was taken and its age', async () => {
    await backUp(workspace, ['clinic', '--exclude-table', 'visits']);
    await backUp(workspace, ['clinic', '--table', 'visits']);
    await backUp(workspace, ['clinic', '--schema-only']);
    await backUp(workspace, ['clinic', '--data-only']);
    const { repositories } = (await workspace.run(['list', '--json'])).json<{
      repositories: { sets: Record<string, unknown>[] }[];
    }>();
    const sets = repositories[0]?.sets ?? [];
    expect(sets.map(({ contents, holds }) => [contents, holds])).toEqual([
      ['all', 'whole'],
      ['tables', 'without visits'],
      ['tables', 'only visits'],
      ['schema', 'schema'],
      ['data', 'data'],
    ]);
    for (const { ageSeconds } of sets) expect(ageSeconds).toBeLessThan(600);
    const [head = '', first = ''] = (await workspace.run(['list'])).stdout.split('\n');
    expect(head).toMatch(/^id +database +plan +state +holds +taken +age +size +rows +kept until/);
    expect(first).toMatch(/ STORED +whole +\d{4}-\d\d-\d\d \d\d:\d\d UTC +(\d+ min )?/);
  });
});
