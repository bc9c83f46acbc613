import type { LogObject } from './archive-key.ts';
import { joinDeltas, reachedBy } from './join-deltas.ts';
import type { Lsn } from './lsn.ts';
import { endOf, parseSegmentName, type Segment, segmentName, startOf } from './segment.ts';

/** The log of one cluster as a repository has it. */
export interface StoredLog {
  sizeBytes: number;
  /** Names of the whole segments. */
  whole: ReadonlySet<string>;
  /** Whole segments of which there are two with different content: the log has forked. */
  forked: readonly string[];
  /** Timelines whose history is there. */
  histories: ReadonlySet<number>;
  /** Of segments by their name. */
  deltas: ReadonlyMap<string, readonly { from: Lsn; to: Lsn }[]>;
}

/** From where the log is received again. */
export interface ReceivedUpTo {
  timeline: number;
  /** Start of the segment after the newest whole one. */
  from: Lsn;
}

/** What a listing of a log says; objects of other clusters and keys of no log were left out before. */
export function storedLogOf(objects: Iterable<LogObject>, sizeBytes: number): StoredLog {
  const digests = new Map<string, Set<string>>();
  const histories = new Set<number>();
  const deltas = new Map<string, { from: Lsn; to: Lsn }[]>();
  for (const object of objects) {
    if (object.type === 'history') histories.add(object.timeline);
    else if (parseSegmentName(object.name, sizeBytes) === undefined) continue;
    else if (object.type === 'segment')
      digests.set(object.name, (digests.get(object.name) ?? new Set()).add(object.sha256));
    else deltas.set(object.name, [...(deltas.get(object.name) ?? []), object]);
  }
  const forked = [...digests].filter(([, all]) => all.size > 1).map(([name]) => name);
  return {
    sizeBytes,
    whole: new Set(digests.keys()),
    forked: forked.sort(),
    histories,
    deltas,
  };
}

/** Undefined where no segment is whole. The newest one is that of the highest timeline. */
export function receivedUpTo({ whole, sizeBytes }: StoredLog): ReceivedUpTo | undefined {
  const newest = [...whole].sort().at(-1);
  const segment = newest === undefined ? undefined : parseSegmentName(newest, sizeBytes);
  return segment === undefined
    ? undefined
    : { timeline: segment.timeline, from: endOf(segment, sizeBytes) };
}

/**
 * How far the log goes without a gap from a segment on, on one timeline: whole segments, and then
 * what came of the next one.
 */
export function contiguousEnd(log: StoredLog, first: Segment): Lsn {
  const { sizeBytes, whole } = log;
  let { number } = first;
  const name = () => segmentName({ timeline: first.timeline, number }, sizeBytes);
  while (whole.has(name())) number += 1n;
  const start = startOf({ number }, sizeBytes);
  return reachedBy(joinDeltas(log.deltas.get(name()) ?? [], start), start);
}

/** Names of segments that are not there between the oldest and the newest one of a timeline. */
export function gapsOf({ whole, sizeBytes }: StoredLog, timeline: number): string[] {
  const numbers = [...whole]
    .map((name) => parseSegmentName(name, sizeBytes))
    .filter((segment) => segment?.timeline === timeline)
    .map((segment) => (segment as Segment).number)
    .sort((one, other) => (one < other ? -1 : 1));
  const gaps: string[] = [];
  for (const [index, number] of numbers.slice(1).entries())
    for (let missing = (numbers[index] ?? 0n) + 1n; missing < number; missing += 1n)
      gaps.push(segmentName({ timeline, number: missing }, sizeBytes));
  return gaps;
}
