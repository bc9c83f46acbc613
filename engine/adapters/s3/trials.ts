import { RestoreObjectCommand } from '@aws-sdk/client-s3';
import { isHoldfastError } from '../../errors.ts';
import type { StoreTrial } from '../../ports/repository.ts';
import type { S3Bucket } from '../s3-bucket.ts';
import { inspectObject } from '../s3-condition.ts';
import { abortUploads, listVersions } from '../s3-listing.ts';
import { readBucketLock, rewriteRetention } from '../s3-lock.ts';
import { readFrom, readObject } from '../s3-read.ts';
import { examineLifecycle } from './lifecycle.ts';
import { PROBE } from './probe-object.ts';
import { refusesSecondUpload, unfinishedUpload } from './second-upload.ts';
import { asStoreError, statusOf } from './store-error.ts';

type Attempt = Awaited<ReturnType<StoreTrial['attempt']>>;

interface Repository {
  rehearseRelease(key: string): Promise<void>;
}

/**
 * The requests of backup, verify, prune, copy and restore, beyond those of `isCreateOnly` and `examine`. They are made on the probe,
 * which is there by then, and leave nothing but it.
 */
export function storeTrials(bucket: S3Bucket, repository: Repository): StoreTrial[] {
  return [
    {
      name: 'uploads in parts',
      without: 'no database of more than a few megabytes can be backed up',
      isVital: true,
      attempt: () => completeTwice(bucket),
    },
    {
      name: 'unfinished uploads',
      without: 'backup and copy leave what a failed or dead run had uploaded',
      isVital: false,
      attempt: () => sweep(bucket),
    },
    {
      name: 'reading',
      without: 'verify, drill, restore, export, copy, show and check can not read what is there',
      isVital: false,
      attempt: () => read(bucket),
    },
    {
      name: 'listing of versions',
      without: 'prune --apply can not see whether a released set is gone',
      isVital: false,
      attempt: () => seeVersions(bucket),
    },
    {
      name: 'release',
      without: 'prune --apply can not release a set, and refuses before it marks one',
      isVital: false,
      attempt: () => rehearse(bucket, repository),
    },
    {
      name: 'lifecycle rules',
      without: 'what prune --apply releases may stay for ever',
      isVital: false,
      attempt: () => examineLifecycle(bucket),
    },
    {
      name: 'longer locks',
      without: 'verify, copy and prune --apply can not lengthen the locks of sets, and fail',
      isVital: false,
      attempt: () => lengthen(bucket),
    },
    {
      name: 'thawing',
      without: 'restore --thaw can not ask for objects in a cold storage class',
      isVital: false,
      attempt: () => thaw(bucket),
    },
  ];
}

async function completeTwice(bucket: S3Bucket): Promise<Attempt> {
  if (await refusesSecondUpload(bucket))
    return { detail: 'are taken, and a second object of one key is refused at their end' };
  return {
    detail: 'If-None-Match is ignored at their end: another writer can replace a backup',
    status: 'failed',
    fix: [
      '# use a store that honours conditional writes of uploads in parts, too, or set acceptOverwrites: true and live with the warning',
    ],
  };
}

/** By a prefix that is not a whole key, as a run finds what others left. */
async function sweep(bucket: S3Bucket): Promise<Attempt> {
  const upload = await unfinishedUpload(bucket);
  try {
    const folder = PROBE.key.slice(0, PROBE.key.lastIndexOf('/') + 1);
    const swept = await abortUploads(bucket, folder, async ({ key }) => key !== PROBE.key);
    if (swept.includes(PROBE.key)) return { detail: 'are listed and aborted' };
    await abortUploads(bucket, PROBE.key);
    return {
      detail:
        'are not listed by their prefix: what a dead run leaves stays until the store itself removes it',
      status: 'warning',
      fix: ['# let the store abort uploads that nobody finished for 7 days'],
    };
  } finally {
    await upload.abort();
  }
}

async function read(bucket: S3Bucket): Promise<Attempt> {
  await inspectObject(bucket, PROBE.key);
  const chunks: Uint8Array[] = [];
  for await (const chunk of readObject(bucket, PROBE.key)) chunks.push(chunk);
  if (!Buffer.concat(chunks).equals(PROBE.bytes))
    return { detail: 'what was written comes back changed', status: 'failed' };
  await readFrom(bucket, PROBE.key, PROBE.bytes.length / 2);
  return { detail: 'what was written comes back, also from its midst on' };
}

async function seeVersions(bucket: S3Bucket): Promise<Attempt> {
  for await (const _version of listVersions(bucket, PROBE.key)) break;
  return { detail: 'is allowed' };
}

async function rehearse(bucket: S3Bucket, repository: Repository): Promise<Attempt> {
  await repository.rehearseRelease(PROBE.key);
  const detail = bucket.deletesReleased ? 'by deleting objects' : 'by tagging objects';
  return { detail };
}

async function lengthen(bucket: S3Bucket): Promise<Attempt> {
  const lock = await readBucketLock(bucket);
  if (!lock.isEnabled) return { detail: 'there is no Object Lock, so none has to be lengthened' };
  await rewriteRetention(bucket, lock, PROBE.key);
  return { detail: 'can be lengthened' };
}

/** Not implemented, and no such method: what stores say to requests that they do not have. */
const NOT_KNOWN = [501, 405];

/** An object that is not cold is refused for that, by whoever would thaw a cold one. */
async function thaw(bucket: S3Bucket): Promise<Attempt> {
  const request = { action: 's3:RestoreObject', key: PROBE.key } as const;
  const RestoreRequest = { Days: 1, GlacierJobParameters: { Tier: 'Bulk' as const } };
  const command = new RestoreObjectCommand({ ...bucket.at(PROBE.key), RestoreRequest });
  try {
    await bucket.ask(command, request);
  } catch (error) {
    const status = statusOf(asStoreError(error)) ?? 0;
    if (NOT_KNOWN.includes(status) && bucket.isOtherStore)
      return { detail: 'is not known to this store, which has no cold storage classes' };
    const failure = bucket.failure(error, request);
    const isAboutTheProbe =
      isHoldfastError(failure, 'OBJECT_COLD') ||
      (status >= 400 && status < 500 && isHoldfastError(failure, 'REPOSITORY_UNREACHABLE'));
    if (!isAboutTheProbe) throw failure;
  }
  return { detail: 'is allowed' };
}
