import { MANIFEST_NAME } from '../contract.ts';
import { type SetAddress, setPrefix } from './key.ts';
import { parseMark } from './set/mark-name.ts';
import { type CatalogEntry, catalogEntry, parseSetKey } from './set-state.ts';

/** One object as a listing shows it. */
export interface ListedObject {
  key: string;
  bytes: number;
  modifiedAt: Date;
}

/** Everything below the prefix of one set, whether it has a manifest or not. */
export interface Place {
  entry: CatalogEntry;
  hasManifest: boolean;
  objects: ListedObject[];
}

/** Days that a prefix without a manifest is left alone: no run publishes its objects for so long. */
const UNFINISHED_DAYS = 7;

/** A listing by the prefixes of its sets, oldest first. */
export function placesOf(objects: Iterable<ListedObject>): Place[] {
  const found = new Map<
    string,
    { address: SetAddress; objects: ListedObject[]; names: string[] }
  >();
  for (const object of objects) {
    const parts = parseSetKey(object.key);
    if (parts === undefined) continue;
    const { name, ...address } = parts;
    const prefix = setPrefix(address);
    const place = found.get(prefix) ?? { address, objects: [], names: [] };
    place.objects.push(object);
    place.names.push(name);
    found.set(prefix, place);
  }
  return [...found.values()]
    .map((place) => ({
      entry: catalogEntry(place.address, place.names),
      hasManifest: place.names.includes(MANIFEST_NAME),
      objects: place.objects,
    }))
    .sort((one, other) => (one.entry.id < other.entry.id ? -1 : 1));
}

/** Marks outlive what they mark. */
export function isMark({ key }: Pick<ListedObject, 'key'>): boolean {
  return parseMark(key.slice(key.lastIndexOf('/') + 1)) !== undefined;
}

/** What a run left that died while it published: never a set, never anything that was a set once (that has marks), and old. */
export function isUnfinished(
  { entry, hasManifest, objects }: Place,
  { now }: { now: Date },
): boolean {
  const youngest = objects.reduce(
    (latest, { modifiedAt }) => Math.max(latest, modifiedAt.getTime()),
    Number.NEGATIVE_INFINITY,
  );
  return (
    !hasManifest &&
    entry.marks.length === 0 &&
    now.getTime() - youngest > UNFINISHED_DAYS * 86_400_000
  );
}
