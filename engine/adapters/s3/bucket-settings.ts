import {
  GetBucketEncryptionCommand,
  GetBucketLifecycleConfigurationCommand,
  GetBucketPolicyCommand,
  GetBucketReplicationCommand,
  GetBucketVersioningCommand,
  type ReplicationRule as S3ReplicationRule,
  type LifecycleRule as S3Rule,
} from '@aws-sdk/client-s3';
import type { LifecycleRule } from '../../domain/lifecycle.ts';
import type {
  Asked,
  BucketSettings,
  ReplicationRule,
} from '../../domain/repository/store-settings.ts';
import { isHoldfastError } from '../../errors.ts';
import type { S3Bucket, SendOptions } from '../s3-bucket.ts';
import { readBucketLock } from '../s3-lock.ts';
import { parsePolicy } from './bucket-policy.ts';
import { asStoreError, nameOf } from './store-error.ts';

/** How a bucket is set up; what may not be asked hides nothing else. Six requests. @throws HoldfastError REPOSITORY_UNREACHABLE */
export async function readBucketSettings(bucket: S3Bucket): Promise<BucketSettings> {
  const Bucket = bucket.name;
  const told = <T>(question: Question<T>) => ask(bucket, question);
  const [isVersioned, lock, encryption, lifecycle, policy, replication] = await Promise.all([
    told({
      action: 's3:GetBucketVersioning',
      request: async (options) =>
        (await bucket.ask(new GetBucketVersioningCommand({ Bucket }), options)).Status ===
        'Enabled',
    }),
    told({
      action: 's3:GetBucketObjectLockConfiguration',
      request: async () => (await readBucketLock(bucket)).byDefault,
    }),
    told({
      action: 's3:GetEncryptionConfiguration',
      request: async (options) => {
        const { ServerSideEncryptionConfiguration: found } = await bucket.ask(
          new GetBucketEncryptionCommand({ Bucket }),
          options,
        );
        const byDefault = found?.Rules?.[0]?.ApplyServerSideEncryptionByDefault;
        const { SSEAlgorithm: algorithm, KMSMasterKeyID: keyId = null } = byDefault ?? {};
        return algorithm === undefined ? null : { algorithm, keyId };
      },
      absent: { code: 'ServerSideEncryptionConfigurationNotFoundError', value: null },
    }),
    told({
      action: 's3:GetLifecycleConfiguration',
      request: async (options) => {
        const command = new GetBucketLifecycleConfigurationCommand({ Bucket });
        return ((await bucket.ask(command, options)).Rules ?? []).map(lifecycleRule);
      },
      absent: { code: 'NoSuchLifecycleConfiguration', value: [] },
    }),
    told({
      action: 's3:GetBucketPolicy',
      request: async (options) =>
        parsePolicy((await bucket.ask(new GetBucketPolicyCommand({ Bucket }), options)).Policy),
      absent: { code: 'NoSuchBucketPolicy', value: [] },
    }),
    told({
      action: 's3:GetReplicationConfiguration',
      request: async (options) => {
        const found = await bucket.ask(new GetBucketReplicationCommand({ Bucket }), options);
        return (found.ReplicationConfiguration?.Rules ?? []).map(replicationRule);
      },
      absent: { code: 'ReplicationConfigurationNotFoundError', value: [] },
    }),
  ]);
  return {
    ...{ kind: 'bucket', name: Bucket, isVersioned, lock, encryption },
    ...{ lifecycle, policy, replication },
  };
}

interface Question<T> {
  action: SendOptions['action'];
  request: (options: SendOptions) => Promise<T>;
  /** What S3 answers where nothing was set, and what that means. */
  absent?: { code: string; value: T };
}

async function ask<T>(
  bucket: S3Bucket,
  { action, request, absent }: Question<T>,
): Promise<Asked<T>> {
  try {
    return { told: await request({ action }) };
  } catch (error) {
    if (absent !== undefined && nameOf(asStoreError(error)) === absent.code)
      return { told: absent.value };
    const failure = isHoldfastError(error) ? error : bucket.failure(error, { action });
    if (isHoldfastError(failure, 'ACCESS_DENIED')) return { refused: `${action} is denied` };
    throw failure;
  }
}

/** What the evaluator does not know it takes for more than it is: a rule by date removes, and so does one that keeps some versions. */
function lifecycleRule(rule: S3Rule): LifecycleRule {
  const { ID, Status, Filter, Prefix, Expiration, NoncurrentVersionExpiration } = rule;
  const tags = [Filter?.Tag, ...(Filter?.And?.Tags ?? [])].filter((tag) => tag !== undefined);
  const expirationDays = Expiration?.Days ?? (Expiration?.Date === undefined ? undefined : 0);
  const noncurrentDays = NoncurrentVersionExpiration?.NoncurrentDays;
  return {
    id: ID ?? 'without an id',
    isEnabled: Status === 'Enabled',
    prefix: Filter?.Prefix ?? Filter?.And?.Prefix ?? Prefix ?? '',
    tags: Object.fromEntries(tags.map(({ Key = '', Value = '' }) => [Key, Value])),
    largerThan: Filter?.ObjectSizeGreaterThan ?? Filter?.And?.ObjectSizeGreaterThan ?? -1,
    ...(expirationDays === undefined ? {} : { expirationDays }),
    ...(noncurrentDays === undefined ? {} : { noncurrentDays }),
    transitions: [],
  };
}

function replicationRule({
  Status,
  Filter,
  Prefix,
  Destination,
}: S3ReplicationRule): ReplicationRule {
  const hasTags = Filter?.Tag !== undefined || (Filter?.And?.Tags ?? []).length > 0;
  return {
    isEnabled: Status === 'Enabled' && !hasTags,
    prefix: Filter?.Prefix ?? Filter?.And?.Prefix ?? Prefix ?? '',
    bucketArn: Destination?.Bucket ?? '',
  };
}
