import { createHash, createPublicKey, type KeyObject, verify } from 'node:crypto';
import {
  parseEnvelope,
  preAuthenticationEncoding,
  type SignedEnvelope,
} from '../../domain/signing/envelope.ts';
import { HoldfastError } from '../../errors.ts';
import type { Signer } from '../../ports/signer.ts';

/** @throws HoldfastError KEY_UNUSABLE, CREDENTIALS. */
export async function signEnvelope(
  signer: Signer,
  { payloadType, payload }: { payloadType: string; payload: Uint8Array },
): Promise<SignedEnvelope> {
  const sig = await signer.sign(preAuthenticationEncoding(payloadType, payload));
  return {
    payloadType,
    payload: Buffer.from(payload).toString('base64'),
    signatures: [{ keyid: signer.keyId, sig: Buffer.from(sig).toString('base64') }],
  };
}

/** A public key that signatures are verified with. */
export interface PublicKey {
  keyId: string;
  key: KeyObject;
}

/** @throws HoldfastError KEY_INVALID where the text is no Ed25519 or P-256 public key in PEM. */
export function readPublicKey(pem: string, { origin }: { origin: string }): PublicKey {
  const key = parsePublicKey(pem, origin);
  const der = key.export({ type: 'spki', format: 'der' });
  return { keyId: createHash('sha256').update(der).digest('hex').slice(0, 16), key };
}

function parsePublicKey(pem: string, origin: string): KeyObject {
  const invalid = (cause?: unknown) =>
    new HoldfastError({
      code: 'KEY_INVALID',
      message: `${origin} is not an Ed25519 or P-256 public key in PEM`,
      hint: 'Give the file keys/signing-<id>.pem of the repository, as you kept it in another place.',
      ...(cause === undefined ? {} : { cause }),
    });
  try {
    const key = createPublicKey(pem);
    const isKnown =
      key.asymmetricKeyType === 'ed25519' ||
      (key.asymmetricKeyType === 'ec' && key.asymmetricKeyDetails?.namedCurve === 'prime256v1');
    if (isKnown && !pem.includes('PRIVATE KEY')) return key;
  } catch (cause) {
    throw invalid(cause);
  }
  throw invalid();
}

export type OpenedEnvelope =
  | { payloadType: string; payload: Buffer; keyId: string }
  | { fault: 'malformed' | 'unknown-key' | 'bad-signature' };

/** Verifies a DSSE envelope: one good signature of one of the keys is enough. */
export function openEnvelope(content: Uint8Array, keys: readonly PublicKey[]): OpenedEnvelope {
  const envelope = parseEnvelope(content);
  if (envelope === undefined) return { fault: 'malformed' };
  const payload = Buffer.from(envelope.payload, 'base64');
  const signed = preAuthenticationEncoding(envelope.payloadType, payload);
  const tried = envelope.signatures.flatMap(({ keyid, sig }) =>
    keys
      .filter((one) => keyid === undefined || keyid === one.keyId)
      .map(({ keyId, key }) => ({
        keyId,
        isGood: isSignedBy(key, { signed, signature: Buffer.from(sig, 'base64') }),
      })),
  );
  const good = tried.find(({ isGood }) => isGood);
  if (good !== undefined) return { payloadType: envelope.payloadType, payload, keyId: good.keyId };
  return { fault: tried.length === 0 ? 'unknown-key' : 'bad-signature' };
}

function isSignedBy(
  key: KeyObject,
  { signed, signature }: { signed: Uint8Array; signature: Uint8Array },
): boolean {
  const hash = key.asymmetricKeyType === 'ed25519' ? null : 'sha256';
  return verify(hash, signed, key, signature);
}
