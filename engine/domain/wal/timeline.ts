import { type Lsn, parseLsn } from './lsn.ts';

/** A timeline, and the position at which the next one of its line branched off. */
export interface TimelineEntry {
  timeline: number;
  /** The child has the log up to here in common with it; undefined for the newest one. */
  endsAt: Lsn | undefined;
}

/** The line of a timeline: its ancestors, the oldest first, and itself last. */
export type TimelineLine = readonly TimelineEntry[];

const ENTRY = /^\s*(\d+)\s+([0-9A-Fa-f]+\/[0-9A-Fa-f]+)(?:\s|$)/;

/**
 * Reads the content of a timeline history file (PostgreSQL, "Timelines"; the format is that of
 * `readTimeLineHistory` in access/transam/timeline.c: blank lines and lines after # say nothing).
 * Timelines and positions have to rise.
 * @returns undefined where the text is not such a file, or is one of another timeline.
 */
export function parseHistory(content: string, timeline: number): TimelineLine | undefined {
  const entries: TimelineEntry[] = [];
  for (const line of content.split('\n')) {
    if (/^\s*(?:#|$)/.test(line)) continue;
    const entry = parseEntry(line);
    const last = entries.at(-1);
    if (entry === undefined) return undefined;
    if (last !== undefined && !rises(last, entry)) return undefined;
    entries.push(entry);
  }
  const parent = entries.at(-1);
  if (parent !== undefined && parent.timeline >= timeline) return undefined;
  return [...entries, { timeline, endsAt: undefined }];
}

function parseEntry(line: string): TimelineEntry | undefined {
  const [, number, position] = ENTRY.exec(line) ?? [];
  const endsAt = position === undefined ? undefined : parseLsn(position);
  const timeline = Number(number);
  if (endsAt === undefined || !Number.isSafeInteger(timeline) || timeline < 1) return undefined;
  return { timeline, endsAt };
}

function rises(last: TimelineEntry, next: TimelineEntry): boolean {
  return next.timeline > last.timeline && (next.endsAt ?? 0n) >= (last.endsAt ?? 0n);
}

/** The line of the first timeline, which has no history file. */
export function lineOfFirst(): TimelineLine {
  return [{ timeline: 1, endsAt: undefined }];
}

/** The timeline of the line whose log holds the byte at this position. */
export function timelineAt(line: TimelineLine, lsn: Lsn): number {
  const found = line.find(({ endsAt }) => endsAt === undefined || lsn < endsAt);
  if (found === undefined) throw new RangeError('the line of a timeline ends with the timeline');
  return found.timeline;
}

/** Whether a copy that was taken on a timeline up to a position lies on the line. */
export function isOnLine(line: TimelineLine, { timeline, lsn }: TimelinePosition): boolean {
  return line.some(
    (entry) => entry.timeline === timeline && (entry.endsAt === undefined || lsn <= entry.endsAt),
  );
}

export interface TimelinePosition {
  timeline: number;
  lsn: Lsn;
}
