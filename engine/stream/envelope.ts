import type { Duplex } from 'node:stream';
import {
  AlgorithmSuiteIdentifier,
  buildClient,
  CommitmentPolicy,
  type KeyringNode,
} from '@aws-crypto/client-node';
import { HoldfastError, isHoldfastError } from '../errors.ts';
import { letFinish } from './let-finish.ts';
import { assertSameContext, type MessageContext } from './message-context.ts';

/** Wraps and unwraps data keys; built by an adapter. */
export type Keyring = KeyringNode;

/** 1 MiB: four times the speed of the default 4 KiB, and still far below what one has to hold. */
const FRAME_BYTES = 1024 * 1024;

/** AES-256-GCM, HKDF-SHA512, key commitment, no signature (AWS Encryption SDK, algorithm suite 0x0478). */
const SUITE = AlgorithmSuiteIdentifier.ALG_AES256_GCM_IV12_TAG16_HKDF_SHA512_COMMIT_KEY;

const client = buildClient({
  commitmentPolicy: CommitmentPolicy.REQUIRE_ENCRYPT_REQUIRE_DECRYPT,
  maxEncryptedDataKeys: 10,
});

export interface EnvelopeOptions {
  context: MessageContext;
}

/** A transform from plaintext to one Encryption SDK message. */
export function encryptStream(keyring: Keyring, { context }: EnvelopeOptions): Duplex {
  return letFinish(
    client.encryptStream(keyring, {
      suiteId: SUITE,
      frameLength: FRAME_BYTES,
      encryptionContext: { ...context },
    }),
  );
}

/** A transform from one message to its plaintext; every frame is authenticated before it is let through. */
export function decryptStream(keyring: Keyring, { context }: EnvelopeOptions): Duplex {
  const stream = client.decryptStream(keyring, { maxBodySize: FRAME_BYTES });
  stream.once(
    'MessageHeader',
    ({ encryptionContext }: { encryptionContext: Record<string, string> }) => {
      try {
        assertSameContext(encryptionContext, context);
      } catch (error) {
        stream.destroy(error as Error);
      }
    },
  );
  return stream;
}

/** One small message. */
export async function encryptBytes(
  keyring: Keyring,
  bytes: Uint8Array,
  { context }: EnvelopeOptions,
): Promise<Buffer> {
  const { result } = await client.encrypt(keyring, bytes, {
    suiteId: SUITE,
    encryptionContext: { ...context },
  });
  return result;
}

/** @throws HoldfastError OBJECT_DAMAGED, KEY_MISMATCH. */
export async function decryptBytes(
  keyring: Keyring,
  message: Uint8Array,
  { context }: EnvelopeOptions,
): Promise<Buffer> {
  try {
    const { plaintext, messageHeader } = await client.decrypt(keyring, message);
    assertSameContext(messageHeader.encryptionContext, context);
    return plaintext;
  } catch (error) {
    throw decryptFailure(error, context);
  }
}

/** What went wrong while a message was read, told apart: the key or the bytes. */
export function decryptFailure(error: unknown, { object, backup }: MessageContext): HoldfastError {
  if (isHoldfastError(error)) return error;
  const text = error instanceof Error ? error.message : String(error);
  if (
    /unencryptedDataKey has not been set|Unable to decrypt data key|unable to decrypt any/i.test(
      text,
    )
  ) {
    return new HoldfastError({
      code: 'KEY_MISMATCH',
      message: `no key at hand opens ${object} of ${backup}`,
      hint: '`holdfast show` names the keys the set was made for. Point keys.file (or HOLDFAST_KEY_FILE) to the right one, or use the break-glass key.',
      cause: error,
    });
  }
  return new HoldfastError({
    code: 'OBJECT_DAMAGED',
    message: `${object} of ${backup} is damaged: it does not decrypt to its end`,
    hint: 'Use an older set or another copy of the repository, and have the disk checked.',
    cause: error,
  });
}
