import { RESERVED_PLAN_NAMES } from '../../contract.ts';
import { isBackupId } from '../backup-id.ts';
import type { SetAddress } from '../key.ts';
import { nameIn } from '../set-state.ts';

/** A part of a repository that can not be listed, by what would lie there. */
export interface HiddenPlace {
  prefix: string;
  /** A clause: `permission denied`. */
  why: string;
  /** Null where no set can lie there. */
  plan: string | null;
  /** Null where it is a whole plan. */
  database: string | null;
  /** Null where it is all of a database in a plan. */
  id: string | null;
}

export function hiddenPlace({ prefix, why }: { prefix: string; why: string }): HiddenPlace {
  const [first = '', second, id] = prefix.replace(/\/$/, '').split('/');
  const plan = RESERVED_PLAN_NAMES.includes(first) ? undefined : nameIn(first);
  const database = second === undefined ? undefined : nameIn(second);
  const holdsSets =
    plan !== undefined &&
    (second === undefined || database !== undefined) &&
    (id === undefined || isBackupId(id));
  if (!holdsSets) return { prefix, why, plan: null, database: null, id: null };
  return { prefix, why, plan, database: database ?? null, id: id ?? null };
}

export function describeHidden(
  { prefix, why }: { prefix: string; why: string },
  location: string,
): string {
  return `${prefix} in ${location} can not be read (${why}): a set in it is not seen`;
}

/**
 * Whether what is hidden may be, or may hold, a set that keeps this one: a SUSPECT one as old or younger, or one of its chain.
 * Which databases a hidden plan has is not known.
 */
export function mayKeep({ plan, database, id }: HiddenPlace, set: SetAddress): boolean {
  if (plan === null) return false;
  return (database === null || database === set.database) && (id === null || id >= set.id);
}
