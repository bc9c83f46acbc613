import type { SetAddress } from '../../domain/key.ts';
import type { Manifest } from '../../domain/manifest.ts';
import { isComparable, lostTables } from '../../domain/set/empty-set.ts';
import type { Repository } from '../../ports/repository.ts';
import { readableManifest, readEntries } from '../catalog.ts';

/** Manifests that are read until one can be compared. */
const LOOKED_AT = 50;

export interface EarlierSets {
  repository: Repository;
  /** The sets of the repository that are not released, oldest first; listed unless given. */
  sets?: readonly SetAddress[];
}

/**
 * A clause where a set has none of the tables of the newest earlier set of its database; null where it has one, or where there
 * is no such set. @throws HoldfastError when the repository fails.
 */
export async function tablesLost(
  manifest: Manifest,
  { repository, sets }: EarlierSets,
): Promise<string | null> {
  const known = sets ?? (await readEntries(repository)).filter(({ isReleased }) => !isReleased);
  const earlier = known
    .filter(({ database, id }) => database === manifest.database && id < manifest.id)
    .slice(-LOOKED_AT)
    .toReversed();
  for (const { plan, database, id } of earlier) {
    const other = await readableManifest({ plan, database, id }, repository);
    if (other !== undefined && isComparable(manifest, other)) return lostTables(manifest, other);
  }
  return null;
}
