import { GetObjectLockConfigurationCommand, HeadObjectCommand, PutObjectRetentionCommand } from '@aws-sdk/client-s3';
import type { StoreTraits } from '../ports/repository.ts';
import type { S3Bucket } from './s3-bucket.ts';
import { asStoreError, nameOf } from './s3-failure.ts';
import { sideBySide } from './side-by-side.ts';

type LockMode = 'GOVERNANCE' | 'COMPLIANCE';

/** What Object Lock does in a bucket by itself. */
export interface BucketLock {
  isEnabled: boolean;
  /** Null without default retention. */
  byDefault: NonNullable<StoreTraits['objectLock']> | null;
}

const NO_LOCK: BucketLock = { isEnabled: false, byDefault: null };
const DAYS_OF_A_YEAR = 365;

/** @throws HoldfastError ACCESS_DENIED */
export async function readBucketLock(bucket: S3Bucket): Promise<BucketLock> {
  const request = { action: 's3:GetBucketObjectLockConfiguration' } as const;
  try {
    const { ObjectLockConfiguration } = await bucket.ask(new GetObjectLockConfigurationCommand({ Bucket: bucket.name }), request);
    const { Mode, Days, Years } = ObjectLockConfiguration?.Rule?.DefaultRetention ?? {};
    const isEnabled = ObjectLockConfiguration?.ObjectLockEnabled === 'Enabled';
    return { isEnabled, byDefault: Mode === undefined ? null : { mode: Mode, days: Days ?? (Years ?? 0) * DAYS_OF_A_YEAR } };
  } catch (error) {
    const name = nameOf(asStoreError(error));
    const isUnknown = name === 'ObjectLockConfigurationNotFoundError' || (name === 'NotImplemented' && bucket.isOtherStore);
    if (isUnknown) return NO_LOCK;
    throw bucket.failure(error, request);
  }
}

/** Lengthens the retention of objects, in the mode they are in or the bucket's; never shortens. Nothing where there is no Object Lock. */
export async function lockUntil(
  bucket: S3Bucket,
  lock: BucketLock,
  { keys, until }: { keys: readonly string[]; until: Date },
): Promise<void> {
  if (!lock.isEnabled) return;
  const wholeSecond = new Date(Math.ceil(until.getTime() / 1000) * 1000);
  const mode = (lock.byDefault?.mode ?? 'GOVERNANCE') as LockMode;
  await sideBySide(keys, (key) => lengthen(bucket, key, { until: wholeSecond, mode }));
}

async function lengthen(bucket: S3Bucket, key: string, { until, mode }: { until: Date; mode: LockMode }): Promise<void> {
  const known = await bucket.send(new HeadObjectCommand(bucket.at(key)), { action: 's3:GetObject', key });
  if (known.ObjectLockRetainUntilDate !== undefined && known.ObjectLockRetainUntilDate >= until) return;
  const Retention = { Mode: known.ObjectLockMode ?? mode, RetainUntilDate: until };
  await bucket.send(new PutObjectRetentionCommand({ ...bucket.at(key), Retention }), { action: 's3:PutObjectRetention', key });
}
