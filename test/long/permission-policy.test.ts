import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { S3_ACTIONS, type S3Action } from '../../engine/adapters/s3-actions.ts';
import type { Finding } from '../../engine/operations/doctor-finding.ts';
import { makeBucket, type TestBucket } from '../fixtures/aws.ts';
import { makeDatabase, type TestDatabase } from '../fixtures/database.ts';
import { type RunningStore, startForeignStore, storeProgram } from '../fixtures/foreign-store.ts';
import { makeWorkspace, type Workspace } from '../fixtures/holdfast.ts';

const program = await storeProgram('minio');
const PREFIX = 'backups';

/**
 * What doctor says where one action is missing. Which request needs which action: AWS Service
 * Authorization Reference, "Actions, resources, and condition keys for Amazon S3".
 */
const FINDING_WITHOUT: Record<S3Action, { name: string; status: Finding['status'] }> = {
  's3:PutObject': { name: 'can be written', status: 'failed' },
  's3:GetObject': { name: 'reading', status: 'warning' },
  's3:ListBucket': { name: 'can be written', status: 'failed' },
  // MinIO takes s3:ListBucket for it; with AWS it is an action of its own.
  's3:ListBucketVersions': { name: 'listing of versions', status: 'ok' },
  's3:ListBucketMultipartUploads': { name: 'unfinished uploads', status: 'warning' },
  's3:AbortMultipartUpload': { name: 'unfinished uploads', status: 'warning' },
  's3:GetObjectTagging': { name: 'release', status: 'warning' },
  's3:PutObjectTagging': { name: 'release', status: 'warning' },
  's3:DeleteObject': { name: 'release', status: 'warning' },
  's3:GetObjectRetention': { name: 'longer locks', status: 'warning' },
  's3:PutObjectRetention': { name: 'longer locks', status: 'warning' },
  's3:RestoreObject': { name: 'thawing', status: 'warning' },
  's3:GetBucketVersioning': { name: 'versioning', status: 'warning' },
  's3:GetBucketObjectLockConfiguration': { name: 'longer locks', status: 'warning' },
  's3:GetLifecycleConfiguration': { name: 'lifecycle rules', status: 'warning' },
  's3:GetEncryptionConfiguration': { name: 'encryption', status: 'warning' },
};
/** Not needed where objects are tagged; what it is needed for has no tags. */
const OF_DELETING: S3Action = 's3:DeleteObject';
const OF_TAGGING: readonly S3Action[] = ['s3:GetObjectTagging', 's3:PutObjectTagging'];

describe.skipIf(program === undefined)('the permissions of docs/CONFIG.md, with MinIO', () => {
  let store: RunningStore;
  let database: TestDatabase;
  let workspace: Workspace;
  let bucket: TestBucket;

  beforeAll(async () => {
    store = await startForeignStore('minio', program ?? '');
    database = await makeDatabase({ sql: 'CREATE TABLE t AS SELECT 1 AS i' });
  });
  afterAll(async () => {
    await store?.stop();
    await database?.drop();
  });
  beforeEach(async () => {
    workspace = await makeWorkspace({ databaseUrl: database.url, env: store.env });
  });
  afterEach(() => workspace.remove());

  async function useBucket({ deletes = false }: { deletes?: boolean } = {}): Promise<void> {
    bucket = await makeBucket(deletes ? { store: store.env } : { store: store.env, lockDays: 1 });
    const offsite = { bucket: bucket.name, prefix: PREFIX };
    const config = {
      project: 'test',
      databases: { ward: { fromEnvironment: true, drill: { enabled: false } } },
      repositories: { offsite: deletes ? { ...offsite, retention: 'delete' } : offsite },
      plans: { default: { keep: '1s' } },
    };
    await writeFile(join(workspace.folder, 'holdfast.yaml'), JSON.stringify(config));
  }

  /** Credentials that may do these things with the bucket, and nothing else. */
  async function credentialsFor(actions: readonly string[]): Promise<Record<string, string>> {
    const Resource = [`arn:aws:s3:::${bucket.name}`, `arn:aws:s3:::${bucket.name}/${PREFIX}/*`];
    const Statement = [{ Effect: 'Allow', Action: actions, Resource }];
    const { AWS_ACCESS_KEY_ID: accessKeyId = '', AWS_SECRET_ACCESS_KEY: secretAccessKey = '' } =
      store.env;
    const client = new STSClient({
      endpoint: store.endpoint,
      region: 'us-east-1',
      credentials: { accessKeyId, secretAccessKey },
    });
    const { Credentials } = await client.send(
      new AssumeRoleCommand({
        RoleArn: 'arn:minio:iam:::role/holdfast',
        RoleSessionName: 'holdfast',
        Policy: JSON.stringify({ Version: '2012-10-17', Statement }),
      }),
    );
    return {
      AWS_ACCESS_KEY_ID: Credentials?.AccessKeyId ?? '',
      AWS_SECRET_ACCESS_KEY: Credentials?.SecretAccessKey ?? '',
      AWS_SESSION_TOKEN: Credentials?.SessionToken ?? '',
    };
  }

  async function examine(actions: readonly string[]): Promise<Finding[]> {
    const finished = await workspace.run(['doctor', '--json'], await credentialsFor(actions));
    const { findings } = finished.json<{ findings: Finding[] }>();
    return findings.filter(({ subject }) => subject === 'repository offsite');
  }

  it.each([
    ['tags', S3_ACTIONS.filter((action) => action !== OF_DELETING), false],
    ['deletes', S3_ACTIONS.filter((action) => !OF_TAGGING.includes(action)), true],
  ] as const)('are enough for every command, and doctor misses none, where prune %s', async (_how, actions, deletes) => {
    await useBucket({ deletes });
    const denied = (await examine(actions)).filter(({ detail }) => /refused|denied/.test(detail));
    expect(denied.map(({ name }) => name)).toEqual(['conditional writes', 'uploads in parts']);
    const env = await credentialsFor(actions);
    const commands = ['backup', 'backup', 'verify latest', 'prune --apply', 'list', 'show latest'];
    for (const command of commands) {
      const finished = await workspace.run([...command.split(' '), '--json'], env);
      expect(finished, `${command}: ${finished.stderr}`).toMatchObject({ status: 0 });
    }
  });

  it.each(
    S3_ACTIONS.map((action) => [action, FINDING_WITHOUT[action]] as const),
  )('are missed by name without %s', async (missing, { name, status }) => {
    const deletes = missing === OF_DELETING;
    await useBucket({ deletes });
    const findings = await examine(S3_ACTIONS.filter((action) => action !== missing));
    const found = findings.find((finding) => finding.name === name);
    expect(found).toMatchObject({ status });
    if (status !== 'ok') expect(found?.detail).toContain(missing);
  });
});
