import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
} from 'node:crypto';
import { access } from 'node:fs/promises';
import { HoldfastError } from '../../errors.ts';
import { readSmallFile, UnreadableFile } from '../../files/read-small-file.ts';
import type { Signer } from '../../ports/signer.ts';
import { assertPrivate, writePrivately } from '../key-file.ts';

/** An Ed25519 key in a file (PKCS #8, PEM, mode 600). @throws HoldfastError KEY_MISSING, KEY_INVALID. */
export async function readSigningKey(path: string): Promise<Signer> {
  await assertPrivate(path);
  const bytes = await readSmallFile(path).catch((cause: unknown) => {
    if (!(cause instanceof UnreadableFile)) throw cause;
    throw notAKey(path, cause);
  });
  return signerOf(parsePrivateKey(bytes.toString('utf8'), path));
}

/** Makes the key where there is none. @throws HoldfastError KEY_INVALID where it can't be written or used. */
export async function ensureSigningKey(path: string): Promise<{ signer: Signer; isNew: boolean }> {
  if (await isThere(path)) return { signer: await readSigningKey(path), isNew: false };
  const { privateKey } = generateKeyPairSync('ed25519');
  await writePrivately(path, privateKey.export({ type: 'pkcs8', format: 'pem' }).toString());
  return { signer: await readSigningKey(path), isNew: true };
}

function signerOf(privateKey: KeyObject): Signer {
  const publicKey = createPublicKey(privateKey);
  const der = publicKey.export({ type: 'spki', format: 'der' });
  return {
    keyId: createHash('sha256').update(der).digest('hex').slice(0, 16),
    algorithm: 'ed25519',
    publicKey: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    sign: async (bytes) => sign(null, bytes, privateKey),
  };
}

function parsePrivateKey(pem: string, path: string): KeyObject {
  try {
    const key = createPrivateKey(pem);
    if (key.asymmetricKeyType === 'ed25519') return key;
  } catch (cause) {
    throw notAKey(path, cause);
  }
  throw notAKey(path);
}

function notAKey(path: string, cause?: unknown): HoldfastError {
  return new HoldfastError({
    code: 'KEY_INVALID',
    message: `${path} is not an Ed25519 private key in PEM`,
    hint: 'Put your copy of the signing key there, or move the file away: the next run makes a new one.',
    ...(cause === undefined ? {} : { cause }),
  });
}

async function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
