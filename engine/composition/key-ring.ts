import { access } from 'node:fs/promises';
import { isAbsolute, relative } from 'node:path';
import {
  isPem,
  readBreakGlassPrivateKey,
  readBreakGlassPublicKey,
} from '../adapters/break-glass.ts';
import { KeyChain } from '../adapters/key-chain.ts';
import { readKeyFile, writeKeyFile } from '../adapters/key-file.ts';
import { findKmsKey } from '../adapters/kms-key.ts';
import type { Environment } from '../config/from-environment.ts';
import { ENV, MANIFEST_NAME } from '../contract.ts';
import type { KeyName } from '../domain/key-name.ts';
import { HoldfastError } from '../errors.ts';
import type { NamedRepository } from '../operations/context.ts';
import { readKeyMarkers } from '../operations/key-marker.ts';
import { PASS_OVER_HIDDEN } from '../ports/repository.ts';
import type { Keyring } from '../stream/envelope.ts';
import type { LoadedConfig } from './load-config.ts';

export const DEFAULT_KEY_FILE = '~/.config/holdfast/key';

/** Where the keys of a config are. */
export interface KeyPlace {
  /** ARN, id or alias. */
  kms: string | undefined;
  /** Undefined where a KMS key stands in its stead. */
  keyFile: string | undefined;
  /** The public half of the break-glass pair: its path, or its text. */
  breakGlass: string | undefined;
  /** Whose requests those to KMS are. */
  env: Environment;
}

export interface HeldKeys {
  keyring: Keyring;
  keys: KeyName[];
  /** The path of a key file that was just made. */
  madeKey?: string;
}

type Repositories = readonly NamedRepository[];

/** The environment wins over the config, so that a key can be brought along on the worst day. */
export function keyPlaceOf({ config: { keys }, env, resolvePath }: LoadedConfig): KeyPlace {
  const kms = env[ENV.kmsKey] || keys.kms;
  const file = env[ENV.keyFile] || keys.file || (kms === undefined ? DEFAULT_KEY_FILE : undefined);
  return {
    kms,
    keyFile: file === undefined ? undefined : resolvePath(file),
    breakGlass:
      keys.breakGlass === undefined || isPem(keys.breakGlass)
        ? keys.breakGlass
        : resolvePath(keys.breakGlass),
    env,
  };
}

/** For writing: makes the key file on first use, while no repository holds anything. @throws HoldfastError KEY_MISSING, KEY_INVALID, KEY_UNUSABLE. */
export async function keysForWriting(
  place: KeyPlace,
  repositories: Repositories,
): Promise<HeldKeys> {
  const { keyFile } = place;
  if (keyFile === undefined) return keysForReading(place);
  assertOutside(keyFile, repositories);
  if ((await isThere(keyFile)) || (await holdSets(repositories))) return keysForReading(place);
  await writeKeyFile(keyFile);
  return { ...(await keysForReading(place)), madeKey: keyFile };
}

/** Makes a key file where there is none. @throws HoldfastError KEY_INVALID when it can not be written. */
export async function ensureKeyFile(path: string): Promise<{ isNew: boolean }> {
  if (await isThere(path)) return { isNew: false };
  await writeKeyFile(path);
  return { isNew: true };
}

/** Also where somebody took the markers of its key away. */
export async function holdSets(repositories: Repositories): Promise<boolean> {
  for (const { repository } of repositories) {
    if ((await readKeyMarkers(repository)).length > 0) return true;
    for await (const { key } of repository.list('', PASS_OVER_HIDDEN))
      if (key.endsWith(`/${MANIFEST_NAME}`)) return true;
  }
  return false;
}

/** @throws HoldfastError KEY_MISSING, KEY_INVALID, KEY_UNUSABLE. */
export async function keysForReading(place: KeyPlace): Promise<HeldKeys> {
  const held = [
    ...(await heldKms(place)),
    ...(await heldFile(place)),
    ...(await heldBreakGlass(place)),
  ];
  const [only, ...others] = held;
  const keys = held.map(({ name }) => name);
  if (only !== undefined && others.length === 0) return { keyring: only.keyring, keys };
  return { keyring: new KeyChain(held.map(({ keyring }) => keyring)), keys };
}

/** Opens nothing. */
export function noKeys(): HeldKeys {
  return { keyring: new KeyChain([]), keys: [] };
}

interface Held {
  name: KeyName;
  keyring: Keyring;
}

async function heldKms({ kms, env }: KeyPlace): Promise<Held[]> {
  if (kms === undefined) return [];
  const { arn, keyring } = await findKmsKey(kms, { env });
  return [{ name: { type: 'kms', id: arn }, keyring }];
}

async function heldFile({ keyFile }: KeyPlace): Promise<Held[]> {
  if (keyFile === undefined) return [];
  const { fingerprint, keyring } = await readKeyFile(keyFile);
  return [{ name: { type: 'key-file', id: fingerprint }, keyring }];
}

async function heldBreakGlass({ breakGlass }: KeyPlace): Promise<Held[]> {
  if (breakGlass === undefined) return [];
  const { fingerprint, keyring } = await readBreakGlassPublicKey(breakGlass);
  return [{ name: { type: 'break-glass', id: fingerprint }, keyring }];
}

/** Reads without any other key. @throws HoldfastError KEY_MISSING, KEY_INVALID. */
export async function keysFromBreakGlass(
  path: string,
  { passphrase }: { passphrase: string },
): Promise<HeldKeys> {
  const { keyring, fingerprint } = await readBreakGlassPrivateKey(path, { passphrase });
  return { keyring, keys: [{ type: 'break-glass', id: fingerprint }] };
}

/** A key beside what it opens protects nothing. */
function assertOutside(keyFile: string, repositories: Repositories): void {
  for (const { repository } of repositories) {
    if (repository.location.startsWith('s3://')) continue;
    const path = relative(repository.location, keyFile);
    if (path.startsWith('..') || isAbsolute(path)) continue;
    throw new HoldfastError({
      code: 'KEY_INVALID',
      message: `the key ${keyFile} lies inside the repository that it opens`,
      hint: 'Move it, for example to ~/.config/holdfast/key, and set HOLDFAST_KEY_FILE or keys.file.',
    });
  }
}

async function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

export { writeBreakGlassPair } from '../adapters/break-glass.ts';
export { writeKeyFile } from '../adapters/key-file.ts';
