import type { SealFault } from '../domain/set/mark-authenticity.ts';
import { type MarkBody, parseSealedMark } from '../domain/set/mark-body.ts';
import { isHoldfastError } from '../errors.ts';
import { decryptBytes, encryptBytes, type Keyring } from './envelope.ts';
import type { MessageContext } from './message-context.ts';
import { digestOf } from './seal.ts';

export interface MarkSealOptions {
  keyring: Keyring;
  /** Its object is the name of the file of the mark, so that no mark can be renamed or moved to another set. */
  context: MessageContext;
}

/** The body of a mark with its seal: an Encryption SDK message over the SHA-256 of the rest. */
export async function sealMark(
  body: MarkBody,
  { keyring, context }: MarkSealOptions,
): Promise<MarkBody & { seal: string }> {
  const message = await encryptBytes(keyring, digestOf(body), { context });
  return { ...body, seal: message.toString('base64') };
}

export type OpenedMark = { body: MarkBody } | { fault: SealFault };

/** @throws HoldfastError KEY_UNUSABLE, CREDENTIALS where the key service does not answer. */
export async function openMark(
  content: Uint8Array,
  { keyring, context }: MarkSealOptions,
): Promise<OpenedMark> {
  const sealedMark = parseSealedMark(content);
  if (sealedMark === undefined) return { fault: 'unsealed' };
  try {
    const sealed = await decryptBytes(keyring, sealedMark.seal, { context });
    return sealed.equals(digestOf(sealedMark.body))
      ? { body: sealedMark.body }
      : { fault: 'broken' };
  } catch (error) {
    if (isHoldfastError(error, 'OBJECT_DAMAGED')) return { fault: 'broken' };
    if (isHoldfastError(error, 'KEY_MISMATCH')) return { fault: 'other-key' };
    throw error;
  }
}
