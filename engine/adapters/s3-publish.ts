import { setTimeout as sleep } from 'node:timers/promises';
import {
  type CompletedPart,
  CompleteMultipartUploadCommand,
  HeadObjectCommand,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import { HoldfastError } from '../errors.ts';
import { asStoreError, nameOf, type StoreError, statusOf } from './s3/store-error.ts';
import type { S3Bucket } from './s3-bucket.ts';
import { sizeOf } from './s3-listing.ts';
import { backOffMs } from './s3-retry.ts';

/** User metadata by which we know an object as our own. */
const TOKEN = 'holdfast-token';
const MAX_CONFLICTS = 5;
const PUBLISH = { action: 's3:PutObject' } as const;

/** An object that is to appear under a key where there is none. */
export interface Newcomer {
  key: string;
  /** Random, so that our own earlier success can be told from somebody else's object. */
  token: string;
  bytes: number;
}

export function tokenMetadata(token: string): { Metadata: Record<string, string> } {
  return { Metadata: { [TOKEN]: token } };
}

/** One request. @throws HoldfastError OBJECT_EXISTS. */
export async function publishWhole(
  bucket: S3Bucket,
  newcomer: Newcomer,
  { body, sha256 }: { body: Buffer; sha256: string },
): Promise<void> {
  const input = {
    ...bucket.at(newcomer.key),
    ...bucket.encryption,
    ...tokenMetadata(newcomer.token),
    Body: body,
    IfNoneMatch: '*',
  };
  await createOnce(bucket, newcomer, () =>
    bucket.checksums.body(sha256, (fields) =>
      bucket.ask(new PutObjectCommand({ ...input, ...fields }), PUBLISH),
    ),
  );
}

/** One request. @throws HoldfastError OBJECT_EXISTS. */
export async function publishParts(
  bucket: S3Bucket,
  newcomer: Newcomer,
  upload: { id: string; parts: CompletedPart[] },
): Promise<void> {
  const input = {
    ...bucket.at(newcomer.key),
    UploadId: upload.id,
    MultipartUpload: { Parts: upload.parts },
    IfNoneMatch: '*',
  };
  await createOnce(bucket, newcomer, () =>
    bucket.ask(new CompleteMultipartUploadCommand(input), PUBLISH),
  );
}

/**
 * An answer that got lost makes the SDK ask again, and then the store says that the object is there, or the upload gone: which may be
 * our own success. A conflict with another request that is still under way is waited for.
 */
async function createOnce(
  bucket: S3Bucket,
  newcomer: Newcomer,
  create: () => Promise<unknown>,
): Promise<void> {
  for (let conflicts = 1; ; conflicts += 1) {
    const refusal = await create().then(
      () => undefined,
      (error: unknown) => asStoreError(error),
    );
    if (refusal === undefined) return;
    if (!isTaken(refusal)) throw bucket.failure(refusal, { ...PUBLISH, key: newcomer.key });
    const owner = await ownerOf(bucket, newcomer, refusal);
    if (owner === 'we') return;
    if (owner === 'others') throw alreadyThere(newcomer.key);
    if (refusal.name === 'NoSuchUpload' || conflicts === MAX_CONFLICTS)
      throw notTaken(bucket, newcomer.key, refusal);
    await sleep(backOffMs(conflicts, bucket.baseDelayMs));
  }
}

function isTaken(error: StoreError): boolean {
  return (
    statusOf(error) === 412 ||
    /^(ConditionalRequestConflict|OperationAborted|NoSuchUpload)$/.test(error.name)
  );
}

async function ownerOf(
  bucket: S3Bucket,
  newcomer: Newcomer,
  refusal: StoreError,
): Promise<'we' | 'others' | 'nobody'> {
  try {
    const { Metadata = {} } = await bucket.ask(new HeadObjectCommand(bucket.at(newcomer.key)), {
      action: 's3:GetObject',
    });
    return Metadata[TOKEN] === newcomer.token ? 'we' : 'others';
  } catch (error) {
    const known = asStoreError(error);
    if (statusOf(known) === 404) return 'nobody';
    if (statusOf(known) !== 403)
      throw bucket.failure(error, { action: 's3:GetObject', key: newcomer.key });
    return ownerBySize(bucket, newcomer, refusal);
  }
}

/** For a writer that may not read: an object of exactly our size, which was not there when we asked the first time, is ours. */
async function ownerBySize(
  bucket: S3Bucket,
  { key, bytes }: Newcomer,
  refusal: StoreError,
): Promise<'we' | 'others' | 'nobody'> {
  const size = await sizeOf(bucket, key);
  if (size === undefined) return 'nobody';
  return (refusal.$metadata?.attempts ?? 1) > 1 && size === bytes ? 'we' : 'others';
}

function alreadyThere(key: string): HoldfastError {
  return new HoldfastError({
    code: 'OBJECT_EXISTS',
    message: `${key} is there already`,
    hint: 'Objects are written once. If two runs began in the same second, run it again.',
  });
}

function notTaken(bucket: S3Bucket, key: string, refusal: StoreError): HoldfastError {
  return new HoldfastError({
    code: 'REPOSITORY_UNREACHABLE',
    message: `${bucket.location} did not take ${key}: ${nameOf(refusal)}`,
    hint: 'The upload was aborted by somebody else, or another write to the same key was under way. Run it again.',
    retryable: true,
  });
}
