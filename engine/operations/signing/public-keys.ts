import { PREFIX } from '../../contract.ts';
import { isHoldfastError } from '../../errors.ts';
import type { Repository } from '../../ports/repository.ts';
import type { Signer } from '../../ports/signer.ts';
import { type PublicKey, readPublicKey } from '../../stream/signing/sign-envelope.ts';

const KEY = /^keys\/signing-([0-9a-f]{16})\.pem$/;
const KEY_LIMIT_BYTES = 4096;

/** Where the public half of a signing key lies in each repository. */
export function publicKeyKey(keyId: string): string {
  return `${PREFIX.keys}/signing-${keyId}.pem`;
}

/** Puts the public key into the repository, once. */
export async function publishPublicKey(repository: Repository, signer: Signer): Promise<void> {
  await repository
    .put(publicKeyKey(signer.keyId), Buffer.from(signer.publicKey))
    .catch((error: unknown) => {
      if (!isHoldfastError(error, 'OBJECT_EXISTS')) throw error;
    });
}

/**
 * The signing keys that a repository names. Anyone who can write there can add one, so these show only that entries agree
 * with each other; an auditor gives the keys that were kept in another place.
 */
export async function readPublicKeys(repository: Repository): Promise<PublicKey[]> {
  const found: PublicKey[] = [];
  for await (const { key } of repository.list(`${PREFIX.keys}/`)) {
    const keyId = KEY.exec(key)?.[1];
    if (keyId === undefined) continue;
    const pem = await repository.get(key, { limitBytes: KEY_LIMIT_BYTES });
    const read = readable(pem.toString('utf8'), `${repository.location}/${key}`);
    if (read?.keyId === keyId) found.push(read);
  }
  return found;
}

function readable(pem: string, origin: string): PublicKey | undefined {
  try {
    return readPublicKey(pem, { origin });
  } catch (error) {
    if (isHoldfastError(error)) return undefined;
    throw error;
  }
}
