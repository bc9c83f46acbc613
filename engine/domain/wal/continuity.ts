import type { Lsn } from './lsn.ts';
import { type Segment, segmentName, segmentNumberBefore, segmentNumberOf } from './segment.ts';
import { type TimelineLine, timelineAt } from './timeline.ts';

/** What has to be replayed. */
export interface WalRange {
  /** Position of the first byte. */
  from: Lsn;
  /** Position after the last byte. */
  to: Lsn;
}

/**
 * The segments that hold a range of a line, in the order in which they are replayed. A segment in
 * which a timeline ends is taken from the timeline that follows: it repeats the bytes before the
 * branch, and the server asks for it first (`XLogFileReadAnyTLI` in
 * access/transam/xlogrecovery.c).
 */
export function segmentsOf(line: TimelineLine, range: WalRange, sizeBytes: number): Segment[] {
  if (range.to <= range.from) return [];
  const first = segmentNumberOf(range.from, sizeBytes);
  const last = segmentNumberBefore(range.to, sizeBytes);
  const size = BigInt(sizeBytes);
  const segments: Segment[] = [];
  for (let number = first; number <= last; number += 1n) {
    const end = (number + 1n) * size;
    const lastByte = (end < range.to ? end : range.to) - 1n;
    segments.push({ timeline: timelineAt(line, lastByte), number });
  }
  return segments;
}

/** The names of what a range needs and an archive does not have. */
export function missingFrom(
  archived: ReadonlySet<string>,
  { line, range, sizeBytes }: { line: TimelineLine; range: WalRange; sizeBytes: number },
): string[] {
  return segmentsOf(line, range, sizeBytes)
    .map((segment) => segmentName(segment, sizeBytes))
    .filter((name) => !archived.has(name));
}
