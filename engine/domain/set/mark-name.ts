import { basicTime, parseBasicTime } from '../backup-id.ts';

/** Marks are create-only objects beside the manifest: `<mark>-<time>[-<kind>].json`. */
export const MARKS = [
  'checked',
  'proven',
  'suspect',
  'notshown',
  'accepted',
  'hold',
  'unhold',
  'released',
  'disposed',
] as const;
export type Mark = (typeof MARKS)[number];

/**
 * Marks that vouch for a set, or that let something of it go. Whoever can write in a repository can write a file of such a name,
 * so these count only with a seal. The others can only keep a set, and need none.
 */
export const SEALED_MARKS = [
  'checked',
  'proven',
  'accepted',
  'unhold',
  'released',
  'disposed',
] as const satisfies readonly Mark[];
export type SealedMark = (typeof SEALED_MARKS)[number];

export function needsSeal(mark: Mark): mark is SealedMark {
  return (SEALED_MARKS as readonly Mark[]).includes(mark);
}

/**
 * What a suspicion rests on, and so what ends it.
 * - `damage`: stored bytes are bad. A later verification that read every object whole ends it.
 * - `drill`: the set was restored and failed its checks, or its own server refused it. A later drill that passes ends it.
 * - `anomaly`: the set is whole, and unlike the ones before it. A person accepts it as the new normal.
 */
export const SUSPICION_KINDS = ['damage', 'drill', 'anomaly'] as const;
export type SuspicionKind = (typeof SUSPICION_KINDS)[number];

export interface SetMark {
  mark: Mark;
  at: Date;
  /** Of `suspect` only; undefined in marks of older versions, which did not say. */
  kind?: SuspicionKind;
}

/** Older versions read the kind as part of the time, and ignore it. */
export function markName(mark: Mark, at: Date, kind?: SuspicionKind): string {
  return `${mark}-${basicTime(at)}${kind === undefined ? '' : `-${kind}`}.json`;
}

/** Undefined for the name of an object that is not a mark. */
export function parseMark(name: string): SetMark | undefined {
  const dash = name.indexOf('-');
  const [word, rest] = [name.slice(0, dash), name.slice(dash + 1)];
  const mark = MARKS.find((candidate) => candidate === word);
  const at = parseBasicTime(rest);
  if (mark === undefined || at === undefined) return undefined;
  const kind = SUSPICION_KINDS.find((candidate) => rest.endsWith(`Z-${candidate}.json`));
  return mark === 'suspect' && kind !== undefined ? { mark, at, kind } : { mark, at };
}
