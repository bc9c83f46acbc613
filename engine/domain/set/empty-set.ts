import { totalRows, type UnsealedManifest } from '../manifest.ts';

/**
 * Whether a backup holds nothing: no table with a row and no large object. A backup of nothing proves nothing; mostly it is of the
 * wrong database, or of one that was emptied. Older manifests don't count large objects, so nothing is said of them.
 */
export function isEmptySet(
  manifest: Pick<UnsealedManifest, 'tables' | 'selection' | 'largeObjects'>,
): boolean {
  const rows = totalRows(manifest);
  return manifest.selection.contents !== 'schema' && rows === 0 && manifest.largeObjects === 0;
}
