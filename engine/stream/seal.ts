import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';
import { MANIFEST_NAME } from '../contract.ts';
import type { Manifest, UnsealedManifest } from '../domain/manifest.ts';
import { HoldfastError, isHoldfastError } from '../errors.ts';
import { decryptBytes, encryptBytes, type Keyring } from './envelope.ts';
import type { MessageContext } from './message-context.ts';

/** A manifest that nobody without the key can make or alter: its SHA-256 stands in an Encryption SDK message. */
export async function sealManifest(
  manifest: UnsealedManifest,
  keyring: Keyring,
): Promise<Manifest> {
  const message = await encryptBytes(keyring, manifestDigest(manifest), {
    context: contextOf(manifest),
  });
  return { ...manifest, seal: message.toString('base64') };
}

/** @throws HoldfastError MANIFEST_ALTERED, KEY_MISMATCH. */
export async function assertSealed(manifest: Manifest, keyring: Keyring): Promise<void> {
  const sealed = await openSeal(manifest, keyring);
  if (!sealed.equals(manifestDigest(manifest))) throw altered(manifest);
}

async function openSeal(manifest: Manifest, keyring: Keyring): Promise<Buffer> {
  const seal = Buffer.from(manifest.seal, 'base64');
  // Bits behind the last byte are part of the file, too.
  if (seal.toString('base64') !== manifest.seal) throw altered(manifest);
  try {
    return await decryptBytes(keyring, seal, {
      context: contextOf(manifest),
    });
  } catch (error) {
    throw isHoldfastError(error, 'OBJECT_DAMAGED') ? altered(manifest, error) : error;
  }
}

/** What the seal of a manifest covers: everything but the seal. */
export function manifestDigest(manifest: UnsealedManifest & { seal?: string }): Buffer {
  const { seal: _seal, ...rest } = manifest;
  return digestOf(rest);
}

/** SHA-256 of the canonical JSON (RFC 8785), so that white space and the order of members do not count. */
export function digestOf(document: object): Buffer {
  return createHash('sha256')
    .update(canonicalize(document) ?? '')
    .digest();
}

function contextOf({ project, database, id }: UnsealedManifest): MessageContext {
  return { project, database, backup: id, object: MANIFEST_NAME };
}

function altered({ id }: UnsealedManifest, cause?: unknown): HoldfastError {
  return new HoldfastError({
    code: 'MANIFEST_ALTERED',
    message: `the manifest of ${id} was changed after it was sealed`,
    hint: 'Do not trust this set. Take it from another copy of the repository, and find out who wrote to this one.',
    cause,
  });
}
