import { parseBasicTime } from '../domain/backup-id.ts';
import { isUnread, type SeenSet } from '../domain/finding.ts';
import { manifestKey } from '../domain/key.ts';
import { fulfilsPlan, type PlanWish } from '../domain/plan-wish.ts';
import { comparedAtOf } from '../domain/set/anomaly-marks.ts';
import { HOLDS_NOTHING } from '../domain/set/empty-set.ts';
import { doubtRelease, successionOf } from '../domain/set/release-doubt.ts';
import {
  isEmptySummary,
  isJudgedBySummary,
  summarize,
  summaryFulfils,
} from '../domain/set/set-summary.ts';
import type { CatalogEntry } from '../domain/set-state.ts';
import { isHoldfastError } from '../errors.ts';
import type { ListOptions, Repository } from '../ports/repository.ts';
import { type CatalogedSet, readEntries, surveySets, withManifest } from './catalog.ts';
import { confirmNewest, type LookedAt } from './check/confirm-newest.ts';

/**
 * Every set that was not released, oldest first, its objects compared with the listing. Reads of each set the mark `checked`, or the
 * manifest where there is none that fits, and nothing else unless something is wrong; writes nothing. Marks are not opened, and
 * anybody may have written one: a set stays in sight unless all that shows without a key fits its release, and the sets that say that
 * no backup is missing are taken by their manifests. @param plans what each plan of the config asks for.
 * @throws HoldfastError when the repository fails.
 */
export async function surveyRepository(
  repository: Repository,
  { plans = new Map(), now, entries, onHidden }: SurveyOptions,
): Promise<SeenSet[]> {
  const all = entries ?? (await readEntries(repository, '', { onHidden }));
  const isSucceeded = successionOf(all);
  const look = (set: CatalogedSet): LookedAt => {
    const keepUntil = set.manifest === undefined ? null : new Date(set.manifest.keepUntil);
    const releaseDoubt = doubtRelease(set, { isSucceeded: isSucceeded(set), keepUntil, now });
    const isLeaving = set.isReleased && !set.isHeld && releaseDoubt === null;
    const seen = { ...seenSetOf(set, plans.get(set.plan)), releaseDoubt };
    return { seen, isLeaving, isBySummary: set.summary !== undefined };
  };
  const bySummary = (entry: CatalogEntry) =>
    isJudgedBySummary(plans.get(entry.plan)) ? entry : undefined;
  const looked = await surveySets(repository, look, { entries: all, bySummary });
  const entryOf = new Map(looked.map((one, index) => [one, all[index]]));
  const read = async (one: LookedAt) => {
    const entry = entryOf.get(one);
    return entry === undefined ? one : look(await withManifest(entry, repository));
  };
  const confirmed = await confirmNewest(looked, { now, read });
  const sets: SeenSet[] = [];
  for (const { seen, isLeaving } of confirmed) {
    if (isLeaving) continue;
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
  const summary = set.summary ?? (manifest && summarize(manifest));
  return {
    ...{ plan, database, id, state, isWhole },
    startedAt:
      summary === undefined ? (parseBasicTime(id) ?? new Date(0)) : new Date(summary.startedAt),
    fulfilsPlan: wish === undefined || fulfilsWish(set, wish),
    suspicions: set.suspicions,
    suspectAt: set.suspicions[0]?.at ?? null,
    isFreezing: set.isFreezing,
    provedAt: set.provenAt,
    checkedAt: set.checkedAt,
    comparedAt: comparedAtOf(set),
    isCold: set.isCold ?? false,
    empty: summary !== undefined && isEmptySummary(summary) ? HOLDS_NOTHING : null,
    notShownAt: set.notShownAt,
    systemIdentifier: summary?.systemIdentifier ?? null,
    address: summary?.address ?? null,
    damage: unread === null ? (problem ?? damage) : null,
    unread: unread === null ? null : { why: unread, detail: problem ?? '' },
    storedBytes: summary?.storedBytes ?? null,
    plaintextBytes: summary?.plaintextBytes ?? null,
  };
}

/** True where neither can be read. */
function fulfilsWish({ manifest, summary }: CatalogedSet, wish: PlanWish): boolean {
  if (summary !== undefined) return summaryFulfils(summary, wish);
  return manifest === undefined || fulfilsPlan(manifest, wish);
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
