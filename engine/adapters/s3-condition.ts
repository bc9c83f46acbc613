import {
  HeadObjectCommand,
  type HeadObjectCommandOutput,
  RestoreObjectCommand,
} from '@aws-sdk/client-s3';
import { REPLICATION_STATUSES } from '../domain/repository/replication-status.ts';
import type { ThawTier } from '../domain/thaw-estimate.ts';
import { HoldfastError } from '../errors.ts';
import type { ObjectCondition } from '../ports/repository.ts';
import { asStoreError, type StoreError } from './s3/store-error.ts';
import type { S3Bucket } from './s3-bucket.ts';

/** Storage classes whose objects must be thawed before they can be read. */
export const COLD_CLASSES: readonly string[] = ['GLACIER', 'DEEP_ARCHIVE'];

/** How an object lies there; one request. @throws HoldfastError OBJECT_MISSING. */
export async function inspectObject(bucket: S3Bucket, key: string): Promise<ObjectCondition> {
  const head = await bucket.send(new HeadObjectCommand(bucket.at(key)), {
    action: 's3:GetObject',
    key,
  });
  return {
    bytes: head.ContentLength ?? 0,
    storageClass: head.StorageClass ?? 'STANDARD',
    readiness: readinessOf(head),
    ...replicationOf(head),
  };
}

/** The User Guide says COMPLETED, and the SDK knows COMPLETE too. */
function replicationOf({
  ReplicationStatus,
}: HeadObjectCommandOutput): Pick<ObjectCondition, 'replication'> {
  const named: string | undefined =
    ReplicationStatus === 'COMPLETE' ? 'COMPLETED' : ReplicationStatus;
  const replication = REPLICATION_STATUSES.find((one) => one === named);
  return replication === undefined ? {} : { replication };
}

/** Intelligent-Tiering has cold tiers inside of one class, and says so in ArchiveStatus. */
function readinessOf({
  StorageClass = 'STANDARD',
  ArchiveStatus,
  Restore = '',
}: HeadObjectCommandOutput): ObjectCondition['readiness'] {
  if (Restore.includes('ongoing-request="true"')) return 'thawing';
  const isCold = COLD_CLASSES.includes(StorageClass) || ArchiveStatus !== undefined;
  return isCold && !Restore.includes('ongoing-request="false"') ? 'cold' : 'ready';
}

export interface ThawWish {
  tier: ThawTier;
  days: number;
}

/** Asks for a readable copy where the object is cold and nobody has asked. @throws HoldfastError OBJECT_MISSING, USAGE. */
export async function thawObject(
  bucket: S3Bucket,
  key: string,
  { tier, days }: ThawWish,
): Promise<void> {
  const { readiness, storageClass } = await inspectObject(bucket, key);
  if (readiness !== 'cold') return;
  const GlacierJobParameters = { Tier: tier };
  const RestoreRequest =
    storageClass === 'INTELLIGENT_TIERING'
      ? { GlacierJobParameters }
      : { Days: days, GlacierJobParameters };
  const request = { action: 's3:RestoreObject', key } as const;
  await bucket
    .ask(new RestoreObjectCommand({ ...bucket.at(key), RestoreRequest }), request)
    .catch((error: unknown) => {
      const known = asStoreError(error);
      if (known.name === 'RestoreAlreadyInProgress') return;
      throw isTierRefused(known)
        ? noSuchTier({ tier, storageClass: storageClass ?? '' })
        : bucket.failure(error, request);
    });
}

function isTierRefused({ name }: StoreError): boolean {
  return name === 'InvalidArgument' || name === 'GlacierExpeditedRetrievalNotAvailable';
}

function noSuchTier({
  tier,
  storageClass,
}: {
  tier: ThawTier;
  storageClass: string;
}): HoldfastError {
  return new HoldfastError({
    code: 'USAGE',
    message: `an object in ${storageClass} can not be thawed by ${tier} now`,
    hint: 'Take --thaw Standard or --thaw Bulk.',
  });
}
