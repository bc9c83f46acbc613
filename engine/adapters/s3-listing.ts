import {
  AbortMultipartUploadCommand,
  ListMultipartUploadsCommand,
  type ListMultipartUploadsCommandOutput,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  type MultipartUpload,
  type ObjectVersion,
} from '@aws-sdk/client-s3';
import type { OpenUpload, StoredObject } from '../ports/repository.ts';
import { asStoreError, nameOf, statusOf } from './s3/store-error.ts';
import type { S3Bucket } from './s3-bucket.ts';
import { COLD_CLASSES } from './s3-condition.ts';

/** A request a thousand objects. */
export async function* listObjects(bucket: S3Bucket, prefix: string): AsyncGenerator<StoredObject> {
  let position: { ContinuationToken: string } | undefined;
  do {
    const command = new ListObjectsV2Command({ ...bucket.below(prefix), ...position });
    const page = await bucket.send(command, { action: 's3:ListBucket' });
    yield* storedObjects(bucket, page.Contents);
    position =
      page.NextContinuationToken === undefined
        ? undefined
        : { ContinuationToken: page.NextContinuationToken };
  } while (position !== undefined);
}

/** Current and older versions, also of objects that a delete marker hides. A store that knows no versions gives what it has. */
export async function* listVersions(
  bucket: S3Bucket,
  prefix: string,
): AsyncGenerator<StoredObject> {
  let position: { KeyMarker: string; VersionIdMarker?: string } | undefined;
  do {
    const page = await versionsPage(bucket, { ...bucket.below(prefix), ...position });
    if (page === undefined) return yield* listObjects(bucket, prefix);
    yield* storedObjects(bucket, page.Versions);
    position = page.IsTruncated ? markers(page) : undefined;
  } while (position !== undefined);
}

async function versionsPage(
  bucket: S3Bucket,
  input: ConstructorParameters<typeof ListObjectVersionsCommand>[0],
) {
  const request = { action: 's3:ListBucketVersions' } as const;
  return bucket.ask(new ListObjectVersionsCommand(input), request).catch((error: unknown) => {
    if (nameOf(asStoreError(error)) === 'NotImplemented' && bucket.isOtherStore) return undefined;
    throw bucket.failure(error, request);
  });
}

interface VersionMarkers {
  NextKeyMarker?: string | undefined;
  NextVersionIdMarker?: string | undefined;
}

function markers({ NextKeyMarker, NextVersionIdMarker }: VersionMarkers) {
  if (NextKeyMarker === undefined) return undefined;
  return {
    KeyMarker: NextKeyMarker,
    ...(NextVersionIdMarker === undefined ? {} : { VersionIdMarker: NextVersionIdMarker }),
  };
}

function* storedObjects(
  bucket: S3Bucket,
  found: readonly ListedObject[] = [],
): Generator<StoredObject> {
  for (const { Key, Size = 0, LastModified = new Date(0), StorageClass = '' } of found) {
    const key = bucket.keyOf(Key);
    if (key === undefined) continue;
    const cold = COLD_CLASSES.includes(StorageClass) ? { isCold: true as const } : {};
    yield { key, bytes: Size, modifiedAt: LastModified, ...cold };
  }
}

type ListedObject = Pick<ObjectVersion, 'Key' | 'Size' | 'LastModified'> & {
  StorageClass?: string | undefined;
};

/** Bytes of one object, asked by a listing, for those who may not read it; undefined where there is none. */
export async function sizeOf(bucket: S3Bucket, key: string): Promise<number | undefined> {
  const command = new ListObjectsV2Command({ ...bucket.below(key), MaxKeys: 1 });
  const { Contents } = await bucket.send(command, { action: 's3:ListBucket' });
  const [found] = storedObjects(bucket, Contents);
  return found?.key === key ? found.bytes : undefined;
}

/** Aborts every multipart upload below the prefix. Returns their keys. */
export async function abortUploads(
  bucket: S3Bucket,
  prefix: string,
  isSpared?: (upload: OpenUpload) => Promise<boolean>,
): Promise<string[]> {
  const keys: string[] = [];
  for await (const { Key, UploadId, Initiated } of openUploads(bucket, prefix)) {
    const key = bucket.keyOf(Key);
    if (key === undefined || UploadId === undefined) continue;
    if (await isSpared?.({ key, touchedAt: Initiated ?? new Date() })) continue;
    await abortUpload(bucket, { key, id: UploadId });
    keys.push(key);
  }
  return keys;
}

async function* openUploads(bucket: S3Bucket, prefix: string): AsyncGenerator<MultipartUpload> {
  let position: { KeyMarker: string; UploadIdMarker?: string } | undefined;
  do {
    const command = new ListMultipartUploadsCommand({ ...bucket.below(prefix), ...position });
    const page = await pageOfUploads(bucket, command);
    yield* page.Uploads ?? [];
    const { NextKeyMarker, NextUploadIdMarker } = page;
    position =
      page.IsTruncated && NextKeyMarker !== undefined
        ? {
            KeyMarker: NextKeyMarker,
            ...(NextUploadIdMarker === undefined ? {} : { UploadIdMarker: NextUploadIdMarker }),
          }
        : undefined;
  } while (position !== undefined);
}

/** `rclone serve s3` answers NoSuchUpload for a bucket that has no unfinished upload. */
async function pageOfUploads(
  bucket: S3Bucket,
  command: ListMultipartUploadsCommand,
): Promise<ListMultipartUploadsCommandOutput> {
  const request = { action: 's3:ListBucketMultipartUploads' } as const;
  return bucket.ask(command, request).catch((error: unknown) => {
    if (asStoreError(error).name === 'NoSuchUpload') return { $metadata: {} };
    throw bucket.failure(error, request);
  });
}

/** An upload that is not there any more is aborted. */
export async function abortUpload(
  bucket: S3Bucket,
  { key, id, signal }: { key: string; id: string; signal?: AbortSignal },
): Promise<void> {
  const request = { action: 's3:AbortMultipartUpload', key } as const;
  const options = signal === undefined ? request : { ...request, signal };
  await bucket
    .ask(new AbortMultipartUploadCommand({ ...bucket.at(key), UploadId: id }), options)
    .catch((error: unknown) => {
      if (statusOf(asStoreError(error)) !== 404) throw bucket.failure(error, request);
    });
}
