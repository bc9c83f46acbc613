import { createHash } from 'node:crypto';
import { VOLUME_BYTES } from '../contract.ts';
import type { Upload } from '../ports/repository.ts';
import { inBlocks } from './blocks.ts';
import { compress } from './compression.ts';
import { encryptStream, type Keyring } from './envelope.ts';
import type { MessageContext } from './message-context.ts';
import { through } from './through.ts';
import { cutIntoVolumes } from './volumes.ts';

/** Chosen by measurement: half the CPU time of 8 KiB chunks, and larger blocks gain nothing more. */
const BLOCK_BYTES = 256 * 1024;

/** What one volume turned out to be. */
export interface VolumeReceipt {
  upload: Upload;
  storedBytes: number;
  sha256: string;
}

export interface StreamReceipt {
  plaintextBytes: number;
  volumes: VolumeReceipt[];
}

export interface StoreOptions {
  keyring: Keyring;
  signal: AbortSignal;
  /** The message context of a volume. */
  contextOf: (volume: number) => MessageContext;
  /** Opens the upload of a volume; whoever opens also aborts. */
  open: (volume: number) => Promise<Upload>;
  onBytes?: (plaintextBytes: number) => void;
  volumeBytes?: number;
}

/**
 * plaintext → zstd → volumes → one Encryption SDK message each → upload. Every upload is finished when this resolves, none published.
 * Memory does not grow with the stream. A source that throws (a dump that exited with 1) fails the whole before any message is closed.
 */
export async function storeStream(
  source: AsyncIterable<Uint8Array>,
  options: StoreOptions,
): Promise<StreamReceipt> {
  const receipt: StreamReceipt = { plaintextBytes: 0, volumes: [] };
  await storeVolumes(
    through(
      inBlocks(counted(source, receipt, options.onBytes), { bytes: BLOCK_BYTES }),
      compress(),
    ),
    options,
    receipt,
  );
  return receipt;
}

async function* counted(
  source: AsyncIterable<Uint8Array>,
  receipt: StreamReceipt,
  onBytes: StoreOptions['onBytes'],
): AsyncGenerator<Uint8Array> {
  for await (const chunk of source) {
    receipt.plaintextBytes += chunk.length;
    onBytes?.(receipt.plaintextBytes);
    yield chunk;
  }
}

async function storeVolumes(
  compressed: AsyncIterable<Uint8Array>,
  options: StoreOptions,
  receipt: StreamReceipt,
): Promise<void> {
  let number = 0;
  for await (const volume of cutIntoVolumes(compressed, {
    volumeBytes: options.volumeBytes ?? VOLUME_BYTES,
  })) {
    number += 1;
    receipt.volumes.push(await storeVolume(volume, number, options));
  }
}

async function storeVolume(
  volume: AsyncIterable<Uint8Array>,
  number: number,
  options: StoreOptions,
): Promise<VolumeReceipt> {
  const upload = await options.open(number);
  const hash = createHash('sha256');
  let storedBytes = 0;
  for await (const chunk of through(
    volume,
    encryptStream(options.keyring, { context: options.contextOf(number) }),
  )) {
    options.signal.throwIfAborted();
    hash.update(chunk);
    storedBytes += chunk.length;
    await upload.write(chunk);
  }
  await upload.finish();
  return { upload, storedBytes, sha256: hash.digest('hex') };
}
