import { isUnfinished, type ListedObject, type Place, placesOf } from '../domain/inventory.ts';
import { type SetAddress, setPrefix } from '../domain/key.ts';
import { isOutlivedRecord } from '../domain/record-age.ts';
import {
  decideRetention,
  isNamed,
  type RetentionDecision,
  type RetentionRules,
} from '../domain/retention.ts';
import { type RetentionSet, retentionSetOf } from '../domain/retention-set.ts';
import type { Repository } from '../ports/repository.ts';
import { surveySets } from './catalog.ts';

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
  /** Keys of audit records, drill reports and evidence that have outlived their six years. */
  records: string[];
}

/** One listing of the repository and a read of each manifest. */
export async function surveyRetention(
  repository: Repository,
  rules: RetentionRules,
): Promise<RetentionSurvey> {
  const objects = await listAll(repository);
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
  const wasReleased = ({ entry }: Place) => entry.isReleased || entry.isDisposed;
  return {
    decisions: decideRetention(sets, rules),
    placeOf,
    departing: headless.filter(wasReleased),
    unfinished: headless.filter((place) => isUnfinished(place, rules)),
    beheaded: headless.filter((place) => place.entry.marks.length > 0 && !wasReleased(place)),
    records: objects.filter((object) => isOutlivedRecord(object, rules)).map(({ key }) => key),
  };
}

async function listAll(repository: Repository): Promise<ListedObject[]> {
  const objects: ListedObject[] = [];
  for await (const object of repository.list('')) objects.push(object);
  return objects;
}

function sizesOf(place: Place | undefined): ReadonlyMap<string, number> {
  return new Map(
    place?.objects.map(({ key, bytes }) => [key.slice(key.lastIndexOf('/') + 1), bytes]),
  );
}
