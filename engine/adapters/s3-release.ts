import { GetObjectTaggingCommand, PutObjectTaggingCommand } from '@aws-sdk/client-s3';
import { RELEASED_TAG } from '../contract.ts';
import { asStoreError, statusOf } from './s3/store-error.ts';
import type { S3Bucket } from './s3-bucket.ts';
import { sideBySide } from './side-by-side.ts';

const { key: Key, value: Value } = RELEASED_TAG;

/**
 * Tags the objects for the lifecycle rules. The first key alone before the others: it is the manifest, and a set whose manifest
 * stays while its objects go would pass for a backup.
 */
export async function release(
  bucket: S3Bucket,
  [first, ...others]: readonly string[],
): Promise<void> {
  if (first === undefined) return;
  await tag(bucket, first);
  await sideBySide(others, (key) => tag(bucket, key));
}

async function tag(bucket: S3Bucket, key: string): Promise<void> {
  const [read, write] = [
    { action: 's3:GetObjectTagging', key } as const,
    { action: 's3:PutObjectTagging', key } as const,
  ];
  try {
    const { TagSet = [] } = await bucket.ask(new GetObjectTaggingCommand(bucket.at(key)), read);
    if (TagSet.some((one) => one.Key === Key && one.Value === Value)) return;
    const Tagging = { TagSet: [...TagSet.filter((one) => one.Key !== Key), { Key, Value }] };
    await bucket.send(new PutObjectTaggingCommand({ ...bucket.at(key), Tagging }), write);
  } catch (error) {
    if (statusOf(asStoreError(error)) === 404 && asStoreError(error).name !== 'NoSuchBucket')
      return;
    throw bucket.failure(error, read);
  }
}
