import type { MeasureName } from '../domain/anomaly/anomaly.ts';
import { measuresOf } from '../domain/anomaly/anomaly-record.ts';
import { databasePrefix, setPrefix } from '../domain/key.ts';
import type { CatalogEntry } from '../domain/set-state.ts';
import { HoldfastError } from '../errors.ts';
import { readAnomalies } from './anomaly/mark-anomalies.ts';
import { canSeal, MarkSeals } from './catalog/mark-seals.ts';
import { readEntries } from './catalog.ts';
import { at, type Context } from './context.ts';
import type { Located } from './find-set.ts';
import {
  alreadyReleased,
  isKeyRefused,
  type MarkRequest,
  type MarkResult,
  markCopies,
} from './mark-copies.ts';
import { putLaterMark } from './marks.ts';

/**
 * Keeps a set whatever its age, in every repository that has it. A mark `released` stops it only when its seal opens; with no
 * key at hand the set is held all the same, since a hold can only keep. It takes back what was accepted of the set before.
 * @throws HoldfastError SET_RELEASED where retention was faster.
 */
export async function hold(everywhere: Context, request: MarkRequest): Promise<HoldResult> {
  const suspectAgain: string[] = [];
  const result = await markCopies(everywhere, {
    ...request,
    mark: 'hold',
    operation: 'hold',
    done: 'held',
    judge: (copy) => judgeRelease(at(everywhere, copy.place), copy),
    isFor: ({ entry }) => !entry.isReleased,
    none: ({ entry, place }) => alreadyReleased(entry, place.repository.location),
    confirm: async (context, copy) => {
      await assertStillThere(context, copy);
      const [now] = await readEntries(copy.place.repository, setPrefix(copy.entry));
      if (now?.isFreezing && !copy.entry.isFreezing) suspectAgain.push(copy.place.name);
    },
  });
  return suspectAgain.length === 0 ? result : { ...result, suspectAgain };
}

export interface HoldResult extends MarkResult {
  /** Repositories whose copy was accepted before: the hold takes that back, and it freezes retention again. Absent where there is none. */
  suspectAgain?: string[];
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
  /** The measures of which this set and younger ones are the new normal. */
  accepts: MeasureName[];
  /** Younger sets of the plan that deviate too and nobody accepted, oldest first: they freeze retention as well. */
  alsoSuspect: string[];
}

/**
 * Takes an anomaly as the new normal. Of damage, and of a failed drill, it only records that somebody knows of it. Either way the
 * set freezes retention no longer.
 * @throws HoldfastError SET_NOT_SUSPECT.
 */
export async function accept(everywhere: Context, request: MarkRequest): Promise<AcceptResult> {
  const isFor = ({ entry }: Located) => entry.isFreezing;
  const stillSuspect: string[] = [];
  const accepts: MeasureName[] = [];
  const result = await markCopies(everywhere, {
    ...request,
    mark: 'accepted',
    operation: 'accept',
    done: 'accepted',
    isFor,
    none: nothingToAccept,
    content: async ({ repository }, { entry }) => {
      const measures = measuresOf(await readAnomalies({ repository }, entry));
      accepts.push(...measures);
      return measures.length === 0 ? {} : { accepts: measures };
    },
    confirm: async (_context, { entry, place }) => {
      const [now] = await readEntries(place.repository, setPrefix(entry));
      if (now?.state === 'SUSPECT') stillSuspect.push(place.name);
    },
  });
  const alsoSuspect = accepts.length === 0 ? [] : await deviatingAfter(everywhere, result);
  return { ...result, stillSuspect, accepts: measuresOf(accepts), alsoSuspect };
}

/** A purge before a weekend makes the set of each of its nights deviate. */
async function deviatingAfter(
  { repositories }: Context,
  { plan, database, id, repositories: marked }: MarkResult,
): Promise<string[]> {
  const ids = new Set<string>();
  for (const { name, repository } of repositories) {
    if (!marked.includes(name)) continue;
    const entries = await readEntries(repository, databasePrefix({ plan, database }));
    for (const entry of entries) if (entry.id > id && deviates(entry)) ids.add(entry.id);
  }
  return [...ids].sort();
}

function deviates({ isFreezing, suspicions }: CatalogEntry): boolean {
  return isFreezing && suspicions.some(({ kind, isAccepted }) => kind === 'anomaly' && !isAccepted);
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
  const [listed] = await readEntries(place.repository, setPrefix(entry));
  const now = listed && (await asReleased(context, listed)).judged;
  if (now !== undefined && !now.isReleased) return;
  if (now !== undefined)
    await putLaterMark(context, now, {
      mark: 'unhold',
      content: { by: context.actor, reason: 'released meanwhile' },
    });
  throw alreadyReleased(entry, place.repository.location);
}

/** Says so where a mark was not opened, or does not count. */
async function judgeRelease(context: Context, { entry, place }: Located): Promise<Located> {
  if (!entry.isReleased) return { entry, place };
  const { judged, why } = await asReleased(context, entry);
  if (!judged.isReleased)
    context.progress({
      phase: 'find',
      note: `${entry.id} is marked as released in ${place.name}, ${why}`,
    });
  return { entry: judged, place };
}

/** Released only where an authentic mark says so; `why` tells why not. */
async function asReleased<T extends CatalogEntry>(
  context: Context,
  entry: T,
): Promise<{ judged: T; why: string }> {
  const unopened = {
    judged: { ...entry, isReleased: false },
    why: 'but the mark was not opened, because no key is at hand that opens it: the set is held all the same',
  };
  if (!entry.isReleased || !canSeal(context.keys)) return unopened;
  try {
    const judged = await new MarkSeals(context, { kinds: ['released'] }).open(entry);
    return { judged, why: 'but the mark is forged: it decides nothing' };
  } catch (error) {
    if (isKeyRefused(error)) return unopened;
    throw error;
  }
}
