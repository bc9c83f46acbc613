import { GetObjectTaggingCommand } from '@aws-sdk/client-s3';
import { makeBucket, type RepositoryOptions, type TestBucket } from '../fixtures/aws.ts';
import { type RepositoryUnderTest, repositorySuite } from '../suites/repository-suite.ts';

repositorySuite('a bucket', async () => under(await makeBucket()));

repositorySuite('a prefix in a versioned bucket with Object Lock', async () => {
  const bucket = await makeBucket({ isVersioned: true, lockDays: 1 });
  await bucket.repository().put('other/thing', Buffer.from('of somebody else'));
  return under(bucket, { prefix: 'teams/one' });
});

function under(bucket: TestBucket, options: RepositoryOptions = {}): RepositoryUnderTest {
  const Prefix = options.prefix === undefined ? '' : `${options.prefix}/`;
  return {
    repository: bucket.repository(options),
    remove: async () => undefined,
    trials: { 'lifecycle rules': 'warning' },
    isReleased: async (key) => {
      const { TagSet } = await bucket.client.send(
        new GetObjectTaggingCommand({ Bucket: bucket.name, Key: Prefix + key }),
      );
      return TagSet?.some(({ Key, Value }) => Key === 'holdfast' && Value === 'released') ?? false;
    },
  };
}
