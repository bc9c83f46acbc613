import type { Manifest } from '../../domain/manifest.ts';
import { isHoldfastError } from '../../errors.ts';
import type { Repository } from '../../ports/repository.ts';
import { serverChanged } from '../catalog/earlier-server.ts';

/**
 * `latest` is the newest set of a name, and two servers may have a database of that name.
 * @returns a warning where the set before this one came from another server.
 */
export async function warnOfServer(repository: Repository, manifest: Manifest): Promise<string[]> {
  try {
    const clause = await serverChanged(manifest, { repository });
    return clause === null ? [] : [`set ${manifest.id}: ${clause}`];
  } catch (error) {
    // Whoever may read this set only can restore it all the same.
    if (isHoldfastError(error)) return [];
    throw error;
  }
}
