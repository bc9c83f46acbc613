import { type SetAddress, setPrefix } from '../domain/key.ts';
import type { Mark } from '../domain/set/mark-name.ts';
import { HoldfastError, isHoldfastError } from '../errors.ts';
import { type AuditNotes, audited } from './audit.ts';
import { at, type Context } from './context.ts';
import {
  type EveryCopy,
  findEveryCopy,
  findSet,
  type Located,
  type Unanswered,
} from './find-set.ts';
import { putLaterMark } from './marks.ts';
import { type PartlyMarked, partlyMarked } from './partly-marked.ts';

export interface MarkRequest {
  /** As a person names it. */
  set: string;
  /** Why, for the mark and the audit record. */
  reason: string | undefined;
}

export interface MarkResult extends SetAddress {
  /** Names of the repositories whose copy was marked. */
  repositories: string[];
  reason: string | null;
}

export interface MarkCopiesOptions extends MarkRequest {
  mark: Extract<Mark, 'hold' | 'unhold' | 'accepted'>;
  operation: 'hold' | 'unhold' | 'accept';
  done: PartlyMarked['done'];
  /** Which copies the mark is for. */
  isFor: (copy: Located) => boolean;
  /** Why it is for none of them; none is well without it. */
  none?: (first: Located) => HoldfastError;
  /** Looks at a copy after it was marked. */
  confirm?: (context: Context, copy: Located) => Promise<void>;
}

/**
 * Puts a mark on every copy of a set that it is for, with who and why, under one audit record in each of their repositories.
 * @throws HoldfastError naming the repositories that were not marked, after all others were.
 */
export async function markCopies(
  everywhere: Context,
  options: MarkCopiesOptions,
): Promise<MarkResult> {
  const { operation, reason } = options;
  const { entry } = await findSet(everywhere, options.set);
  const { id, plan, database } = entry;
  const found = await findEveryCopy(everywhere, entry);
  const context = { ...everywhere, repositories: found.copies.map(({ place }) => place) };
  return audited(
    context,
    { operation, plan, database, backup: id, target: null },
    async (notes: AuditNotes) => {
      if (reason !== undefined) notes.notes = reason;
      const repositories = await markAll(everywhere, { id, found, options });
      return { id, plan, database, repositories, reason: reason ?? null };
    },
  );
}

interface MarkAllOptions {
  id: string;
  found: EveryCopy;
  options: MarkCopiesOptions;
}

/** @returns the names of the repositories whose copy was marked. */
async function markAll(
  everywhere: Context,
  { id, found, options }: MarkAllOptions,
): Promise<string[]> {
  const { operation, done, isFor, none } = options;
  const [marked, failures]: [string[], Unanswered[]] = [[], [...found.unanswered]];
  const chosen = found.copies.filter(isFor);
  const [first] = found.copies;
  if (none !== undefined && first !== undefined && chosen.length + failures.length === 0)
    throw none(first);
  for (const copy of chosen) {
    await markOne(at(everywhere, copy.place), copy, options).then(
      () => marked.push(copy.place.name),
      (error: unknown) => failures.push({ place: copy.place, error: asKnown(error) }),
    );
  }
  const [only] = failures;
  if (only === undefined) return marked;
  if (found.copies.length + found.unanswered.length === 1) throw only.error;
  const again = `Run \`holdfast ${operation} ${id}\` again when they answer: it marks what is left.`;
  const hint = isHoldfastError(only.error, 'SET_RELEASED') ? (only.error.hint ?? again) : again;
  throw partlyMarked({ id, done, marked, failures, hint, isRepeatable: true });
}

async function markOne(
  context: Context,
  copy: Located,
  { mark, reason, confirm }: MarkCopiesOptions,
): Promise<void> {
  await putLaterMark(context, copy.entry, {
    mark,
    content: { by: context.actor, reason: reason ?? null },
  });
  await confirm?.(context, copy);
}

function asKnown(error: unknown): HoldfastError {
  if (isHoldfastError(error)) return error;
  throw error;
}

/** Whoever wants a set back that retention let go. */
export function alreadyReleased(address: SetAddress, location: string): HoldfastError {
  return new HoldfastError({
    code: 'SET_RELEASED',
    message: `retention released ${address.id} from ${location} already`,
    hint: `In a folder it is gone: take it from another repository. In a bucket its objects lie below ${setPrefix(address)} for the days of the undo window; docs/RETENTION.md says how to take them back.`,
  });
}
