import { createHash, type Hash } from 'node:crypto';
import type { ManifestObject } from '../domain/manifest.ts';
import { HoldfastError } from '../errors.ts';
import type { Repository } from '../ports/repository.ts';
import { decompress } from './compression.ts';
import { decryptFailure, decryptStream, type Keyring } from './envelope.ts';
import type { MessageContext } from './message-context.ts';
import { through } from './through.ts';

export interface ReadOptions {
  repository: Repository;
  keyring: Keyring;
  /** Key prefix of the set. */
  prefix: string;
  contextOf: (object: ManifestObject) => MessageContext;
  /** Bytes as they are stored, so far, over all volumes. */
  onBytes?: (storedBytes: number) => void;
}

/**
 * The plaintext of one stream of a set: its volumes read, each message authenticated frame by frame, decompressed.
 * Ends only after every volume had the bytes and the SHA-256 of the manifest; what a consumer did before that may rest on
 * a whole prefix of the stream, never on altered bytes.
 * @throws HoldfastError OBJECT_MISSING, OBJECT_DAMAGED, KEY_MISMATCH, while it is read.
 */
export async function* readStream(
  volumes: readonly ManifestObject[],
  options: ReadOptions,
): AsyncGenerator<Uint8Array> {
  let plaintextBytes = 0;
  try {
    for await (const chunk of through(concatenated(volumes, options), decompress())) {
      plaintextBytes += chunk.length;
      yield chunk;
    }
  } catch (error) {
    throw volumes[0] === undefined ? error : decryptFailure(error, options.contextOf(volumes[0]));
  }
  const wanted = volumes.reduce((sum, volume) => sum + volume.plaintextBytes, 0);
  if (plaintextBytes !== wanted)
    throw damaged(
      volumes,
      `it holds ${plaintextBytes} bytes of plaintext, the manifest says ${wanted}`,
    );
}

async function* concatenated(
  volumes: readonly ManifestObject[],
  options: ReadOptions,
): AsyncGenerator<Uint8Array> {
  assertNoVolumeMissing(volumes);
  let earlierBytes = 0;
  for (const volume of volumes) {
    yield* readVolume(volume, {
      ...options,
      onBytes: (bytes) => options.onBytes?.(earlierBytes + bytes),
    });
    earlierBytes += volume.storedBytes;
  }
}

function assertNoVolumeMissing(volumes: readonly ManifestObject[]): void {
  volumes.forEach((volume, index) => {
    if (volume.volume === index + 1 && volume.of === volumes.length) return;
    throw damaged(volumes, 'the manifest does not name all of its volumes');
  });
}

async function* readVolume(
  volume: ManifestObject,
  options: ReadOptions,
): AsyncGenerator<Uint8Array> {
  const context = options.contextOf(volume);
  const hash = createHash('sha256');
  const stored = digested(options.repository.read(options.prefix + volume.key), {
    hash,
    volume,
    onBytes: options.onBytes,
  });
  try {
    yield* through(stored, decryptStream(options.keyring, { context }));
  } catch (error) {
    throw decryptFailure(error, context);
  }
}

interface DigestOptions {
  hash: Hash;
  volume: ManifestObject;
  onBytes: ((bytes: number) => void) | undefined;
}

async function* digested(
  stored: AsyncIterable<Uint8Array>,
  { hash, volume, onBytes }: DigestOptions,
): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  for await (const chunk of stored) {
    hash.update(chunk);
    bytes += chunk.length;
    onBytes?.(bytes);
    yield chunk;
  }
  if (bytes !== volume.storedBytes)
    throw damaged([volume], `it has ${bytes} bytes, the manifest says ${volume.storedBytes}`);
  if (hash.digest('hex') !== volume.sha256)
    throw damaged([volume], 'its SHA-256 is not the one of the manifest');
}

function damaged(volumes: readonly ManifestObject[], what: string): HoldfastError {
  return new HoldfastError({
    code: 'OBJECT_DAMAGED',
    message: `${volumes[0]?.key ?? 'a stream'} is damaged: ${what}`,
    hint: 'Use an older set or another copy of the repository, and have the disk checked.',
  });
}
