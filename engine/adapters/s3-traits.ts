import { GetBucketEncryptionCommand, GetBucketVersioningCommand } from '@aws-sdk/client-s3';
import { isHoldfastError } from '../errors.ts';
import type { StoreTraits } from '../ports/repository.ts';
import { asStoreError, nameOf } from './s3/store-error.ts';
import type { S3Bucket } from './s3-bucket.ts';
import { readBucketLock } from './s3-lock.ts';

/** What the bucket says of itself; undefined for what it would not say, or does not know. */
export async function readTraits(bucket: S3Bucket): Promise<StoreTraits> {
  const [isVersioned, objectLock, encryption] = await Promise.all([
    orSilence(isVersionedBucket(bucket)),
    orSilence(readBucketLock(bucket).then(({ byDefault }) => byDefault)),
    orSilence(readEncryption(bucket)),
  ]);
  return { isVersioned, objectLock, encryption };
}

async function isVersionedBucket(bucket: S3Bucket): Promise<boolean> {
  const command = new GetBucketVersioningCommand({ Bucket: bucket.name });
  return (await bucket.send(command, { action: 's3:GetBucketVersioning' })).Status === 'Enabled';
}

async function readEncryption(bucket: S3Bucket): Promise<string | null> {
  const request = { action: 's3:GetEncryptionConfiguration' } as const;
  try {
    const { ServerSideEncryptionConfiguration } = await bucket.ask(
      new GetBucketEncryptionCommand({ Bucket: bucket.name }),
      request,
    );
    const [rule] = ServerSideEncryptionConfiguration?.Rules ?? [];
    return rule?.ApplyServerSideEncryptionByDefault?.SSEAlgorithm ?? null;
  } catch (error) {
    if (nameOf(asStoreError(error)) === 'ServerSideEncryptionConfigurationNotFoundError')
      return null;
    throw bucket.failure(error, request);
  }
}

async function orSilence<T>(answer: Promise<T>): Promise<T | undefined> {
  return answer.catch((error: unknown) => {
    if (isHoldfastError(error, 'ACCESS_DENIED') || isHoldfastError(error, 'STORE_UNFIT'))
      return undefined;
    throw error;
  });
}
