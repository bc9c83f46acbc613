import { isUnfinished, type ListedObject, type Place, placesOf } from '../domain/inventory.ts';
import { type SetAddress, setPrefix } from '../domain/key.ts';
import { type HiddenPlace, hiddenPlace } from '../domain/repository/hidden-place.ts';
import { isNamed, type RetentionDecision, type RetentionRules } from '../domain/retention.ts';
import { type RetentionSet, retentionSetOf } from '../domain/retention-set.ts';
import { bySetTime, type CatalogEntry } from '../domain/set-state.ts';
import type { HiddenFolder, ListOptions, Repository } from '../ports/repository.ts';
import { listPlans } from './catalog/list-plans.ts';
import type { MarkSeals } from './catalog/mark-seals.ts';
import { type CatalogedSet, surveySets, withManifest } from './catalog.ts';
import { decideAuthentic, type Seals } from './prune/decide-authentic.ts';
import { decideByManifests } from './prune/decide-by-manifests.ts';
import { outlivedRecords } from './prune/outlived-records.ts';

/** What retention finds in one repository. */
export interface RetentionSurvey {
  decisions: RetentionDecision<RetentionSet>[];
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

/**
 * A listing of each plan, a read of each mark `checked` or manifest and of the manifests that decide, and the seals of the marks and manifests that decide. Objects are forgotten
 * when their plan was listed, but for those of prefixes without a manifest.
 */
export async function surveyRetention(
  repository: Repository,
  { rules, seals }: SurveyOptions,
): Promise<RetentionSurvey> {
  const hidden: HiddenPlace[] = [];
  const onHidden = (folder: HiddenFolder) => hidden.push(hiddenPlace(folder));
  const { entries, sizes, headless } = await listPlaces(repository, { rules, onHidden });
  const sizesOf = (set: SetAddress) => sizes.get(setPrefix(set)) ?? new Map<string, number>();
  const bySummary = (entry: CatalogEntry) => ({ ...entry, sizes: sizesOf(entry) });
  const look = (set: CatalogedSet) => retentionSetOf(set, { sizes: sizesOf(set) });
  const readTerms = async (set: RetentionSet) => {
    const { terms, problem, isIntact, damage = null } = look(await withManifest(set, repository));
    const seen = damage === null ? {} : { state: 'SUSPECT' as const, damage };
    return { ...set, terms, problem, isIntact, ...seen, isBySummary: false };
  };
  const sets = await surveySets(repository, look, { entries, bySummary });
  const records = await outlivedRecords(repository, { now: rules.now, onHidden });
  const rulesHere = { ...rules, hidden };
  const departing = await keepReleased(headless, seals?.markSeals);
  const isStill = (place: Place) => !departing.some(({ entry }) => isSameSet(entry, place.entry));
  return {
    decisions:
      seals === undefined
        ? (await decideByManifests(sets, rulesHere, readTerms)).decisions
        : await decideAuthentic(sets, rulesHere, { ...seals, readTerms }),
    hidden,
    departing,
    unfinished: headless.filter((place) => isUnfinished(place, rules)),
    beheaded: headless.filter((place) => place.entry.marks.length > 0 && isStill(place)),
    records,
  };
}

interface ListedPlaces {
  entries: CatalogEntry[];
  /** Bytes of the objects of each set, by their names. */
  sizes: ReadonlyMap<string, ReadonlyMap<string, number>>;
  /** Of the plans that the store would remove. */
  headless: Place[];
}

async function listPlaces(
  repository: Repository,
  { rules, onHidden }: ListOptions & { rules: RetentionRules },
): Promise<ListedPlaces> {
  const found = { entries: [] as CatalogEntry[], sizes: new Map(), headless: [] as Place[] };
  for await (const listed of listPlans(repository, { onHidden })) {
    const objects: ListedObject[] = [];
    for await (const object of listed) objects.push(object);
    for (const place of placesOf(objects)) {
      const { entry, hasManifest } = place;
      if (hasManifest) {
        found.entries.push(entry);
        found.sizes.set(setPrefix(entry), sizesIn(place));
      } else if (isNamed(entry, rules)) found.headless.push(place);
    }
  }
  found.entries.sort(bySetTime);
  found.headless.sort((one, other) => bySetTime(one.entry, other.entry));
  return found;
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

function sizesIn({ objects }: Place): ReadonlyMap<string, number> {
  return new Map(objects.map(({ key, bytes }) => [key.slice(key.lastIndexOf('/') + 1), bytes]));
}
