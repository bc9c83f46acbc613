import {
  GetObjectLockConfigurationCommand,
  GetObjectRetentionCommand,
  type ObjectLockRetention,
  PutObjectRetentionCommand,
} from '@aws-sdk/client-s3';
import { MAX_CLOCK_SKEW_SECONDS } from '../contract.ts';
import type { StoreTraits } from '../ports/repository.ts';
import { asStoreError, nameOf } from './s3/store-error.ts';
import type { S3Bucket } from './s3-bucket.ts';
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
const DAY_MS = 86_400_000;

/** @throws HoldfastError ACCESS_DENIED */
export async function readBucketLock(bucket: S3Bucket): Promise<BucketLock> {
  const request = { action: 's3:GetBucketObjectLockConfiguration' } as const;
  try {
    const { ObjectLockConfiguration } = await bucket.ask(
      new GetObjectLockConfigurationCommand({ Bucket: bucket.name }),
      request,
    );
    const { Mode, Days, Years } = ObjectLockConfiguration?.Rule?.DefaultRetention ?? {};
    const isEnabled = ObjectLockConfiguration?.ObjectLockEnabled === 'Enabled';
    return {
      isEnabled,
      byDefault:
        Mode === undefined ? null : { mode: Mode, days: Days ?? (Years ?? 0) * DAYS_OF_A_YEAR },
    };
  } catch (error) {
    const name = nameOf(asStoreError(error));
    const isUnknown =
      name === 'ObjectLockConfigurationNotFoundError' ||
      (name === 'NotImplemented' && bucket.isOtherStore);
    if (isUnknown) return NO_LOCK;
    throw bucket.failure(error, request);
  }
}

/**
 * Lengthens the retention of objects, in the mode they are in or the bucket's; never shortens. Nothing where there is no Object Lock,
 * and for a time that by some clock has passed: the store would refuse it.
 */
export async function lockUntil(
  bucket: S3Bucket,
  lock: BucketLock,
  { keys, until }: { keys: readonly string[]; until: Date },
): Promise<void> {
  if (!lock.isEnabled || until.getTime() <= Date.now() + MAX_CLOCK_SKEW_SECONDS * 1000) return;
  const wholeSecond = new Date(Math.ceil(until.getTime() / 1000) * 1000);
  const mode = (lock.byDefault?.mode ?? 'GOVERNANCE') as LockMode;
  await sideBySide(keys, (key) => lengthen(bucket, key, { until: wholeSecond, mode }));
}

async function lengthen(
  bucket: S3Bucket,
  key: string,
  { until, mode }: { until: Date; mode: LockMode },
): Promise<void> {
  const known = await readRetention(bucket, key);
  if (known?.RetainUntilDate !== undefined && known.RetainUntilDate >= until) return;
  await writeRetention(bucket, key, { until, mode: known?.Mode ?? mode });
}

async function writeRetention(
  bucket: S3Bucket,
  key: string,
  { until, mode }: { until: Date; mode: LockMode },
): Promise<void> {
  const Retention = { Mode: mode, RetainUntilDate: until };
  await bucket.send(new PutObjectRetentionCommand({ ...bucket.at(key), Retention }), {
    action: 's3:PutObjectRetention',
    key,
  });
}

/** A second later than it ends now, or in a day: the requests of `lockUntil`, made whatever the retention is. */
export async function rewriteRetention(
  bucket: S3Bucket,
  lock: BucketLock,
  key: string,
): Promise<void> {
  const known = await readRetention(bucket, key);
  const end = Math.max(known?.RetainUntilDate?.getTime() ?? 0, Date.now() + DAY_MS);
  const until = new Date((Math.ceil(end / 1000) + 1) * 1000);
  const mode = known?.Mode ?? ((lock.byDefault?.mode ?? 'GOVERNANCE') as LockMode);
  await writeRetention(bucket, key, { until, mode });
}

/**
 * The retention of an object in a bucket with Object Lock; undefined where it has none. Asked by its name: HEAD says nothing of it
 * to a role that may not know, and silence would pass for an object without a lock.
 * @throws HoldfastError ACCESS_DENIED, OBJECT_MISSING.
 */
export async function readRetention(
  bucket: S3Bucket,
  key: string,
): Promise<ObjectLockRetention | undefined> {
  const request = { action: 's3:GetObjectRetention', key } as const;
  try {
    return (await bucket.ask(new GetObjectRetentionCommand(bucket.at(key)), request)).Retention;
  } catch (error) {
    if (nameOf(asStoreError(error)) === 'NoSuchObjectLockConfiguration') return undefined;
    throw bucket.failure(error, request);
  }
}
