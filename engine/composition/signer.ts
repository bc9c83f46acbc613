import { dirname, join } from 'node:path';
import { ensureSigningKey, readSigningKey } from '../adapters/signing/file-signer.ts';
import { findSigningKey } from '../adapters/signing/kms-signer.ts';
import { ENV } from '../contract.ts';
import type { Signer } from '../ports/signer.ts';
import { DEFAULT_KEY_FILE, keyPlaceOf } from './key-ring.ts';
import type { LoadedConfig } from './load-config.ts';

const SIGNING_KEY_FILE = 'signing.pem';

/**
 * What this installation signs with: HOLDFAST_SIGNING_KEY, else `keys.signing`, else `signing.pem` beside the key file.
 * A file is made on first use. @throws HoldfastError KEY_INVALID, KEY_UNUSABLE, CREDENTIALS.
 */
export async function signerForWriting(
  loaded: LoadedConfig,
): Promise<{ signer: Signer; madeAt?: string }> {
  const place = signingPlaceOf(loaded);
  if ('kms' in place) return { signer: await findSigningKey(place.kms, loaded) };
  const { signer, isNew } = await ensureSigningKey(place.file);
  return { signer, ...(isNew ? { madeAt: place.file } : {}) };
}

/** The same, where a missing file is an error. @throws HoldfastError KEY_MISSING and as above. */
export async function signerForReading(loaded: LoadedConfig): Promise<Signer> {
  const place = signingPlaceOf(loaded);
  return 'kms' in place ? findSigningKey(place.kms, loaded) : readSigningKey(place.file);
}

/** By its name: an ARN or an alias is a key of KMS. */
export function signingPlaceOf(loaded: LoadedConfig): { kms: string } | { file: string } {
  const { config, env, resolvePath } = loaded;
  const named = env[ENV.signingKey] || config.keys.signing;
  if (named?.startsWith('arn:') || named?.startsWith('alias/')) return { kms: named };
  if (named !== undefined) return { file: resolvePath(named) };
  const keyFile = keyPlaceOf(loaded).keyFile ?? resolvePath(DEFAULT_KEY_FILE);
  return { file: join(dirname(keyFile), SIGNING_KEY_FILE) };
}
