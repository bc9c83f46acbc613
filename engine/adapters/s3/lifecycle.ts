import {
  GetBucketLifecycleConfigurationCommand,
  type LifecycleRule,
  type Tag,
} from '@aws-sdk/client-s3';
import { RELEASED_TAG } from '../../contract.ts';
import { HoldfastError } from '../../errors.ts';
import type { StoreTrial } from '../../ports/repository.ts';
import type { S3Bucket } from '../s3-bucket.ts';
import { WITHOUT_TAGGING } from '../s3-failure.ts';
import { asStoreError, nameOf, statusOf } from './store-error.ts';

type Attempt = Awaited<ReturnType<StoreTrial['attempt']>>;

const RULES = ['# docs/RETENTION.md, "In a bucket", has the rules and the command that sets them'];

/** Whether the bucket removes what prune tags, and nothing else. @throws HoldfastError ACCESS_DENIED, STORE_UNFIT. */
export async function examineLifecycle(bucket: S3Bucket): Promise<Attempt> {
  if (bucket.deletesReleased) return { detail: 'are not needed: prune deletes by key' };
  const rules = (await readRules(bucket)).filter(({ Status }) => Status === 'Enabled');
  const eager = rules.find(
    (rule) => expires(rule) && !selectsReleased(rule) && reaches(rule, bucket),
  );
  if (eager !== undefined)
    return {
      detail: `rule ${eager.ID ?? 'without an id'} removes objects by their age, whether they were released or not`,
      status: 'warning',
      fix: ['# let the rule select the tag holdfast=released, or another prefix'],
    };
  if (rules.some((rule) => expires(rule) && selectsReleased(rule)))
    return { detail: 'remove what prune releases' };
  return {
    detail: 'none removes what prune releases, so released sets stay and cost',
    status: 'warning',
    fix: RULES,
  };
}

async function readRules(bucket: S3Bucket): Promise<LifecycleRule[]> {
  const request = { action: 's3:GetLifecycleConfiguration' } as const;
  const command = new GetBucketLifecycleConfigurationCommand({ Bucket: bucket.name });
  try {
    return (await bucket.ask(command, request)).Rules ?? [];
  } catch (error) {
    const known = asStoreError(error);
    if (nameOf(known) === 'NoSuchLifecycleConfiguration') return [];
    const isNotKnown = statusOf(known) === 501 || nameOf(known) === 'NotImplemented';
    throw isNotKnown ? noRules(bucket) : bucket.failure(error, request);
  }
}

function noRules({ location }: S3Bucket): HoldfastError {
  return new HoldfastError({
    code: 'STORE_UNFIT',
    message: `${location} has no lifecycle rules`,
    hint: WITHOUT_TAGGING,
  });
}

function expires({ Expiration }: LifecycleRule): boolean {
  return (Expiration?.Days ?? Expiration?.Date) !== undefined;
}

function selectsReleased({ Filter }: LifecycleRule): boolean {
  const tags: readonly (Tag | undefined)[] = [Filter?.Tag, ...(Filter?.And?.Tags ?? [])];
  return tags.some((tag) => tag?.Key === RELEASED_TAG.key && tag.Value === RELEASED_TAG.value);
}

/** A rule that selects another tag never meets an object of ours. */
function reaches({ Filter, Prefix }: LifecycleRule, bucket: S3Bucket): boolean {
  if (Filter?.Tag !== undefined || (Filter?.And?.Tags ?? []).length > 0) return false;
  const theirs = Filter?.Prefix ?? Filter?.And?.Prefix ?? Prefix ?? '';
  const ours = bucket.below('').Prefix;
  return theirs.startsWith(ours) || ours.startsWith(theirs);
}
