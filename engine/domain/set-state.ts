import { MANIFEST_NAME } from '../contract.ts';
import { isBackupId } from './backup-id.ts';
import { decodeName, encodeName, type SetAddress } from './key.ts';
import { evaluateMarks, type MarkedState } from './set/evaluate-marks.ts';
import { parseMark, type SetMark } from './set/mark-name.ts';

/** A set as a listing alone shows it. */
export interface CatalogEntry extends SetAddress, MarkedState {
  /** For people to read; what they amount to stands beside them. */
  marks: readonly SetMark[];
  /** Bytes of the objects below its prefix, by their names; undefined where only names were listed. */
  sizes?: ReadonlyMap<string, number>;
  /** One of its objects at least must be thawed before it can be read; absent where none is known to be. */
  isCold?: true;
}

/** An object of a listing. */
export interface SizedObject {
  key: string;
  bytes: number;
  isCold?: true | undefined;
}

interface KeyParts extends SetAddress {
  name: string;
}

/** What a key says of a set; undefined for keys that are not of a set. */
export function parseSetKey(key: string): KeyParts | undefined {
  const [plan, database, id, name, ...rest] = key.split('/');
  if (
    plan === undefined ||
    database === undefined ||
    id === undefined ||
    name === undefined ||
    rest.length > 0
  )
    return undefined;
  if (!isBackupId(id)) return undefined;
  const [planName, databaseName] = [nameIn(plan), nameIn(database)];
  if (planName === undefined || databaseName === undefined) return undefined;
  return { plan: planName, database: databaseName, id, name };
}

/** Undefined where a name is written as Holdfast does not write it: two keys never stand for one set. */
export function nameIn(segment: string): string | undefined {
  try {
    const name = decodeName(segment);
    return encodeName(name) === segment ? name : undefined;
  } catch {
    return undefined;
  }
}

/** The sets that `keys` show, oldest first. A prefix without a manifest is not a set. */
export function catalogOf(keys: Iterable<string>): CatalogEntry[] {
  return catalogOfObjects([...keys].map((key) => ({ key, bytes: 0 }))).map(
    ({ sizes: _sizes, ...entry }) => entry,
  );
}

/** The same of a whole listing, with the sizes of what each set holds. */
export function catalogOfObjects(objects: Iterable<SizedObject>): CatalogEntry[] {
  const found = new Map<string, FoundSet>();
  for (const { key, bytes, isCold } of objects) {
    const parts = parseSetKey(key);
    if (parts === undefined) continue;
    const { name, ...address } = parts;
    const place = `${address.plan}/${address.database}/${address.id}`;
    const entry: FoundSet = found.get(place) ?? { address, sizes: new Map(), isCold: false };
    entry.sizes.set(name, bytes);
    entry.isCold ||= isCold === true;
    found.set(place, entry);
  }
  return [...found.values()]
    .filter(({ sizes }) => sizes.has(MANIFEST_NAME))
    .map(({ address, sizes, isCold }) => ({
      ...catalogEntry(address, [...sizes.keys()]),
      sizes,
      ...(isCold ? { isCold } : {}),
    }))
    .sort(bySetTime);
}

interface FoundSet {
  address: SetAddress;
  sizes: Map<string, number>;
  isCold: boolean;
}

/** Oldest first; sets of one second by their names. */
export function bySetTime(one: CatalogEntry, other: CatalogEntry): number {
  if (one.id !== other.id) return one.id < other.id ? -1 : 1;
  return `${one.database}/${one.plan}` < `${other.database}/${other.plan}` ? -1 : 1;
}

/** What the names of the objects below one prefix say of it, with a manifest or without. */
export function catalogEntry(address: SetAddress, names: readonly string[]): CatalogEntry {
  const marks = names.map(parseMark).filter((mark) => mark !== undefined);
  return { ...address, marks, ...evaluateMarks(marks) };
}
