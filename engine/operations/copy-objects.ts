import { createHash } from 'node:crypto';
import { objectKey, type SetAddress, setPrefix } from '../domain/key.ts';
import { type Manifest, type ManifestObject, storedBytes } from '../domain/manifest.ts';
import { HoldfastError, isHoldfastError } from '../errors.ts';
import type { Repository } from '../ports/repository.ts';
import type { Context, NamedRepository } from './context.ts';

export interface CopyObjectsOptions {
  manifest: Manifest;
  address: SetAddress;
  from: NamedRepository;
  to: NamedRepository;
}

type CopyContext = Pick<Context, 'signal' | 'progress'>;

/**
 * Every object of a set from one repository to another, as it is, and read back there: its SHA-256 decides.
 * @returns how many of them were there already.
 * @throws HoldfastError COPY_DIFFERS (there), OBJECT_DAMAGED, OBJECT_MISSING (here).
 */
export async function copyObjects(
  context: CopyContext,
  options: CopyObjectsOptions,
): Promise<number> {
  const { manifest, address, from, to } = options;
  const present = await bytesOfObjects(to.repository, setPrefix(address));
  const totalBytes = storedBytes(manifest);
  let [copiedBytes, found] = [0, 0];
  for (const object of manifest.objects) {
    const key = objectKey(address, object.key);
    const onBytes = (bytes: number) =>
      context.progress({ phase: 'copy', bytes: copiedBytes + bytes, totalBytes });
    if (present.get(object.key) === object.storedBytes) found += 1;
    else await send(context, { key, object, from, to, onBytes });
    context.progress({ phase: 'read back' });
    const digest = await digestOf(to.repository, key, context.signal).catch((error: unknown) => {
      throw isHoldfastError(error, 'OBJECT_MISSING') ? copyDiffers(key, to) : error;
    });
    if (digest !== object.sha256) throw copyDiffers(key, to);
    copiedBytes += object.storedBytes;
  }
  return found;
}

/** Bytes of the objects below a prefix, by their names. */
async function bytesOfObjects(
  repository: Repository,
  prefix: string,
): Promise<Map<string, number>> {
  const found = new Map<string, number>();
  for await (const { key, bytes } of repository.list(prefix))
    found.set(key.slice(prefix.length), bytes);
  return found;
}

interface SendOptions {
  key: string;
  object: ManifestObject;
  from: NamedRepository;
  to: NamedRepository;
  onBytes: (bytes: number) => void;
}

async function send(
  { signal, progress }: CopyContext,
  { key, object, from, to, onBytes }: SendOptions,
): Promise<void> {
  const upload = await to.repository.begin(key);
  const hash = createHash('sha256');
  let bytes = 0;
  try {
    for await (const chunk of from.repository.read(key)) {
      signal.throwIfAborted();
      hash.update(chunk);
      await upload.write(chunk);
      bytes += chunk.length;
      onBytes(bytes);
    }
    if (hash.digest('hex') !== object.sha256) throw damaged(key, from);
    await upload.finish();
    await upload.publish();
  } catch (error) {
    if (!isHoldfastError(error, 'OBJECT_EXISTS')) throw error;
  } finally {
    for (const note of await upload.abort()) progress({ phase: 'copy', note });
  }
}

async function digestOf(repository: Repository, key: string, signal: AbortSignal): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of repository.read(key)) {
    signal.throwIfAborted();
    hash.update(chunk);
  }
  return hash.digest('hex');
}

export function copyDiffers(key: string, { name }: NamedRepository): HoldfastError {
  return new HoldfastError({
    code: 'COPY_DIFFERS',
    message: `${key} in ${name} is not what the manifest says, read back where it lies`,
    hint: 'The original is good. Find out what changes bytes there; an object without a manifest is removed by `holdfast prune` after 7 days.',
  });
}

function damaged(key: string, { name }: NamedRepository): HoldfastError {
  return new HoldfastError({
    code: 'OBJECT_DAMAGED',
    message: `${key} in ${name} is damaged: its SHA-256 is not the one of the manifest`,
    hint: 'Run `holdfast verify` on the set, and copy it from another repository.',
  });
}
