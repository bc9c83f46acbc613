import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { GetObjectCommand, type GetObjectCommandOutput } from '@aws-sdk/client-s3';
import { HoldfastError } from '../errors.ts';
import type { S3Bucket } from './s3-bucket.ts';
import { backOffMs } from './s3-retry.ts';
import { objectTooLarge } from './shared/object-too-large.ts';

/** How often a body may break off without a single further byte. */
const MAX_STANDSTILLS = 8;
const READ = { action: 's3:GetObject' } as const;

/** How far the reading of one object has come. */
interface Position {
  bytes: number;
  total: number | undefined;
  etag: string | undefined;
}

/**
 * The bytes of an object. A body that breaks off (also because the consumer took its time and the store closed the connection)
 * goes on where it stopped, of the same object.
 */
export async function* readObject(
  bucket: S3Bucket,
  key: string,
  { limitBytes = Number.POSITIVE_INFINITY }: { limitBytes?: number } = {},
): AsyncGenerator<Uint8Array> {
  const position: Position = { bytes: 0, total: undefined, etag: undefined };
  let movedAt = performance.now();
  for (let standstills = 0; standstills <= MAX_STANDSTILLS; ) {
    const before = position.bytes;
    const body = await open(bucket, key, position);
    let hasEnded = false;
    const assertSmall = (bytes: number) => {
      if (bytes <= limitBytes) return;
      (body as Partial<Readable>).destroy?.();
      throw objectTooLarge({ key, location: bucket.location, bytes, limitBytes });
    };
    assertSmall(position.total ?? 0);
    try {
      for await (const chunk of body) {
        position.bytes += chunk.length;
        if (position.bytes > limitBytes) break;
        yield chunk;
      }
      hasEnded = position.total === undefined;
    } catch {
      // However it broke off, what is missing is asked for again.
    }
    assertSmall(position.bytes);
    if (hasEnded || position.bytes === position.total) return;
    if (position.bytes > before) movedAt = performance.now();
    standstills = position.bytes > before ? 1 : standstills + 1;
    if (performance.now() - movedAt > bucket.patienceMs) break;
    await sleep(backOffMs(standstills, bucket.baseDelayMs));
  }
  throw cutShort(bucket, key, position);
}

/** Asks for the bytes from `offset` on, as reading does after a connection broke off. @throws HoldfastError STORE_UNFIT. */
export async function readFrom(bucket: S3Bucket, key: string, offset: number): Promise<void> {
  const position = { bytes: Math.floor(offset), total: undefined, etag: undefined };
  for await (const _chunk of await open(bucket, key, position));
}

async function open(
  bucket: S3Bucket,
  key: string,
  position: Position,
): Promise<AsyncIterable<Uint8Array>> {
  const rest = position.bytes === 0 ? {} : { Range: `bytes=${position.bytes}-` };
  const same = position.etag === undefined ? {} : { IfMatch: position.etag };
  const answer = await bucket.send(new GetObjectCommand({ ...bucket.at(key), ...rest, ...same }), {
    ...READ,
    key,
  });
  assertRest(bucket, position, answer);
  position.etag ??= answer.ETag;
  position.total ??= answer.ContentLength;
  return answer.Body as AsyncIterable<Uint8Array>;
}

function assertRest(
  bucket: S3Bucket,
  { bytes }: Position,
  { ContentRange }: GetObjectCommandOutput,
): void {
  if (bytes === 0 || ContentRange?.startsWith(`bytes ${bytes}-`)) return;
  throw new HoldfastError({
    code: 'STORE_UNFIT',
    message: `${bucket.location} can not go on in the midst of an object`,
    hint: 'The connection broke off, and the store ignored Range. Try again, best from nearer to the store.',
    retryable: true,
  });
}

function cutShort(bucket: S3Bucket, key: string, { bytes, total }: Position): HoldfastError {
  return new HoldfastError({
    code: 'REPOSITORY_UNREACHABLE',
    message: `${key} in ${bucket.location} ends after ${bytes} of ${total} bytes each time it is read`,
    hint: 'Check the network and what stands between (a proxy?), and run it again.',
    retryable: true,
  });
}
