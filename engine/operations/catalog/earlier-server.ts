import type { Manifest, UnsealedManifest } from '../../domain/manifest.ts';
import { describeOtherServer } from '../../domain/set/other-server.ts';
import { readableManifest } from '../catalog.ts';
import { type EarlierSets, earlierSets } from './earlier-set.ts';

/**
 * A clause where the newest earlier set of the same database, whatever its plan, came from another
 * server; else null. @throws HoldfastError when the repository fails.
 */
export async function serverChanged(
  manifest: Pick<UnsealedManifest, 'id' | 'database' | 'source'>,
  place: EarlierSets,
): Promise<string | null> {
  for (const address of await earlierSets(manifest, place)) {
    const other: Manifest | undefined = await readableManifest(address, place.repository);
    if (other === undefined) continue;
    const earlier = { id: other.id, server: other.source };
    return describeOtherServer(manifest.source, earlier);
  }
  return null;
}
