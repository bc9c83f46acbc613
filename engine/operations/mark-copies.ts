import { type SetAddress, setPrefix } from '../domain/key.ts';
import type { Mark } from '../domain/set/mark-name.ts';
import { HoldfastError, isHoldfastError } from '../errors.ts';
import { type AuditNotes, audited } from './audit.ts';
import { canSeal } from './catalog/mark-seals.ts';
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
  /** A copy as it is to be judged; by the names of its marks unless given. */
  judge?: (copy: Located) => Promise<Located>;
  /** Which copies the mark is for. */
  isFor: (copy: Located) => boolean;
  /** Why it is for none of them; none is well without it. */
  none?: (first: Located) => HoldfastError;
  /** What the mark says beside who and why. */
  content?: (context: Context, copy: Located) => Promise<object>;
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
  const { judge = async (copy: Located) => copy } = options;
  const { entry } = await findNamed(everywhere, options.set);
  const { id, plan, database } = entry;
  const everyCopy = await findEveryCopy(everywhere, entry);
  const found = { ...everyCopy, copies: await Promise.all(everyCopy.copies.map(judge)) };
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

/** A forged mark hides no set from its name, where the key is at hand and may be used; else names of marks decide. */
async function findNamed(everywhere: Context, set: string): Promise<Located> {
  if (!canSeal(everywhere.keys)) return findSet(everywhere, set);
  return findSet(everywhere, set, { seals: everywhere }).catch((error: unknown) => {
    if (isKeyRefused(error)) return findSet(everywhere, set);
    throw error;
  });
}

/** Seals can not be opened by whoever runs the command. */
export function isKeyRefused(error: unknown): boolean {
  return isHoldfastError(error) && KEY_REFUSED.has(error.code);
}

const KEY_REFUSED: ReadonlySet<string> = new Set(['ACCESS_DENIED', 'KEY_UNUSABLE', 'CREDENTIALS']);

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
  { mark, reason, content, confirm }: MarkCopiesOptions,
): Promise<void> {
  const more = (await content?.(context, copy)) ?? {};
  await putLaterMark(context, copy.entry, {
    mark,
    content: { by: context.actor, reason: reason ?? null, ...more },
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
