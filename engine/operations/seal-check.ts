import { knownFailure } from '../domain/known-failure.ts';
import type { CatalogEntry } from '../domain/set-state.ts';
import { type HoldfastError, isHoldfastError } from '../errors.ts';
import type { AlteredSet } from './catalog/mark-seals.ts';
import { withManifest } from './catalog.ts';
import type { Context } from './context.ts';
import { putSuspicion } from './marks.ts';
import { openEntry } from './opened-set.ts';

const BROKEN_SEAL_CODES: ReadonlySet<string> = new Set([
  'MANIFEST_ALTERED',
  'MANIFEST_INVALID',
  'OBJECT_MISSING',
  'OBJECT_DAMAGED',
  'OBJECT_COLD',
]);

type SealContext = Pick<Context, 'project' | 'repository' | 'keyring' | 'keys' | 'clock'>;

export interface ManifestDoubt {
  text: string;
  /** Where the manifest was altered. */
  error?: HoldfastError;
}

/**
 * Opens the seal of a manifest before retention believes it. One that opens with no key at hand goes by what authentic marks say.
 * @returns what speaks against it; undefined when nothing does. @throws HoldfastError of the repository or the key service.
 */
export async function checkSeal(
  context: Pick<Context, 'repository' | 'keyring' | 'keys' | 'readerOf'>,
  entry: CatalogEntry,
): Promise<ManifestDoubt | undefined> {
  try {
    await openEntry(context, await withManifest(entry, context.repository));
    return undefined;
  } catch (error) {
    if (isHoldfastError(error, 'KEY_MISMATCH')) return undefined;
    if (!isHoldfastError(error)) return { text: knownFailure(error).message };
    if (!BROKEN_SEAL_CODES.has(error.code)) throw error;
    const text = error.message;
    return error.code === 'MANIFEST_ALTERED' ? { text, error } : { text };
  }
}

/** Makes a set SUSPECT whose manifest was changed after it was sealed. */
export async function suspectAltered(
  context: SealContext,
  { entry, error: { code, message } }: AlteredSet,
): Promise<void> {
  await putSuspicion(context, entry, {
    kind: 'damage',
    content: { operation: 'prune', code, reason: message },
  });
}
