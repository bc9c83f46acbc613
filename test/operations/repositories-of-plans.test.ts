import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeDatabase, type TestDatabase } from '../fixtures/database.ts';
import { makeWorkspace, type Workspace } from '../fixtures/holdfast.ts';

describe('a config with two repositories', () => {
  let database: TestDatabase;
  let workspace: Workspace;

  beforeAll(async () => {
    database = await makeDatabase({ sql: 'CREATE TABLE t AS SELECT 1 AS i' });
    workspace = await makeWorkspace();
    const config = {
      project: 'p',
      databases: { db: { url: database.url } },
      repositories: { here: { folder: './here' }, there: { folder: './there' } },
      plans: { nightly: { repositories: ['there'] } },
    };
    await writeFile(join(workspace.folder, 'holdfast.yaml'), JSON.stringify(config));
  });
  afterAll(async () => {
    await workspace.remove();
    await database.drop();
  });

  it('writes each plan to its own', async () => {
    const finished = await workspace.run(['backup', '--json']);
    expect(finished, finished.stderr).toMatchObject({ status: 0 });
    const sets = async (repository: string) =>
      (await workspace.run(['list', '--repository', repository, '--json'])).json<{
        repositories: [{ sets: unknown[] }];
      }>().repositories[0].sets;
    expect(await sets('there')).toHaveLength(1);
    expect(await sets('here')).toHaveLength(0);
  });

  it('passes over folders of the disk that are none of ours, such as lost+found', async () => {
    await mkdir(join(workspace.folder, 'there/lost+found'), { mode: 0o000 });
    expect(await workspace.run(['list', '--repository', 'there', '--json'])).toMatchObject({
      status: 0,
    });
  });
});
