import { isUnfinished, type ListedObject, type Place, placesOf } from '../domain/inventory.ts';
import { type SetAddress, setPrefix } from '../domain/key.ts';
import { isOutlivedRecord } from '../domain/record-age.ts';
import { type HiddenPlace, hiddenPlace } from '../domain/repository/hidden-place.ts';
import {
  decideRetention,
  isNamed,
  type RetentionDecision,
  type RetentionRules,
} from '../domain/retention.ts';
import { type RetentionSet, retentionSetOf } from '../domain/retention-set.ts';
import type { ListOptions, Repository } from '../ports/repository.ts';
import type { MarkSeals } from './catalog/mark-seals.ts';
import { surveySets } from './catalog.ts';
import { decideAuthentic, type Seals } from './prune/decide-authentic.ts';

/** What retention finds in one repository. */
export interface RetentionSurvey {
  decisions: RetentionDecision<RetentionSet>[];
  /** What lies below the prefix of a set. */
  placeOf: (address: SetAddress) => Place | undefined;
  /** Released before; the manifest is out of sight. */
  departing: Place[];
  /** Left by a run that died while it published. */
  unfinished: Place[];
  /** With marks and without a manifest: somebody or something took it away. */
  beheaded: Place[];
  /** What could not be listed. */
  hidden: HiddenPlace[];
  /** Keys of audit records, drill reports and evidence that have outlived their six years. */
  records: string[];
}

export interface SurveyOptions {
  rules: RetentionRules;
  /** Undefined where no key is at hand: then marks are taken by their names, which is enough for a dry run only. */
  seals: Seals | undefined;
}

/** One listing of the repository, a read of each manifest, and the seals of the marks and manifests that decide. */
export async function surveyRetention(
  repository: Repository,
  { rules, seals }: SurveyOptions,
): Promise<RetentionSurvey> {
  const hidden: HiddenPlace[] = [];
  const objects = await listAll(repository, {
    onHidden: (folder) => hidden.push(hiddenPlace(folder)),
  });
  const places = placesOf(objects);
  const byPrefix = new Map(places.map((place) => [setPrefix(place.entry), place]));
  const placeOf = (address: SetAddress) => byPrefix.get(setPrefix(address));
  const entries = places.filter(({ hasManifest }) => hasManifest).map(({ entry }) => entry);
  const sets = await surveySets(
    repository,
    (set) => retentionSetOf(set, { sizes: sizesOf(placeOf(set)) }),
    { entries },
  );
  const headless = places.filter(({ hasManifest, entry }) => !hasManifest && isNamed(entry, rules));
  const rulesHere = { ...rules, hidden };
  const departing = await keepReleased(headless, seals?.markSeals);
  const isStill = (place: Place) => !departing.some(({ entry }) => isSameSet(entry, place.entry));
  return {
    decisions:
      seals === undefined
        ? decideRetention(sets, rulesHere)
        : await decideAuthentic(sets, rulesHere, seals),
    hidden,
    placeOf,
    departing,
    unfinished: headless.filter((place) => isUnfinished(place, rules)),
    beheaded: headless.filter((place) => place.entry.marks.length > 0 && isStill(place)),
    records: objects.filter((object) => isOutlivedRecord(object, rules)).map(({ key }) => key),
  };
}

/** Those that a holder of the key released. A mark that anybody may have written lets nothing go. */
async function keepReleased(
  places: readonly Place[],
  seals: MarkSeals | undefined,
): Promise<Place[]> {
  const released: Place[] = [];
  for (const place of places.filter(({ entry }) => wasReleased(entry))) {
    const entry = (await seals?.open(place.entry)) ?? place.entry;
    if (wasReleased(entry)) released.push({ ...place, entry });
  }
  return released;
}

function wasReleased({ isReleased, isDisposed }: Place['entry']): boolean {
  return isReleased || isDisposed;
}

function isSameSet(one: SetAddress, other: SetAddress): boolean {
  return setPrefix(one) === setPrefix(other);
}

async function listAll(repository: Repository, options: ListOptions): Promise<ListedObject[]> {
  const objects: ListedObject[] = [];
  for await (const object of repository.list('', options)) objects.push(object);
  return objects;
}

function sizesOf(place: Place | undefined): ReadonlyMap<string, number> {
  return new Map(
    place?.objects.map(({ key, bytes }) => [key.slice(key.lastIndexOf('/') + 1), bytes]),
  );
}
