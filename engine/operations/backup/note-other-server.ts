import type { UnsealedManifest } from '../../domain/manifest.ts';
import { adviceOnServers } from '../../domain/set/other-server.ts';
import { isHoldfastError } from '../../errors.ts';
import { serverChanged } from '../catalog/earlier-server.ts';
import type { Context } from '../context.ts';

/**
 * Notes where the sets before this one came from another server: the database was moved, or another
 * one has the same name. A backup that is published fails for no repository that can't be read; the
 * role that writes in a vault may not read there, and `verify` and `check` say the same.
 */
export async function noteOtherServer(
  { repositories }: Pick<Context, 'repositories'>,
  manifest: UnsealedManifest,
): Promise<string[]> {
  const clauses = new Set<string>();
  for (const { repository } of repositories) {
    const clause = await serverChanged(manifest, { repository }).catch((error: unknown) => {
      if (!isHoldfastError(error)) throw error;
      return null;
    });
    if (clause !== null) clauses.add(clause);
  }
  if (clauses.size === 0) return [];
  return [
    ...[...clauses].map(
      (clause) => `the set is not of the same server as the one before it: ${clause}`,
    ),
    adviceOnServers(manifest.database),
  ];
}
