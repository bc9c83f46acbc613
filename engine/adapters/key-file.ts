import { createHash, randomBytes } from 'node:crypto';
import { chmod, open, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import {
  type KeyringNode,
  RawAesKeyringNode,
  RawAesWrappingSuiteIdentifier,
} from '@aws-crypto/client-node';
import { KEY_NAMESPACE } from '../contract.ts';
import { HoldfastError } from '../errors.ts';
import { readSmallFile, UnreadableFile } from '../files/read-small-file.ts';
import { makeFolders } from './folder/make-folders.ts';

import { isErrno } from './folder-failure.ts';

/** A raw AES-256 key and the name it goes by: the first 16 hexadecimal digits of its SHA-256. */
export interface FileKey {
  fingerprint: string;
  keyring: KeyringNode;
}

const KEY_BYTES = 32;

/**
 * Reads a key file: 64 hexadecimal digits on its last line that isn't empty or a comment.
 * @throws HoldfastError KEY_MISSING, KEY_INVALID (not 64 digits, or others may read it).
 */
export async function readKeyFile(path: string): Promise<FileKey> {
  await assertPrivate(path);
  const lines = (await readText(path)).split('\n').map((line) => line.trim());
  const digits = lines.filter((line) => line !== '' && !line.startsWith('#')).at(-1) ?? '';
  if (!/^[0-9a-f]{64}$/i.test(digits)) {
    throw new HoldfastError({
      code: 'KEY_INVALID',
      message: `${path} does not hold a key: its last line is not 64 hexadecimal digits`,
      hint: 'Put the right file there from your copy of it. `holdfast keygen` makes a new key, which opens no older backup.',
    });
  }
  return fileKey(Buffer.from(digits, 'hex'));
}

async function readText(path: string): Promise<string> {
  const bytes = await readSmallFile(path).catch((cause: unknown) => {
    if (!(cause instanceof UnreadableFile)) throw cause;
    throw new HoldfastError({
      code: 'KEY_INVALID',
      message: `the key at ${path} can not be read: ${cause.message}`,
      hint: 'Check keys.file of the config, or HOLDFAST_KEY_FILE.',
      cause,
    });
  });
  return bytes.toString('utf8');
}

/** Makes a key file that did not exist, mode 600. @throws HoldfastError KEY_INVALID when there is one. */
export async function writeKeyFile(path: string): Promise<FileKey> {
  const key = randomBytes(KEY_BYTES);
  const made = fileKey(key);
  const text = `# Holdfast key ${made.fingerprint}. Keep a copy in another place: without it, what it encrypted is lost.\n${key.toString('hex')}\n`;
  await writePrivately(path, text);
  return made;
}

/** A new file, mode 600, on disk when this resolves. @throws HoldfastError KEY_INVALID when there is one. */
export async function writePrivately(path: string, text: string): Promise<void> {
  try {
    await makeFolders(dirname(path), { mode: 0o700 });
    const file = await open(path, 'wx', 0o600);
    await file.writeFile(text);
    await file.sync();
    await file.close();
    await chmod(path, 0o600);
  } catch (error) {
    const isThere = isErrno(error, 'EEXIST');
    throw new HoldfastError({
      code: 'KEY_INVALID',
      message: isThere ? `${path} is there already` : `${path} can not be written`,
      hint: isThere
        ? 'A key is never overwritten. Give another path, or move the old file away.'
        : `Check that this user may write in ${dirname(path)} and that its disk has room, or give another path.`,
      cause: error,
    });
  }
}

/** @throws HoldfastError KEY_MISSING; KEY_INVALID where others may read it. */
export async function assertPrivate(path: string): Promise<void> {
  const { mode } = await stat(path).catch((error: unknown) => {
    throw new HoldfastError({
      code: 'KEY_MISSING',
      message: isErrno(error, 'ENOENT')
        ? `there is no key at ${path}`
        : `the key at ${path} can not be read`,
      hint: 'Put your copy of the key there, set HOLDFAST_KEY_FILE, or make a new one with `holdfast keygen` (which opens no older backup).',
      cause: error,
    });
  });
  if (process.platform === 'win32' || (mode & 0o077) === 0) return;
  throw new HoldfastError({
    code: 'KEY_INVALID',
    message: `others may read the key at ${path}`,
    hint: `Run: chmod 600 '${path}'`,
  });
}

function fileKey(key: Buffer): FileKey {
  const fingerprint = createHash('sha256').update(key).digest('hex').slice(0, 16);
  const isolated = Uint8Array.from(key);
  const wrappingSuite = RawAesWrappingSuiteIdentifier.AES256_GCM_IV12_TAG16_NO_PADDING;
  const keyring = new RawAesKeyringNode({
    keyName: fingerprint,
    keyNamespace: KEY_NAMESPACE,
    unencryptedMasterKey: isolated,
    wrappingSuite,
  });
  return { fingerprint, keyring };
}
