import { rm } from 'node:fs/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import { type AnsweringServer, startAnsweringServer } from '../fixtures/answering-server.ts';
import { awsEnvironment } from '../fixtures/aws.ts';
import { makeDatabase, type TestDatabase } from '../fixtures/database.ts';
import { type Finished, makeWorkspace, type Workspace } from '../fixtures/holdfast.ts';
import { makeAlias, makeKmsKey, replicateKey } from '../fixtures/kms.ts';

describe('a KMS key', () => {
  let database: TestDatabase;
  let workspace: Workspace;
  let arn: string;
  let server: AnsweringServer | undefined;

  beforeAll(async () => {
    database = await makeDatabase({
      sql: 'CREATE TABLE t AS SELECT n FROM generate_series(1, 1000) n',
    });
  });
  afterAll(() => database.drop());

  beforeEach(async () => {
    arn = await makeKmsKey({ MultiRegion: true });
    workspace = await makeWorkspace({
      databaseUrl: database.url,
      env: { ...awsEnvironment(), HOLDFAST_KMS_KEY: arn, HOLDFAST_KEY_FILE: '' },
    });
  });
  afterEach(async () => {
    await server?.stop();
    server = undefined;
    await workspace.remove();
  });

  const succeed = async (args: string[], env: Record<string, string> = {}): Promise<Finished> => {
    const finished = await workspace.run([...args, '--json'], env);
    expect(finished, finished.stderr).toMatchObject({ status: 0 });
    return finished;
  };
  /** The local AWS, but for one action of KMS. */
  const refusing = async (action: string, type: string, status = 400) => {
    server = await startAnsweringServer(inject('aws').endpoint, ({ target }) =>
      target === `TrentService.${action}`
        ? { status, body: { __type: type, message: 'as a test wishes' } }
        : undefined,
    );
    return { AWS_ENDPOINT_URL: server.endpoint, AWS_MAX_ATTEMPTS: '2' };
  };

  it('does the whole job without any key file', async () => {
    const { id } = (await succeed(['backup'])).json<{ id: string }>();
    await succeed(['verify', id]);
    await succeed(['drill']);
    expect((await succeed(['show', id])).json()).toMatchObject({
      state: 'PROVEN',
      manifest: { keys: [{ type: 'kms', id: arn }] },
    });
    expect((await workspace.objects()).filter((path) => path.startsWith('keys/key-file'))).toEqual(
      [],
    );
  });

  it('is found by its alias', async () => {
    await makeAlias(arn, `alias/holdfast-${arn.slice(-8)}`);
    await succeed(['backup'], { HOLDFAST_KMS_KEY: `alias/holdfast-${arn.slice(-8)}` });
    expect((await succeed(['show', 'latest'])).json()).toMatchObject({
      manifest: { keys: [{ id: arn }] },
    });
    await succeed(['verify', 'latest']);
  });

  it('of many regions opens in the other region what it closed in this one', async () => {
    await succeed(['backup']);
    const replica = await replicateKey(arn, 'us-west-2');
    await succeed(['verify', 'latest'], { HOLDFAST_KMS_KEY: replica });
  });

  it('of another name does not open it, and the error names the right one', async () => {
    await succeed(['backup']);
    const failed = (
      await workspace.run(['verify', 'latest', '--json'], { HOLDFAST_KMS_KEY: await makeKmsKey() })
    ).error();
    expect(failed).toMatchObject({ code: 'KEY_MISMATCH', message: expect.stringContaining(arn) });
  });

  it('and a key file beside it each open the set alone', async () => {
    const both = { HOLDFAST_KEY_FILE: workspace.keyFile };
    await succeed(['backup'], both);
    await succeed(['verify', 'latest'], { HOLDFAST_KMS_KEY: '', ...both });
    await rm(workspace.keyFile);
    await succeed(['verify', 'latest']);
  });

  it('that is disabled, pending deletion or denied is told apart from a wrong one', async () => {
    for (const [type, words] of [
      ['DisabledException', 'it is disabled'],
      ['KMSInvalidStateException', 'pending deletion'],
      ['AccessDeniedException', 'kms:GenerateDataKey was denied'],
    ] as const) {
      const failed = await workspace.run(
        ['backup', '--json'],
        await refusing('GenerateDataKey', type),
      );
      expect(failed.error()).toMatchObject({
        code: 'KEY_UNUSABLE',
        message: expect.stringContaining(words),
        exitStatus: 1,
      });
      await server?.stop();
    }
    expect((await succeed(['list'])).json()).toMatchObject({ repositories: [{ sets: [] }] });
  });

  it('that can not be asked leaves the state of a set as it was', async () => {
    await succeed(['backup']);
    const disabled = await workspace.run(
      ['verify', 'latest', '--json'],
      await refusing('Decrypt', 'DisabledException'),
    );
    expect(disabled.error()).toMatchObject({ code: 'KEY_UNUSABLE', exitStatus: 1 });
    await server?.stop();
    const down = await workspace.run(
      ['verify', 'latest', '--json'],
      await refusing('Decrypt', 'KMSInternalException', 500),
    );
    expect(down.error()).toMatchObject({ code: 'KEY_UNUSABLE', retryable: true, exitStatus: 75 });
    expect((await succeed(['show', 'latest'])).json()).toMatchObject({ state: 'STORED' });
  });
});
