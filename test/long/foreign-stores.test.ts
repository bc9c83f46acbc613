import { afterAll, beforeAll, describe } from 'vitest';
import { makeBucket, type RepositoryOptions, type TestBucket } from '../fixtures/aws.ts';
import { type RunningStore, startForeignStore, storeProgram } from '../fixtures/foreign-store.ts';
import { isTagged } from '../fixtures/lifecycle.ts';
import { type RepositoryUnderTest, repositorySuite } from '../suites/repository-suite.ts';

/**
 * "ListMultipartUploads requires the exact object name as a prefix" (MinIO documentation, "S3 API
 * Compatibility"). MinIO itself removes unfinished uploads after a day.
 */
const HIDES_UNFINISHED: readonly string[] = ['minio'];

const programs = [
  ['versitygw', await storeProgram('versitygw')],
  ['minio', await storeProgram('minio')],
] as const;

describe.each(programs)('the store %s', (name, program) => {
  describe.skipIf(program === undefined)('as it comes from its makers', () => {
    let store: RunningStore;
    beforeAll(async () => {
      store = await startForeignStore(name, program ?? '');
    });
    afterAll(() => store?.stop());

    const under = (bucket: TestBucket, options: RepositoryOptions = {}): RepositoryUnderTest => ({
      repository: bucket.repository(options),
      remove: async () => undefined,
      isReleased: (key) =>
        isTagged(bucket, options.prefix === undefined ? key : `${options.prefix}/${key}`),
      hidesUnfinished: HIDES_UNFINISHED.includes(name),
    });

    repositorySuite('a bucket', async () => under(await makeBucket({ store: store.env })));

    repositorySuite('a bucket from which released objects are deleted', async () => {
      const bucket = await makeBucket({ store: store.env });
      return under(bucket, { deletesReleased: true });
    });

    repositorySuite('a prefix in a versioned bucket with Object Lock', async () => {
      const bucket = await makeBucket({ store: store.env, isVersioned: true, lockDays: 1 });
      await bucket.repository().put('other/thing', Buffer.from('of somebody else'));
      return under(bucket, { prefix: 'teams/one' });
    });
  });
});
