import { type SetAddress, setPrefix } from '../domain/key.ts';
import type { Mark } from '../domain/set-state.ts';
import { HoldfastError } from '../errors.ts';
import { type AuditNotes, audited } from './audit.ts';
import { at, type Context } from './context.ts';
import { findCopies, findSet, type Located } from './find-set.ts';
import { putLaterMark } from './marks.ts';

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
  /** Which copies the mark is for. @throws HoldfastError where it is for none. */
  choose: (copies: readonly Located[]) => readonly Located[];
  /** Looks at a copy after it was marked. */
  confirm?: (context: Context, copy: Located) => Promise<void>;
}

/** Puts a mark on every copy of a set that it is for, with who and why, under one audit record in each of their repositories. */
export async function markCopies(everywhere: Context, options: MarkCopiesOptions): Promise<MarkResult> {
  const { mark, operation, reason, choose, confirm } = options;
  const { entry } = await findSet(everywhere, options.set);
  const { id, plan, database } = entry;
  const copies = await findCopies(everywhere, entry);
  const context = { ...everywhere, repositories: copies.map(({ place }) => place) };
  return audited(context, { operation, plan, database, backup: id, target: null }, async (notes: AuditNotes) => {
    if (reason !== undefined) notes.notes = reason;
    const chosen = choose(copies);
    for (const copy of chosen) {
      const there = at(everywhere, copy.place);
      await putLaterMark(there, copy.entry, { mark, content: { by: there.actor, reason: reason ?? null } });
      await confirm?.(there, copy);
    }
    return { id, plan, database, repositories: chosen.map(({ place }) => place.name), reason: reason ?? null };
  });
}

/** Whoever wants a set back that retention let go. */
export function alreadyReleased(address: SetAddress, location: string): HoldfastError {
  return new HoldfastError({
    code: 'SET_RELEASED',
    message: `retention released ${address.id} from ${location} already`,
    hint: `In a folder it is gone: take it from another repository. In a bucket its objects lie below ${setPrefix(address)} for the days of the undo window; docs/RETENTION.md says how to take them back.`,
  });
}
