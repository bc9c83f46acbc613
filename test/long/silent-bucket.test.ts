import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import { awsEnvironment, makeBucket } from '../fixtures/aws.ts';
import { makeDatabase, type TestDatabase } from '../fixtures/database.ts';
import { makeWorkspace, type Workspace } from '../fixtures/holdfast.ts';
import { type PausableRelay, startPausableRelay } from '../fixtures/pausable-relay.ts';

const SCANS =
  'CREATE TABLE scans AS SELECT gen_random_uuid() AS a, gen_random_uuid() AS b FROM generate_series(1, 1000000)';
/** `stallTimeout` is 3 s; starting a command on a busy machine takes longer than giving up. */
const SECONDS = 60;
const SILENT = /s3:\/\/.* can not be used: no answer in time|ends after \d+ of \d+ bytes/;

describe('a bucket that does not answer any more', () => {
  let database: TestDatabase;
  let relay: PausableRelay;
  let workspace: Workspace;

  beforeAll(async () => {
    database = await makeDatabase({ sql: SCANS });
    relay = await startPausableRelay(inject('aws').endpoint);
    const env = awsEnvironment({ endpoint: `http://127.0.0.1:${relay.port}` });
    workspace = await makeWorkspace({ databaseUrl: database.url, env });
    const config = {
      project: 'ward',
      databases: { ward: { fromEnvironment: true } },
      repositories: { s3: { bucket: (await makeBucket()).name }, local: { folder: './local' } },
      plans: { nightly: { repositories: ['s3'], stallTimeout: '3s' } },
    };
    await writeFile(join(workspace.folder, 'holdfast.yaml'), JSON.stringify(config));
    const taken = await workspace.run(['backup']);
    expect(taken, taken.stderr).toMatchObject({ status: 0 });
  });

  afterAll(async () => {
    relay.stop();
    await workspace.remove();
    await database.drop();
  });

  const end = async (args: readonly string[], { afterBytes = 0 } = {}) => {
    if (afterBytes === 0) relay.pause();
    const before = relay.bytes();
    const running = workspace.start(args);
    if (afterBytes > 0) {
      await vi.waitFor(() => expect(relay.bytes() - before).toBeGreaterThan(afterBytes), {
        timeout: 120_000,
        interval: 5,
      });
      relay.pause();
    }
    const pausedAt = Date.now();
    const { status, stdout, stderr } = await running.finished;
    relay.resume();
    expect((Date.now() - pausedAt) / 1000).toBeLessThan(SECONDS);
    expect(`${stdout}${stderr}`).toMatch(SILENT);
    return status;
  };

  it.each([
    ['prune', ['prune'], 75],
    ['list', ['list', '--repository', 's3'], 75],
    ['check', ['check', '--repository', 's3'], 3],
  ])('ends %s', async (_what, args, status) => {
    expect(await end(args)).toBe(status);
  });

  it.each([
    ['verify', ['verify', 'latest']],
    ['copy', ['copy', 'latest', '--repository', 's3', '--to', 'local']],
    ['drill', ['drill', '--repository', 's3']],
    ['export', ['export', 'latest', '--repository', 's3', '--out', 'rows.dump']],
  ])('ends %s in the midst of the rows', async (_what, args) => {
    expect(await end(args, { afterBytes: 5_000_000 })).toBe(75);
  });
});
