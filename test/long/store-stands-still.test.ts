import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import { awsEnvironment, makeBucket } from '../fixtures/aws.ts';
import { makeDatabase, type TestDatabase } from '../fixtures/database.ts';
import { makeWorkspace, type Workspace } from '../fixtures/holdfast.ts';
import { type PausableRelay, startPausableRelay } from '../fixtures/pausable-relay.ts';

/** Random, so that it does not shrink: several parts. */
const SCANS =
  'CREATE TABLE scans AS SELECT gen_random_uuid() AS a, gen_random_uuid() AS b FROM generate_series(1, 1000000)';
const FOUR_MINUTES = 240_000;
const MEGABYTES = 4_000_000;

describe('a store that stands still for four minutes and comes back', () => {
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
      repositories: { s3: { bucket: (await makeBucket()).name } },
      plans: { nightly: {} },
    };
    await writeFile(join(workspace.folder, 'holdfast.yaml'), JSON.stringify(config));
  });

  afterAll(async () => {
    relay.stop();
    await workspace.remove();
    await database.drop();
  });

  it.each([
    ['backup', ['backup', '--json']],
    ['verify', ['verify', 'latest', '--json']],
  ])('fails no %s that it stops in the midst of the rows', async (_what, args) => {
    const before = relay.bytes();
    const running = workspace.start(args);
    await vi.waitFor(() => expect(relay.bytes() - before).toBeGreaterThan(MEGABYTES), {
      timeout: 120_000,
      interval: 5,
    });
    relay.pause();
    await Promise.race([sleep(FOUR_MINUTES), running.finished]);
    expect(running.child.exitCode).toBeNull();
    relay.resume();
    const finished = await running.finished;
    expect(finished, finished.stderr).toMatchObject({ status: 0 });
  });
});
