import {
  DeleteObjectCommand,
  GetObjectTaggingCommand,
  PutObjectTaggingCommand,
  type Tag,
} from '@aws-sdk/client-s3';
import { RELEASED_TAG } from '../contract.ts';
import { HoldfastError } from '../errors.ts';
import { asStoreError, statusOf } from './s3/store-error.ts';
import type { S3Bucket } from './s3-bucket.ts';
import { WITHOUT_TAGGING } from './s3-failure.ts';
import { sideBySide } from './side-by-side.ts';

const { key: Key, value: Value } = RELEASED_TAG;
const KEPT = 'kept';

/**
 * Tags the objects for the lifecycle rules, or deletes them where the config says so. The first key alone before the others: it is
 * the manifest, and a set whose manifest stays while its objects go would pass for a backup.
 */
export async function release(
  bucket: S3Bucket,
  [first, ...others]: readonly string[],
): Promise<void> {
  if (first === undefined) return;
  const releaseOne = bucket.deletesReleased ? remove : tag;
  await releaseOne(bucket, first);
  await sideBySide(others, (key) => releaseOne(bucket, key));
}

/**
 * Makes the requests that `release` makes of this object, which stays. It gets a tag that no rule selects, because some stores take
 * no empty list of tags. @throws HoldfastError STORE_UNFIT, ACCESS_DENIED.
 */
export async function rehearseRelease(bucket: S3Bucket, key: string): Promise<void> {
  if (bucket.deletesReleased) return remove(bucket, `${key}.not-there`);
  const tags = await readTags(bucket, key);
  if (tags === undefined) return;
  await writeTags(bucket, key, tags.length > 0 ? tags : [{ Key, Value: KEPT }]);
}

async function tag(bucket: S3Bucket, key: string): Promise<void> {
  const tags = await readTags(bucket, key);
  if (tags === undefined || tags.some((one) => one.Key === Key && one.Value === Value)) return;
  await writeTags(bucket, key, [...tags.filter((one) => one.Key !== Key), { Key, Value }]);
}

/** Undefined where the object is not there. */
async function readTags(bucket: S3Bucket, key: string): Promise<Tag[] | undefined> {
  const request = { action: 's3:GetObjectTagging', key } as const;
  try {
    const { TagSet } = await bucket.ask(new GetObjectTaggingCommand(bucket.at(key)), request);
    if (TagSet !== undefined) return TagSet;
  } catch (error) {
    if (isGone(error)) return undefined;
    if (!isUnreadable(error)) throw bucket.failure(error, request);
  }
  throw noTags(bucket);
}

async function writeTags(bucket: S3Bucket, key: string, TagSet: Tag[]): Promise<void> {
  const request = { action: 's3:PutObjectTagging', key } as const;
  await bucket
    .ask(new PutObjectTaggingCommand({ ...bucket.at(key), Tagging: { TagSet } }), request)
    .catch((error: unknown) => {
      if (!isGone(error)) throw bucket.failure(error, request);
    });
}

async function remove(bucket: S3Bucket, key: string): Promise<void> {
  const request = { action: 's3:DeleteObject', key } as const;
  await bucket.ask(new DeleteObjectCommand(bucket.at(key)), request).catch((error: unknown) => {
    if (!isGone(error)) throw bucket.failure(error, request);
  });
}

function isGone(error: unknown): boolean {
  const known = asStoreError(error);
  return statusOf(known) === 404 && known.name !== 'NoSuchBucket';
}

/** The SDK could not read an answer that says that all is well. */
function isUnreadable(error: unknown): boolean {
  const known = asStoreError(error);
  const status = known.$response?.statusCode ?? statusOf(known) ?? 0;
  return status >= 200 && status < 300;
}

/** It answered with something else than tags, perhaps with the object: to write tags there could replace the object. */
function noTags(bucket: S3Bucket): HoldfastError {
  return new HoldfastError({
    code: 'STORE_UNFIT',
    message: `${bucket.location} has no object tagging`,
    hint: WITHOUT_TAGGING,
  });
}
