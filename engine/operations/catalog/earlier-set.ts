import type { SetAddress } from '../../domain/key.ts';
import type { LogicalManifest, Manifest } from '../../domain/manifest.ts';
import { isComparable, lostTables } from '../../domain/set/empty-set.ts';
import { PASS_OVER_HIDDEN, type Repository } from '../../ports/repository.ts';
import { readableManifest, readEntries } from '../catalog.ts';

/** Manifests that are read until one can be compared. */
const LOOKED_AT = 50;

export interface EarlierSets {
  repository: Repository;
  /**
   * The sets of the repository, oldest first; listed unless given. Also those that are marked as released: the mark may be
   * forged, and a set that is on its way out can still be compared.
   */
  sets?: readonly SetAddress[] | undefined;
}

/**
 * A clause where a set has none of the tables of the newest earlier set of its database; null where it has one, or where there
 * is no such set. @throws HoldfastError when the repository fails.
 */
export async function tablesLost(
  manifest: LogicalManifest,
  { repository, sets }: EarlierSets,
): Promise<string | null> {
  for (const address of await earlierSets(manifest, { repository, sets })) {
    const other = await readableManifest(address, repository);
    if (other?.kind === 'logical' && isComparable(manifest, other))
      return lostTables(manifest, other);
  }
  return null;
}

/** The sets of the same database before it, whatever their plan, newest first; as many as are worth a look. */
export async function earlierSets(
  { database, id }: Pick<Manifest, 'database' | 'id'>,
  { repository, sets }: EarlierSets,
): Promise<SetAddress[]> {
  const known = sets ?? (await readEntries(repository, '', PASS_OVER_HIDDEN));
  return known
    .filter((one) => one.database === database && one.id < id)
    .slice(-LOOKED_AT)
    .toReversed()
    .map((one) => ({ plan: one.plan, database: one.database, id: one.id }));
}
