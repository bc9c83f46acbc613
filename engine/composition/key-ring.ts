import { access } from 'node:fs/promises';
import { isAbsolute, relative } from 'node:path';
import { MultiKeyringNode } from '@aws-crypto/client-node';
import { readBreakGlassPrivateKey, readBreakGlassPublicKey } from '../adapters/break-glass.ts';
import { readKeyFile, writeKeyFile } from '../adapters/key-file.ts';
import { MANIFEST_NAME } from '../contract.ts';
import { HoldfastError } from '../errors.ts';
import type { KeyName } from '../operations/context.ts';
import { readKeyMarkers } from '../operations/key-marker.ts';
import type { Repository } from '../ports/repository.ts';
import type { Keyring } from '../stream/envelope.ts';

export interface KeyPlace {
  keyFile: string;
  /** The public half of the break-glass pair. */
  breakGlass: string | undefined;
  repository: Repository;
}

export interface HeldKeys {
  keyring: Keyring;
  keys: KeyName[];
  /** The path of a key file that was just made. */
  madeKey?: string;
}

/** For writing: makes the key on first use, while the repository holds nothing. @throws HoldfastError KEY_MISSING, KEY_INVALID. */
export async function keysForWriting(place: KeyPlace): Promise<HeldKeys> {
  assertOutside(place);
  if (await isThere(place.keyFile)) return keysForReading(place);
  if (await holdsSets(place.repository)) return keysForReading(place);
  await writeKeyFile(place.keyFile);
  return { ...(await keysForReading(place)), madeKey: place.keyFile };
}

/** Also where somebody took the markers of its key away. */
async function holdsSets(repository: Repository): Promise<boolean> {
  if ((await readKeyMarkers(repository)).length > 0) return true;
  for await (const { key } of repository.list('')) if (key.endsWith(`/${MANIFEST_NAME}`)) return true;
  return false;
}

/** @throws HoldfastError KEY_MISSING, KEY_INVALID. */
export async function keysForReading({ keyFile, breakGlass }: KeyPlace): Promise<HeldKeys> {
  const own = await readKeyFile(keyFile);
  const keys: KeyName[] = [{ type: 'key-file', id: own.fingerprint }];
  if (breakGlass === undefined) return { keyring: own.keyring, keys };
  const glass = await readBreakGlassPublicKey(breakGlass);
  const keyring = new MultiKeyringNode({ generator: own.keyring, children: [glass.keyring] });
  return { keyring, keys: [...keys, { type: 'break-glass', id: glass.fingerprint }] };
}

/** Reads without any other key. @throws HoldfastError KEY_MISSING, KEY_INVALID. */
export async function keysFromBreakGlass(path: string, { passphrase }: { passphrase: string }): Promise<HeldKeys> {
  const { keyring, fingerprint } = await readBreakGlassPrivateKey(path, { passphrase });
  return { keyring, keys: [{ type: 'break-glass', id: fingerprint }] };
}

/** A key beside what it opens protects nothing. */
function assertOutside({ keyFile, repository }: KeyPlace): void {
  const path = relative(repository.location, keyFile);
  if (path.startsWith('..') || isAbsolute(path)) return;
  throw new HoldfastError({
    code: 'KEY_INVALID',
    message: `the key ${keyFile} lies inside the repository that it opens`,
    hint: 'Move it, for example to ~/.config/holdfast/key, and set HOLDFAST_KEY_FILE or keys.file.',
  });
}

async function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

export { writeBreakGlassPair } from '../adapters/break-glass.ts';
export { writeKeyFile } from '../adapters/key-file.ts';
