import { HoldfastError } from '../errors.ts';
import { isBackupId } from './backup-id.ts';
import { isUsable } from './set/evaluate-marks.ts';
import { setNotFound } from './set/set-not-found.ts';
import type { CatalogEntry } from './set-state.ts';

/** A catalog entry with what only its manifest tells. */
export interface NamedSet extends CatalogEntry {
  kind: string;
  isWhole: boolean;
}

/**
 * How a person names a set: its id, `<database>/<plan>/<id>` where two sets share one, `latest`, `<database>/latest`,
 * `<database>/<plan>/latest`, or any of them with `latest-proven`.
 */
export type SetName = { database?: string; plan?: string } & (
  | { id: string }
  | { mustBeProven: boolean }
);

/** @throws HoldfastError USAGE. */
export function parseSetName(text: string): SetName {
  if (isBackupId(text)) return { id: text };
  const parts = text.split('/');
  const word = parts.pop() ?? '';
  const [database = '', plan = ''] = parts;
  if (isBackupId(word) && parts.length === 2 && !parts.includes(''))
    return { id: word, database, plan };
  if ((word === 'latest' || word === 'latest-proven') && parts.length <= 2 && !parts.includes('')) {
    return {
      ...(database === '' ? {} : { database }),
      ...(plan === '' ? {} : { plan }),
      mustBeProven: word === 'latest-proven',
    };
  }
  throw new HoldfastError({
    code: 'USAGE',
    message: `"${text}" does not name a backup set`,
    hint: 'Give an id such as 20261122T020000Z-7f3a, latest, latest-proven, DATABASE/latest or DATABASE/PLAN/latest; `holdfast list` shows them.',
  });
}

/** What a listing alone can say: whether the entry may be the one that is meant. */
export function mayBeMeant(name: SetName, entry: CatalogEntry): boolean {
  if (
    (name.database ?? entry.database) !== entry.database ||
    (name.plan ?? entry.plan) !== entry.plan
  )
    return false;
  if ('id' in name) return entry.id === name.id;
  if (!isUsable(entry)) return false;
  return !name.mustBeProven || entry.state === 'PROVEN';
}

/** `latest` is a logical set of the whole database, unless a plan is named too. */
export function isMeant(name: SetName, set: NamedSet): boolean {
  if (!mayBeMeant(name, set)) return false;
  return 'id' in name || (set.kind === 'logical' && (set.isWhole || name.plan !== undefined));
}

/**
 * The set a person means. `latest` is the newest logical set of the whole database that isn't SUSPECT.
 * @throws HoldfastError SET_NOT_FOUND, SET_SUSPECT, SET_AMBIGUOUS (lists the choices).
 */
export function resolveSetName<T extends NamedSet>(name: SetName, sets: readonly T[]): T {
  const meant = sets.filter((set) => isMeant(name, set));
  const candidates = 'id' in name ? meant : newestPerDatabase(meant);
  const [first, ...others] = candidates;
  if (first === undefined) throw setNotFound(name, { sets, places: [] });
  if (others.length > 0) throw ambiguous(candidates);
  return first;
}

function newestPerDatabase<T extends NamedSet>(sets: readonly T[]): T[] {
  const newest = new Map<string, T>();
  for (const set of [...sets].sort((one, other) => (one.id < other.id ? -1 : 1)))
    newest.set(set.database, set);
  return [...newest.values()];
}

function ambiguous(candidates: readonly NamedSet[]): HoldfastError {
  const choices = candidates.map((set) => `${set.database}/${set.plan}/${set.id}`).join(', ');
  return new HoldfastError({
    code: 'SET_AMBIGUOUS',
    message: `more than one set is meant: ${choices}`,
    hint: 'Name the database too (DATABASE/latest), or give the id.',
  });
}
