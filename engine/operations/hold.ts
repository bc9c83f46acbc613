import { setPrefix } from '../domain/key.ts';
import { HoldfastError } from '../errors.ts';
import { readEntries } from './catalog.ts';
import type { Context } from './context.ts';
import type { Located } from './find-set.ts';
import { alreadyReleased, type MarkRequest, type MarkResult, markCopies } from './mark-copies.ts';
import { putLaterMark } from './marks.ts';

/**
 * Keeps a set whatever its age, in every repository that has it.
 * @throws HoldfastError SET_RELEASED where retention was faster.
 */
export function hold(everywhere: Context, request: MarkRequest): Promise<MarkResult> {
  return markCopies(everywhere, {
    ...request,
    mark: 'hold',
    operation: 'hold',
    done: 'held',
    isFor: ({ entry }) => !entry.isReleased,
    none: ({ entry, place }) => alreadyReleased(entry, place.repository.location),
    confirm: assertStillThere,
  });
}

/** Leaves a set to retention again. */
export function unhold(everywhere: Context, request: MarkRequest): Promise<MarkResult> {
  const isFor = ({ entry }: Located) => entry.isHeld;
  return markCopies(everywhere, {
    ...request,
    mark: 'unhold',
    operation: 'unhold',
    done: 'no longer held',
    isFor,
  });
}

export interface AcceptResult extends MarkResult {
  /** Repositories whose copy stays SUSPECT: it is damaged or failed a drill, and nobody can accept that away. */
  stillSuspect: string[];
}

/**
 * Takes an anomaly as the new normal. Of damage, and of a failed drill, it only records that somebody knows of it. Either way the
 * set freezes retention no longer.
 * @throws HoldfastError SET_NOT_SUSPECT.
 */
export async function accept(everywhere: Context, request: MarkRequest): Promise<AcceptResult> {
  const isFor = ({ entry }: Located) => entry.isFreezing;
  const stillSuspect: string[] = [];
  const result = await markCopies(everywhere, {
    ...request,
    mark: 'accepted',
    operation: 'accept',
    done: 'accepted',
    isFor,
    none: nothingToAccept,
    confirm: async (_context, { entry, place }) => {
      const [now] = await readEntries(place.repository, setPrefix(entry));
      if (now?.state === 'SUSPECT') stillSuspect.push(place.name);
    },
  });
  return { ...result, stillSuspect };
}

function nothingToAccept({ entry: { id, state } }: Located): HoldfastError {
  return new HoldfastError({
    code: 'SET_NOT_SUSPECT',
    message:
      state === 'SUSPECT'
        ? `${id} is SUSPECT and was accepted before: it freezes nothing`
        : `${id} is ${state}, not SUSPECT`,
    hint: '`holdfast list` shows the states. Only a SUSPECT set that nobody has accepted freezes retention.',
  });
}

/** Prune puts its mark, looks for a hold, and only then lets go; a hold puts its mark and looks for that one: one of them sees the other. */
async function assertStillThere(context: Context, { entry, place }: Located): Promise<void> {
  const [now] = await readEntries(place.repository, setPrefix(entry));
  if (now !== undefined && !now.isReleased) return;
  if (now !== undefined)
    await putLaterMark(context, now, {
      mark: 'unhold',
      content: { by: context.actor, reason: 'released meanwhile' },
    });
  throw alreadyReleased(entry, place.repository.location);
}
