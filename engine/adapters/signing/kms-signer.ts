import { createHash, createPublicKey } from 'node:crypto';
import { KMS } from '@aws-sdk/client-kms';
import type { Environment } from '../../config/from-environment.ts';
import { HoldfastError } from '../../errors.ts';
import type { Signer } from '../../ports/signer.ts';
import { clientOptions } from '../aws-client-options.ts';
import { awsErrorName } from '../aws-failure.ts';
import { kmsFailure } from '../kms-failure.ts';
import { regionOfKey } from '../kms-key.ts';

/**
 * An asymmetric KMS key (ECC_NIST_P256, SIGN_VERIFY), by its ARN, id or alias. Costs kms:GetPublicKey once and kms:Sign a
 * signature.
 * @throws HoldfastError KEY_UNUSABLE, CREDENTIALS; KEY_INVALID where the key is of another kind.
 */
export async function findSigningKey(name: string, { env }: { env: Environment }): Promise<Signer> {
  const kms = new KMS(clientOptions(env, { region: regionOfKey(name), service: 'KMS' }));
  const { PublicKey } = await kms.getPublicKey({ KeyId: name }).catch((error: unknown) => {
    // "a specified resource is not valid for this operation" (AWS KMS API Reference, GetPublicKey): a symmetric key.
    if (awsErrorName(error) === 'UnsupportedOperationException') throw otherKind(name, undefined);
    throw kmsFailure(error, { action: 'GetPublicKey', key: name });
  });
  const der = Buffer.from(PublicKey ?? []);
  const publicKey = createPublicKey({ key: der, type: 'spki', format: 'der' });
  const curve = publicKey.asymmetricKeyDetails?.namedCurve;
  if (curve !== 'prime256v1') throw otherKind(name, publicKey.asymmetricKeyType);
  return {
    keyId: createHash('sha256').update(der).digest('hex').slice(0, 16),
    algorithm: 'ecdsa-p256-sha256',
    publicKey: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    sign: (bytes) => signBy(kms, { name, bytes }),
  };
}

/** By digest: KMS takes at most 4,096 bytes of a message (AWS KMS API Reference, Sign). */
async function signBy(
  kms: KMS,
  { name, bytes }: { name: string; bytes: Uint8Array },
): Promise<Uint8Array> {
  const { Signature } = await kms
    .sign({
      KeyId: name,
      Message: createHash('sha256').update(bytes).digest(),
      MessageType: 'DIGEST',
      SigningAlgorithm: 'ECDSA_SHA_256',
    })
    .catch((error: unknown) => {
      throw kmsFailure(error, { action: 'Sign', key: name });
    });
  if (Signature !== undefined) return Signature;
  throw new HoldfastError({
    code: 'KEY_UNUSABLE',
    message: `KMS answered Sign with ${name} without a signature`,
    retryable: true,
  });
}

function otherKind(name: string, type: string | undefined): HoldfastError {
  return new HoldfastError({
    code: 'KEY_INVALID',
    message: `the KMS key ${name} is ${type === undefined ? 'symmetric' : `of the type ${type}`}, and signatures need ECC_NIST_P256`,
    hint: 'Make one: aws kms create-key --key-spec ECC_NIST_P256 --key-usage SIGN_VERIFY',
  });
}
