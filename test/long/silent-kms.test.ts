import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { awsEnvironment } from '../fixtures/aws.ts';
import { writeConfig } from '../fixtures/config.ts';
import { makeDatabase, type TestDatabase } from '../fixtures/database.ts';
import { makeWorkspace, type Workspace } from '../fixtures/holdfast.ts';
import { makeKmsKey } from '../fixtures/kms.ts';
import { type PausableRelay, startPausableRelay } from '../fixtures/pausable-relay.ts';

/** The 95 s of docs/CONFIG.md, and what a busy machine needs to start and end a command. */
const SECONDS = 130;

/** A relay accepts each connection and passes nothing on: this takes minutes, with the real limits. */
describe('a KMS that accepts connections and says nothing', () => {
  let database: TestDatabase;
  let relay: PausableRelay;
  let workspace: Workspace;

  beforeAll(async () => {
    database = await makeDatabase({ sql: 'CREATE TABLE t AS SELECT 1 AS id' });
    relay = await startPausableRelay(inject('aws').endpoint);
    const url = `http://127.0.0.1:${relay.port}`;
    workspace = await makeWorkspace({
      databaseUrl: database.url,
      env: {
        ...awsEnvironment(),
        AWS_ENDPOINT_URL_KMS: url,
        HOLDFAST_KEY_FILE: '',
      },
    });
    await writeConfig(workspace, {
      databases: { ward: { fromEnvironment: true } },
      repositories: { local: { folder: './local' } },
      plans: { default: {} },
      keys: { kms: await makeKmsKey() },
    });
    const taken = await workspace.run(['backup']);
    expect(taken, taken.stderr).toMatchObject({ status: 0 });
    relay.pause();
  });
  afterAll(async () => {
    relay.stop();
    await workspace.remove();
    await database.drop();
  });

  it.concurrent.each([
    ['backup', ['backup'], 75, 'KMS did not answer kms:GenerateDataKey'],
    ['verify', ['verify', 'latest'], 75, 'KMS did not answer kms:Decrypt'],
    ['drill', ['drill'], 75, 'KMS did not answer kms:Decrypt'],
  ])(
    'ends %s within two minutes, by name',
    async (_what, args, status, words) => {
      const began = Date.now();
      const finished = await workspace.run(args);
      expect((Date.now() - began) / 1000).toBeLessThan(SECONDS);
      expect(finished, finished.stderr).toMatchObject({ status });
      expect(`${finished.stdout}${finished.stderr}`).toContain(words);
    },
    200_000,
  );
});
