import { MANIFEST_NAME } from '../contract.ts';
import { basicTime, isBackupId, parseBasicTime } from './backup-id.ts';
import { decodeName, type SetAddress } from './key.ts';

/** Marks are create-only objects beside the manifest: `<mark>-<time>.json`. */
export const MARKS = [
  'checked',
  'proven',
  'suspect',
  'accepted',
  'hold',
  'unhold',
  'released',
  'disposed',
] as const;
export type Mark = (typeof MARKS)[number];

export type SetState = 'STORED' | 'CHECKED' | 'PROVEN' | 'SUSPECT';

/** A set as a listing alone shows it. */
export interface CatalogEntry extends SetAddress {
  state: SetState;
  isHeld: boolean;
  /** Retention has let it go; what is left of it may vanish any day. */
  isReleased: boolean;
  marks: { mark: Mark; at: Date }[];
}

export function markName(mark: Mark, at: Date): string {
  return `${mark}-${basicTime(at)}.json`;
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
  return { plan: decodeName(plan), database: decodeName(database), id, name };
}

/** The sets that `keys` show, oldest first. A prefix without a manifest is not a set. */
export function catalogOf(keys: Iterable<string>): CatalogEntry[] {
  const found = new Map<string, { address: SetAddress; names: string[] }>();
  for (const key of keys) {
    const parts = parseSetKey(key);
    if (parts === undefined) continue;
    const { name, ...address } = parts;
    const place = `${address.plan}/${address.database}/${address.id}`;
    const entry = found.get(place) ?? { address, names: [] };
    entry.names.push(name);
    found.set(place, entry);
  }
  return [...found.values()]
    .filter(({ names }) => names.includes(MANIFEST_NAME))
    .map(({ address, names }) => catalogEntry(address, names))
    .sort(byTime);
}

function byTime(one: CatalogEntry, other: CatalogEntry): number {
  if (one.id !== other.id) return one.id < other.id ? -1 : 1;
  return `${one.database}/${one.plan}` < `${other.database}/${other.plan}` ? -1 : 1;
}

/** What the names of the objects below one prefix say of it, with a manifest or without. */
export function catalogEntry(address: SetAddress, names: readonly string[]): CatalogEntry {
  const marks = names.map(parseMark).filter((mark) => mark !== undefined);
  const isReleased = marks.some(({ mark }) => mark === 'released');
  return {
    ...address,
    marks,
    state: stateOf(marks),
    isHeld: newest(marks, 'hold') > newest(marks, 'unhold'),
    isReleased,
  };
}

export function parseMark(name: string): { mark: Mark; at: Date } | undefined {
  const [word, rest] = [name.slice(0, name.indexOf('-')), name.slice(name.indexOf('-') + 1)];
  const mark = MARKS.find((candidate) => candidate === word);
  const at = parseBasicTime(rest);
  return mark === undefined || at === undefined ? undefined : { mark, at };
}

/** Of suspect and accepted the newest decides; any proven counts. */
function stateOf(marks: CatalogEntry['marks']): SetState {
  if (newest(marks, 'suspect') > newest(marks, 'accepted')) return 'SUSPECT';
  if (marks.some(({ mark }) => mark === 'proven')) return 'PROVEN';
  return marks.some(({ mark }) => mark === 'checked') ? 'CHECKED' : 'STORED';
}

function newest(marks: CatalogEntry['marks'], wanted: Mark): number {
  return Math.max(-1, ...marks.filter(({ mark }) => mark === wanted).map(({ at }) => at.getTime()));
}
