import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeConfig } from '../fixtures/config.ts';
import { expectFailure } from '../fixtures/failure.ts';
import { makeWorkspace, type Workspace } from '../fixtures/holdfast.ts';

const run = promisify(execFile);

/** What a path of the user's may lead to, and what is said of it. */
const ODD: [name: string, reason: RegExp][] = [
  ['pipe', /it is a pipe that nobody writes to/],
  ['zero', /it is larger than \d+ bytes/],
  ['folder', /it is a directory/],
  ['huge', /it is larger than \d+ bytes/],
];

/** Commands that read a file, and how they are given it. */
const READERS: [
  what: string,
  args: (path: string) => string[],
  env: (path: string) => Record<string, string>,
][] = [
  ['the config', (path) => ['--config', path], () => ({})],
  ['the env file', (path) => ['--env-file', path], () => ({})],
  [
    'a service file',
    () => [],
    (path) => ({ DATABASE_URL: '', PGSERVICE: 'clinic', PGSERVICEFILE: path }),
  ],
];

describe.runIf(process.platform === 'linux')('a file that is none', () => {
  let workspace: Workspace;

  beforeAll(async () => {
    workspace = await makeWorkspace({ databaseUrl: 'postgresql:///clinic?host=/nonexistent' });
    const at = (name: string) => join(workspace.folder, name);
    await run('mkfifo', [at('pipe')]);
    await run('ln', ['-s', '/dev/zero', at('zero')]);
    await mkdir(at('folder'));
    await run('truncate', ['-s', '100G', at('huge')]);
  });

  afterAll(() => workspace.remove());

  it.each(
    READERS.flatMap(([what, args, env]) =>
      ODD.map(([name, reason]) => ({ what, name, args, env, reason })),
    ),
  )('is refused in plain words within seconds: $what is a $name', async ({
    name,
    args,
    env,
    reason,
  }) => {
    const path = join(workspace.folder, name);
    const began = Date.now();
    const finished = await workspace.run(['list', ...args(path), '--json'], env(path));
    expect(expectFailure(finished, { code: 'CONFIG_INVALID', status: 2 }).message).toMatch(reason);
    expect(Date.now() - began).toBeLessThan(30_000);
  });

  it('is read where it is a pipe that somebody writes to', async () => {
    const env = join(workspace.folder, 'env');
    await writeFile(env, 'RETENTION_DAYS=x\n');
    const script = 'exec 9< <(sleep 1; cat env); exec "$@" --env-file /dev/fd/9 --json';
    const program = [process.execPath, '--', join(import.meta.dirname, '../../bin/holdfast.ts')];
    const { stderr } = await run('bash', ['-c', script, 'bash', ...program, 'list'], {
      cwd: workspace.folder,
      env: workspace.env,
    }).catch((error: { stderr: string }) => error);
    expect(stderr).toContain('RETENTION_DAYS');
  });

  it('is an empty one where it is /dev/null', async () => {
    await writeConfig(workspace, {
      databases: { clinic: { host: '/nonexistent', database: 'clinic' } },
    });
    const finished = await workspace.run(['list', '--json'], {
      PGSERVICEFILE: '/dev/null',
      PGPASSFILE: '/dev/null',
    });
    expect(finished, finished.stderr).toMatchObject({ status: 0 });
  });
});
