import type { Lsn } from './lsn.ts';

/** Bytes of the log: from the first position to the one after the last byte. */
export interface Delta {
  from: Lsn;
  to: Lsn;
}

/** What is taken of a delta: bytes before `skip` are those that the deltas before it had already. */
export interface JoinedDelta<T extends Delta> {
  delta: T;
  skipBytes: number;
}

/**
 * The deltas that together are the longest run of bytes from a position on. A receiver that starts
 * again sends its segment from the beginning, so deltas overlap, and of two that begin within what
 * there is the longer one is taken.
 */
export function joinDeltas<T extends Delta>(deltas: readonly T[], from: Lsn): JoinedDelta<T>[] {
  const sorted = deltas.toSorted((one, other) => (one.from < other.from ? -1 : 1));
  const joined: JoinedDelta<T>[] = [];
  let [reached, next] = [from, 0];
  for (;;) {
    let best: T | undefined;
    for (; next < sorted.length && (sorted[next] as T).from <= reached; next += 1) {
      const candidate = sorted[next] as T;
      if (candidate.to > (best?.to ?? reached)) best = candidate;
    }
    if (best === undefined) return joined;
    joined.push({ delta: best, skipBytes: Number(reached - best.from) });
    reached = best.to;
  }
}

/** Position after the last byte of the run; the position from which it began where there is none. */
export function reachedBy(joined: readonly JoinedDelta<Delta>[], from: Lsn): Lsn {
  return joined.at(-1)?.delta.to ?? from;
}
