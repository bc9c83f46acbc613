import { HoldfastError } from '../errors.ts';
import { isBackupId } from './backup-id.ts';
import type { CatalogEntry } from './set-state.ts';

/** A catalog entry with what only its manifest tells. */
export interface NamedSet extends CatalogEntry {
  kind: string;
  isWhole: boolean;
}

/** How a person names a set: its id, `latest`, `<database>/latest`, `<database>/<plan>/latest`, or any of them with `latest-proven`. */
export type SetName = { id: string } | { database?: string; plan?: string; mustBeProven: boolean };

/** @throws HoldfastError USAGE. */
export function parseSetName(text: string): SetName {
  if (isBackupId(text)) return { id: text };
  const parts = text.split('/');
  const word = parts.pop();
  if ((word === 'latest' || word === 'latest-proven') && parts.length <= 2 && !parts.includes('')) {
    const [database, plan] = parts;
    return {
      ...(database === undefined ? {} : { database }),
      ...(plan === undefined ? {} : { plan }),
      mustBeProven: word === 'latest-proven',
    };
  }
  throw new HoldfastError({
    code: 'USAGE',
    message: `"${text}" does not name a backup set`,
    hint: 'Give an id such as 20261122T020000Z-7f3a, latest, latest-proven, DATABASE/latest or DATABASE/PLAN/latest; `holdfast list` shows them.',
  });
}

/**
 * The set a person means. `latest` is the newest logical set of the whole database that isn't SUSPECT.
 * @throws HoldfastError SET_NOT_FOUND, SET_AMBIGUOUS (lists the choices).
 */
export function resolveSetName<T extends NamedSet>(name: SetName, sets: readonly T[]): T {
  const candidates = 'id' in name ? sets.filter((set) => set.id === name.id) : latestPerDatabase(name, sets);
  const [first, ...others] = candidates;
  if (first === undefined) throw notFound(name, sets);
  if (others.length > 0) throw ambiguous(candidates);
  return first;
}

function latestPerDatabase<T extends NamedSet>(name: Exclude<SetName, { id: string }>, sets: readonly T[]): T[] {
  const newest = new Map<string, T>();
  for (const set of [...sets].sort((one, other) => (one.id < other.id ? -1 : 1))) {
    if (set.kind !== 'logical' || set.state === 'SUSPECT') continue;
    if (!set.isWhole && name.plan === undefined) continue;
    if (name.mustBeProven && set.state !== 'PROVEN') continue;
    if (name.database !== undefined && name.database !== set.database) continue;
    if (name.plan !== undefined && name.plan !== set.plan) continue;
    newest.set(set.database, set);
  }
  return [...newest.values()];
}

function notFound(name: SetName, sets: readonly NamedSet[]): HoldfastError {
  const wanted =
    'id' in name ? name.id : [name.database, name.plan, name.mustBeProven ? 'latest-proven' : 'latest'].filter(Boolean).join('/');
  return new HoldfastError({
    code: 'SET_NOT_FOUND',
    message: sets.length === 0 ? 'the repository holds no backup set yet' : `no backup set is ${wanted}`,
    hint:
      sets.length === 0
        ? 'Take one with `holdfast backup`.'
        : '`holdfast list` shows all sets; a set that holds only some tables is named by its id or by its plan.',
  });
}

function ambiguous(candidates: readonly NamedSet[]): HoldfastError {
  const choices = candidates.map((set) => `${set.database}/${set.plan}/${set.id}`).join(', ');
  return new HoldfastError({
    code: 'SET_AMBIGUOUS',
    message: `more than one set is meant: ${choices}`,
    hint: 'Name the database too (DATABASE/latest), or give the id.',
  });
}
