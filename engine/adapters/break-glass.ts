import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPair,
  type KeyObject,
} from 'node:crypto';
import { promisify } from 'node:util';
import { type KeyringNode, RawRsaKeyringNode } from '@aws-crypto/client-node';
import { KEY_NAMESPACE } from '../contract.ts';
import { HoldfastError } from '../errors.ts';
import { readSmallFile, UnreadableFile } from '../files/read-small-file.ts';

import { type FileKey, writePrivately } from './key-file.ts';

const MODULUS_BITS = 4096;
const MIN_PASSPHRASE = 12;

export interface BreakGlassFiles {
  privatePath: string;
  publicPath: string;
  fingerprint: string;
}

/**
 * Makes the break-glass pair: `<path>` (PKCS #8, AES-256, opened by the passphrase) and `<path>.pub`.
 * @throws HoldfastError KEY_INVALID when the passphrase is short or a file is there.
 */
export async function writeBreakGlassPair(
  path: string,
  { passphrase }: { passphrase: string },
): Promise<BreakGlassFiles> {
  if (passphrase.length < MIN_PASSPHRASE) {
    throw new HoldfastError({
      code: 'KEY_INVALID',
      message: `the passphrase is shorter than ${MIN_PASSPHRASE} characters`,
      hint: 'Take six words or more; the file will lie in a safe for years.',
    });
  }
  const { publicKey, privateKey } = await promisify(generateKeyPair)('rsa', {
    modulusLength: MODULUS_BITS,
  });
  const privatePem = privateKey.export({
    type: 'pkcs8',
    format: 'pem',
    cipher: 'aes-256-cbc',
    passphrase,
  });
  await writePrivately(path, privatePem.toString());
  await writePrivately(`${path}.pub`, publicKey.export({ type: 'spki', format: 'pem' }).toString());
  return { privatePath: path, publicPath: `${path}.pub`, fingerprint: fingerprintOf(publicKey) };
}

/** Whether a key is given as its text instead of its path. */
export function isPem(text: string): boolean {
  return text.trimStart().startsWith('-----BEGIN ');
}

/** A keyring that can only wrap. @param given its path, or its text. @throws HoldfastError KEY_MISSING, KEY_INVALID. */
export async function readBreakGlassPublicKey(given: string): Promise<FileKey> {
  const [path, pem] = isPem(given) ? ['keys.breakGlass', given] : [given, await readPem(given)];
  if (pem.includes('PRIVATE KEY')) {
    throw new HoldfastError({
      code: 'KEY_INVALID',
      message: `${path} is the private half of the break-glass pair`,
      hint: 'Point keys.breakGlass to the .pub file, and keep the private half away from this machine.',
    });
  }
  const publicKey = parse(path, () => createPublicKey(pem));
  return {
    fingerprint: fingerprintOf(publicKey),
    keyring: rsaKeyring(publicKey, { publicKey: publicPem(publicKey) }),
  };
}

/** A keyring that opens every set. @throws HoldfastError KEY_MISSING, KEY_INVALID (also for a wrong passphrase). */
export async function readBreakGlassPrivateKey(
  path: string,
  { passphrase }: { passphrase: string },
): Promise<FileKey> {
  const pem = await readPem(path);
  const privateKey = parse(path, () => createPrivateKey({ key: pem, passphrase }));
  const plainPem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  const publicKey = createPublicKey(privateKey);
  return {
    fingerprint: fingerprintOf(publicKey),
    keyring: rsaKeyring(publicKey, { privateKey: plainPem }),
  };
}

function rsaKeyring(
  publicKey: KeyObject,
  rsaKey: { publicKey: string } | { privateKey: string },
): KeyringNode {
  return new RawRsaKeyringNode({
    keyName: fingerprintOf(publicKey),
    keyNamespace: KEY_NAMESPACE,
    rsaKey,
    oaepHash: 'sha256',
  });
}

function publicPem(key: KeyObject): string {
  return key.export({ type: 'spki', format: 'pem' }).toString();
}

function fingerprintOf(publicKey: KeyObject): string {
  return createHash('sha256')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest('hex')
    .slice(0, 16);
}

async function readPem(path: string): Promise<string> {
  const bytes = await readSmallFile(path).catch((cause: unknown) => {
    if (!(cause instanceof UnreadableFile)) throw cause;
    throw new HoldfastError({
      code: 'KEY_MISSING',
      message: cause.isAbsent
        ? `there is no key at ${path}`
        : `the key at ${path} can not be read: ${cause.message}`,
      hint: 'Check the path; `holdfast keygen --break-glass` makes a pair.',
      cause,
    });
  });
  return bytes.toString('utf8');
}

/** OpenSSL's own words can quote nothing secret, but say nothing to a person either. */
function parse(path: string, read: () => KeyObject): KeyObject {
  try {
    return read();
  } catch (cause) {
    throw new HoldfastError({
      code: 'KEY_INVALID',
      message: `${path} is not an RSA key in PEM, or the passphrase is wrong`,
      hint: 'Try the passphrase again; `openssl pkey -in FILE -noout` checks it too.',
      cause,
    });
  }
}
