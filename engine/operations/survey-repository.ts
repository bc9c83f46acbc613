import { parseBasicTime } from '../domain/backup-id.ts';
import { isUnread, type SeenSet } from '../domain/finding.ts';
import { manifestKey } from '../domain/key.ts';
import { plaintextBytes, storedBytes } from '../domain/manifest.ts';
import { fulfils, type PlanWish } from '../domain/plan-wish.ts';
import { comparedAtOf } from '../domain/set/anomaly-marks.ts';
import { HOLDS_NOTHING, isEmptySet } from '../domain/set/empty-set.ts';
import { doubtRelease, successionOf } from '../domain/set/release-doubt.ts';
import type { CatalogEntry } from '../domain/set-state.ts';
import { isHoldfastError } from '../errors.ts';
import type { ListOptions, Repository } from '../ports/repository.ts';
import { type CatalogedSet, readEntries, surveySets } from './catalog.ts';

/**
 * Every set that was not released, oldest first, its objects compared with the listing. Reads each manifest once, and nothing else
 * unless something is wrong; writes nothing. Marks are not opened, and anybody may have written one: a set stays in sight unless
 * all that shows without a key fits its release. @param plans what each plan of the config asks for.
 * @throws HoldfastError when the repository fails.
 */
export async function surveyRepository(
  repository: Repository,
  { plans = new Map(), now, entries, onHidden }: SurveyOptions,
): Promise<SeenSet[]> {
  const all = entries ?? (await readEntries(repository, '', { onHidden }));
  const isSucceeded = successionOf(all);
  const look = (set: CatalogedSet) => {
    const keepUntil = set.manifest === undefined ? null : new Date(set.manifest.keepUntil);
    const releaseDoubt = doubtRelease(set, { isSucceeded: isSucceeded(set), keepUntil, now });
    const isLeaving = set.isReleased && !set.isHeld && releaseDoubt === null;
    return isLeaving ? undefined : { ...seenSetOf(set, plans.get(set.plan)), releaseDoubt };
  };
  const sets: SeenSet[] = [];
  for (const seen of await surveySets(repository, look, { entries: all })) {
    if (seen === undefined) continue;
    if ((seen.damage === null && !isUnread(seen)) || (await isThere(manifestKey(seen), repository)))
      sets.push(seen);
  }
  return sets;
}

export interface SurveyOptions extends ListOptions {
  plans?: ReadonlyMap<string, PlanWish>;
  now: Date;
  /** Listed unless given. */
  entries?: readonly CatalogEntry[];
}

export function seenSetOf(set: CatalogedSet, wish: PlanWish | undefined): SeenSet {
  const { plan, database, id, state, isWhole, manifest, problem, damage, unread = null } = set;
  return {
    ...{ plan, database, id, state, isWhole },
    startedAt:
      manifest === undefined ? (parseBasicTime(id) ?? new Date(0)) : new Date(manifest.startedAt),
    fulfilsPlan: manifest === undefined || wish === undefined || fulfils(manifest, wish),
    suspicions: set.suspicions,
    suspectAt: set.suspicions[0]?.at ?? null,
    isFreezing: set.isFreezing,
    provedAt: set.provenAt,
    checkedAt: set.checkedAt,
    comparedAt: comparedAtOf(set),
    isCold: set.isCold ?? false,
    empty: manifest !== undefined && isEmptySet(manifest) ? HOLDS_NOTHING : null,
    notShownAt: set.notShownAt,
    systemIdentifier: manifest?.source.systemIdentifier ?? null,
    address: manifest?.source.address ?? null,
    damage: unread === null ? (problem ?? damage) : null,
    unread: unread === null ? null : { why: unread, detail: problem ?? '' },
    storedBytes: manifest === undefined ? null : storedBytes(manifest),
    plaintextBytes: manifest === undefined ? null : plaintextBytes(manifest),
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
