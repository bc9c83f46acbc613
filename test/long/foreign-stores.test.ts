import { PutBucketLifecycleConfigurationCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeBucket, type RepositoryOptions, type TestBucket } from '../fixtures/aws.ts';
import { writeConfig } from '../fixtures/config.ts';
import { makeDatabase, type TestDatabase, urlOf } from '../fixtures/database.ts';
import { readDocument, sectionOf } from '../fixtures/document.ts';
import { type RunningStore, startForeignStore, storeProgram } from '../fixtures/foreign-store.ts';
import { makeWorkspace } from '../fixtures/holdfast.ts';
import { isTagged } from '../fixtures/lifecycle.ts';
import { backUp } from '../fixtures/set.ts';
import { type RepositoryUnderTest, repositorySuite } from '../suites/repository-suite.ts';

/**
 * "ListMultipartUploads requires the exact object name as a prefix" (MinIO documentation, "S3 API
 * Compatibility"). MinIO itself removes unfinished uploads after a day.
 */
const HIDES_UNFINISHED: readonly string[] = ['minio'];

/** "Versioning is not supported" (`rclone serve s3 --help`), so neither is Object Lock. */
const WITHOUT_VERSIONS: readonly string[] = ['rclone'];

/** A bucket of MinIO has no rules at first; versitygw and rclone have none at all. */
const TRIALS = {
  versitygw: { whereTagged: { 'lifecycle rules': 'failed' }, whereDeleted: {} },
  minio: {
    whereTagged: { 'lifecycle rules': 'warning', 'unfinished uploads': 'warning' },
    whereDeleted: { 'unfinished uploads': 'warning' },
  },
  rclone: { whereTagged: { 'lifecycle rules': 'warning' }, whereDeleted: {} },
} as const;

/** Random, so that it does not shrink: some parts. */
const ROWS =
  'CREATE TABLE scans AS SELECT gen_random_uuid() AS a, gen_random_uuid() AS b FROM generate_series(1, 600000)';

const programs = [
  ['versitygw', await storeProgram('versitygw')],
  ['rclone', await storeProgram('rclone')],
  ['minio', await storeProgram('minio')],
] as const;

describe.each(programs)('the store %s', (name, program) => {
  describe.skipIf(program === undefined)('as it comes from its makers', () => {
    let store: RunningStore;
    let database: TestDatabase;
    const tags = name === 'minio';

    beforeAll(async () => {
      store = await startForeignStore(name, program ?? '');
      database = await makeDatabase({ sql: ROWS });
    });
    afterAll(async () => {
      await store?.stop();
      await database?.drop();
    });

    const under = (bucket: TestBucket, options: RepositoryOptions = {}): RepositoryUnderTest => ({
      repository: bucket.repository(options),
      remove: async () => undefined,
      isReleased: (key) =>
        isTagged(bucket, options.prefix === undefined ? key : `${options.prefix}/${key}`),
      hidesUnfinished: HIDES_UNFINISHED.includes(name),
      trials: options.deletesReleased ? TRIALS[name].whereDeleted : TRIALS[name].whereTagged,
    });

    repositorySuite('a bucket', async () => under(await makeBucket({ store: store.env })));

    repositorySuite('a bucket from which released objects are deleted', async () => {
      const bucket = await makeBucket({ store: store.env });
      return under(bucket, { deletesReleased: true });
    });

    if (!WITHOUT_VERSIONS.includes(name))
      repositorySuite('a prefix in a versioned bucket with Object Lock', async () => {
        const bucket = await makeBucket({ store: store.env, isVersioned: true, lockDays: 1 });
        await bucket.repository().put('other/thing', Buffer.from('of somebody else'));
        return under(bucket, { prefix: 'teams/one' });
      });

    it('takes a database through backup, verify, drill, restore and prune', async () => {
      const bucket = await makeBucket({ store: store.env, ...(tags ? { lockDays: 1 } : {}) });
      if (tags) await expireReleasedBy(bucket);
      const offsite = { bucket: bucket.name, prefix: 'teams/one', endpoint: store.endpoint };
      const workspace = await makeWorkspace({ databaseUrl: database.url, env: store.env });
      await writeConfig(workspace, {
        databases: { ward: { fromEnvironment: true } },
        repositories: { offsite: tags ? offsite : { ...offsite, retention: 'delete' } },
        plans: { default: { keep: '1s' } },
      });
      const older = await backUp(workspace);
      const target = `${database.name}_copy`;
      for (const command of [
        ...['doctor', 'backup', 'verify latest', 'drill', 'prune --apply'],
        `restore latest --create --to ${urlOf(database.host, target)}`,
      ]) {
        const finished = await workspace.run([...command.split(' '), '--json']);
        expect(finished, `${command}: ${finished.stderr}`).toMatchObject({ status: 0 });
      }
      await database.query(`DROP DATABASE ${target}`);
      const key = `default/ward/${older}/manifest.json`;
      if (tags) expect(await isTagged(bucket, `teams/one/${key}`)).toBe(true);
      else
        await expect(bucket.repository({ prefix: 'teams/one' }).get(key)).rejects.toMatchObject({
          code: 'OBJECT_MISSING',
        });
      await workspace.remove();
    });
  });
});

/** The rules of docs/RETENTION.md. */
async function expireReleasedBy({ name: Bucket, client }: TestBucket): Promise<void> {
  const text = sectionOf(await readDocument('docs/RETENTION.md'), '## In a bucket');
  const [, rules = ''] = /```json\n([^`]+)```/.exec(text) ?? [];
  await client.send(
    new PutBucketLifecycleConfigurationCommand({
      Bucket,
      LifecycleConfiguration: JSON.parse(rules) as { Rules: [] },
    }),
  );
}
