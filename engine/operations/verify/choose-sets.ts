import type { CatalogEntry } from '../../domain/set-state.ts';
import { chooseRotation, type Rotation, type Share } from '../../domain/verify/choose-rotation.ts';
import type { Repository } from '../../ports/repository.ts';
import { readableManifest } from '../catalog.ts';

export interface ChooseOptions {
  repository: Repository;
  share: Share;
  now: Date;
}

/**
 * Which sets of one repository are read in this run. The kind stands in the manifest. A plan takes one kind, so the newest PROVEN set
 * of each plan and database is enough: one manifest each is read.
 * @throws HoldfastError when the repository fails.
 */
export async function chooseSets(
  entries: readonly CatalogEntry[],
  { repository, share, now }: ChooseOptions,
): Promise<Rotation<CatalogEntry>> {
  const newest = new Map<string, CatalogEntry>();
  for (const entry of entries)
    if (entry.state === 'PROVEN' && entry.isCold !== true && !entry.isReleased)
      newest.set(JSON.stringify([entry.plan, entry.database]), entry);
  const kinds = new Map<CatalogEntry, string>();
  for (const entry of newest.values()) {
    const manifest = await readableManifest(entry, repository);
    kinds.set(entry, manifest?.kind ?? 'unknown');
  }
  return chooseRotation(entries, { share, now, kindOf: (entry) => kinds.get(entry) });
}
