import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadConfig } from '../../engine/composition/load-config.ts';

describe('the config of a run', () => {
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'hf-config-'));
    await writeFile(
      join(folder, 'holdfast.yaml'),
      'project: here\ndatabases: {}\nrepositories: {}\nplans: {}\n',
    );
    await writeFile(
      join(folder, 'other.yaml'),
      'project: other\ndatabases: {}\nrepositories: {}\nplans: {}\n',
    );
  });
  afterAll(() => rm(folder, { recursive: true }));

  it.each([
    ['the file of the folder where $HOLDFAST_CONFIG is not set', {}, 'here'],
    ['the file of the folder where $HOLDFAST_CONFIG is empty', { HOLDFAST_CONFIG: '' }, 'here'],
    ['the file that $HOLDFAST_CONFIG names', { HOLDFAST_CONFIG: 'other.yaml' }, 'other'],
  ])('is %s', async (_what, env, project) => {
    expect((await loadConfig({ env, cwd: folder })).config.project).toBe(project);
  });

  it('is not a directory: the message says so, and not that nothing is there', async () => {
    await expect(loadConfig({ configPath: '.', env: {}, cwd: folder })).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: `the config file ${folder} can not be read: it is a directory`,
    });
  });

  it('is refused with an env file that has no variable', async () => {
    await writeFile(join(folder, 'junk.env'), '# later\nDATABASE_URL postgresql://h/clinic\n');
    await expect(loadConfig({ envFile: 'junk.env', env: {}, cwd: folder })).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: `the env file ${join(folder, 'junk.env')} has no NAME=value line`,
    });
  });
});
