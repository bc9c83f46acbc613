import { parseBasicTime } from '../domain/backup-id.ts';
import { isUnread, type SeenSet } from '../domain/finding.ts';
import { manifestKey } from '../domain/key.ts';
import { storedBytes } from '../domain/manifest.ts';
import { fulfils, type PlanWish } from '../domain/plan-wish.ts';
import { HOLDS_NOTHING, isEmptySet } from '../domain/set/empty-set.ts';
import type { CatalogEntry } from '../domain/set-state.ts';
import { isHoldfastError } from '../errors.ts';
import type { Repository } from '../ports/repository.ts';
import { type CatalogedSet, readEntries, surveySets } from './catalog.ts';

/**
 * Every set that was not released, oldest first, its objects compared with the listing. Reads each manifest once, and nothing else
 * unless something is wrong; writes nothing. @param plans what each plan of the config asks for. @throws HoldfastError when the repository fails.
 */
export async function surveyRepository(
  repository: Repository,
  plans: ReadonlyMap<string, PlanWish> = new Map(),
): Promise<SeenSet[]> {
  const entries = withoutReleased(await readEntries(repository));
  const look = (set: CatalogedSet) => seenSetOf(set, plans.get(set.plan));
  const sets: SeenSet[] = [];
  for (const seen of await surveySets(repository, look, { entries }))
    if ((seen.damage === null && !isUnread(seen)) || (await isThere(manifestKey(seen), repository)))
      sets.push(seen);
  return sets;
}

/**
 * Marks are not opened here, and anybody may have written one. Retention never releases a set that nothing younger
 * succeeds, so one that claims it stays in sight.
 */
function withoutReleased(entries: readonly CatalogEntry[]): CatalogEntry[] {
  const newest = new Map<string, string>();
  for (const { database, id, isReleased } of entries) if (!isReleased) newest.set(database, id);
  return entries.filter(
    ({ database, id, isReleased }) => !isReleased || id > (newest.get(database) ?? ''),
  );
}

export function seenSetOf(set: CatalogedSet, wish: PlanWish | undefined): SeenSet {
  const { plan, database, id, state, isWhole, manifest, problem, damage, unread = null } = set;
  return {
    ...{ plan, database, id, state, isWhole, isMarkedReleased: set.isReleased },
    startedAt:
      manifest === undefined ? (parseBasicTime(id) ?? new Date(0)) : new Date(manifest.startedAt),
    fulfilsPlan: manifest === undefined || wish === undefined || fulfils(manifest, wish),
    suspicions: set.suspicions,
    suspectAt: set.suspicions[0]?.at ?? null,
    isFreezing: set.isFreezing,
    provedAt: set.provenAt,
    empty: manifest !== undefined && isEmptySet(manifest) ? HOLDS_NOTHING : null,
    notShownAt: set.notShownAt,
    systemIdentifier: manifest?.source.systemIdentifier ?? null,
    address: manifest?.source.address ?? null,
    damage: unread === null ? (problem ?? damage) : null,
    unread: unread === null ? null : { why: unread, detail: problem ?? '' },
    storedBytes: manifest === undefined ? null : storedBytes(manifest),
  };
}

/** Of a set that was released behind the back of the listing nothing is said. */
async function isThere(key: string, repository: Repository): Promise<boolean> {
  try {
    await repository.inspect(key);
    return true;
  } catch (error) {
    if (isHoldfastError(error, 'OBJECT_MISSING')) return false;
    throw error;
  }
}
