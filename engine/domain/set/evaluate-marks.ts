import type { Mark, SetMark, SuspicionKind } from './mark-name.ts';

export type SetState = 'STORED' | 'CHECKED' | 'PROVEN' | 'SUSPECT';

export interface Suspicion {
  at: Date;
  /** Undefined: an older version wrote it. It counts as damage. */
  kind: SuspicionKind | undefined;
  /** Somebody knows of it: it freezes retention no longer. */
  isAccepted: boolean;
}

/** What the marks of a set amount to. Nothing else reads them, so no two commands can disagree. */
export interface MarkedState {
  state: SetState;
  /** The suspicions that stand, the newest first. The set is SUSPECT while there is one. */
  suspicions: readonly Suspicion[];
  /** Retention keeps whatever is as old as this set or older: a suspicion stands that nobody accepted. */
  isFreezing: boolean;
  /** When every object was last read back whole; null where that is not so, or no longer so. */
  checkedAt: Date | null;
  /** When the drill passed that proves the set as it lies there; null where none does. */
  provenAt: Date | null;
  /** When a later drill could not show whether the set is whole, for lack of surroundings; null where a proof came after it. */
  notShownAt: Date | null;
  /** When a drill of it last ended with a finding, whatever it found and whatever became of that; null where none did. */
  drilledAt: Date | null;
  isHeld: boolean;
  /** Retention released it; what is left of it may vanish any day. */
  isReleased: boolean;
  releasedAt: Date | null;
  /** The store was asked to remove every object. */
  isReleaseComplete: boolean;
  /** Nothing of it was left when this was written. */
  isDisposed: boolean;
}

/**
 * The only place that decides what is proven and what is suspect.
 *
 * A suspicion stands until something later ends it: for bad bytes a verification, for a failed drill a drill that passes, for an
 * anomaly a person who accepts it. Accepting damage or a failed drill only says that it is known. A proof counts only when it is
 * later than every suspicion, whatever became of that suspicion. Of two marks of one second the suspicion is the later one.
 * A later hold takes an acceptance back: whoever accepted the wrong set keeps everything until somebody accepts again.
 */
export function evaluateMarks(marks: readonly SetMark[]): MarkedState {
  const at = (mark: Mark) => newest(marks, mark);
  const suspicions = standing(marks);
  const doubtedAt = at('suspect');
  const bytesDoubtedAt = newestOf(
    suspectMarks(marks).filter(({ kind }) => kind === undefined || kind === 'damage'),
  );
  const provenAt = at('proven') > doubtedAt ? at('proven') : NEVER;
  const checkedAt = at('checked') > bytesDoubtedAt ? at('checked') : NEVER;
  return {
    state: stateOf({ suspicions, provenAt, checkedAt }),
    suspicions,
    isFreezing: suspicions.some(({ isAccepted }) => !isAccepted),
    checkedAt: dateOf(checkedAt),
    provenAt: dateOf(provenAt),
    notShownAt: dateOf(at('notshown') > at('proven') ? at('notshown') : NEVER),
    drilledAt: lastDrilledAt(marks),
    isHeld: at('hold') > at('unhold'),
    isReleased: at('released') > NEVER,
    releasedAt: dateOf(earliestOf(timesOf(marks, 'released'))),
    isReleaseComplete: timesOf(marks, 'released').length > 1,
    isDisposed: at('disposed') > NEVER,
  };
}

function lastDrilledAt(marks: readonly SetMark[]): Date | null {
  const failed = marks.filter(({ mark, kind }) => mark === 'suspect' && kind === 'drill');
  return dateOf(Math.max(newest(marks, 'proven'), newest(marks, 'notshown'), newestOf(failed)));
}

/** Whether a set is good enough for retention to release older ones: PROVEN, or CHECKED where the database is not drilled. */
export function canStandIn(
  { state }: Pick<MarkedState, 'state'>,
  { isDrilled }: { isDrilled: boolean },
): boolean {
  return state === 'PROVEN' || (state === 'CHECKED' && !isDrilled);
}

/** Whether a set may be used where nobody named it by its id. */
export function isUsable({
  state,
  isReleased,
}: Pick<MarkedState, 'state' | 'isReleased'>): boolean {
  return state !== 'SUSPECT' && !isReleased;
}

function stateOf({
  suspicions,
  provenAt,
  checkedAt,
}: {
  suspicions: readonly Suspicion[];
  provenAt: number;
  checkedAt: number;
}): SetState {
  if (suspicions.length > 0) return 'SUSPECT';
  if (provenAt > NEVER) return 'PROVEN';
  return checkedAt > NEVER ? 'CHECKED' : 'STORED';
}

/** What ends a suspicion, when it is later; an acceptance ends an anomaly. A kind that is not known is named by `verify` or `drill` first. */
const ENDED_BY: Record<Exclude<SuspicionKind, 'anomaly'>, Mark> = {
  damage: 'checked',
  drill: 'proven',
};

function standing(marks: readonly SetMark[]): Suspicion[] {
  const acceptedAt = newestAcceptance(marks);
  const endOf = (kind: SuspicionKind) =>
    kind === 'anomaly' ? acceptedAt : newest(marks, ENDED_BY[kind]);
  return suspectMarks(marks)
    .filter(({ at, kind }) => kind === undefined || endOf(kind) <= at.getTime())
    .map(({ at, kind }) => ({ at, kind, isAccepted: acceptedAt > at.getTime() }))
    .sort((one, other) => other.at.getTime() - one.at.getTime());
}

function newestAcceptance(marks: readonly SetMark[]): number {
  const acceptedAt = newest(marks, 'accepted');
  return acceptedAt > newest(marks, 'hold') ? acceptedAt : NEVER;
}

/** A mark without a kind gives way to one of the same second that has a kind: that names what it was about. */
function suspectMarks(marks: readonly SetMark[]): SetMark[] {
  const suspects = marks.filter(({ mark }) => mark === 'suspect');
  const named = new Set(
    suspects.filter(({ kind }) => kind !== undefined).map(({ at }) => at.getTime()),
  );
  return suspects.filter(({ at, kind }) => kind !== undefined || !named.has(at.getTime()));
}

const NEVER = -1;

function newest(marks: readonly SetMark[], wanted: Mark): number {
  return newestOf(marks.filter(({ mark }) => mark === wanted));
}

function newestOf(marks: readonly SetMark[]): number {
  return marks.reduce((latest, { at }) => Math.max(latest, at.getTime()), NEVER);
}

function timesOf(marks: readonly SetMark[], wanted: Mark): number[] {
  return marks.filter(({ mark }) => mark === wanted).map(({ at }) => at.getTime());
}

function earliestOf(times: readonly number[]): number {
  return times.reduce((earliest, time) => Math.min(earliest, time), Number.POSITIVE_INFINITY);
}

function dateOf(time: number): Date | null {
  return time === NEVER || !Number.isFinite(time) ? null : new Date(time);
}
