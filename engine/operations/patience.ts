import { setTimeout as sleep } from 'node:timers/promises';
import { isHoldfastError } from '../errors.ts';

export interface PatienceOptions {
  /** When the time is over. */
  signal: AbortSignal;
  /** Between two tries; the last one from then on. */
  pausesMs?: readonly number[];
}

const PAUSES_MS = [1_000, 5_000, 15_000, 30_000, 60_000];

/** Tries again what failed for a passing reason, until the time is over: then its last failure counts. */
export async function patiently<T>(
  work: () => Promise<T>,
  { signal, pausesMs = PAUSES_MS }: PatienceOptions,
): Promise<T> {
  for (let tries = 0; ; tries += 1) {
    try {
      return await work();
    } catch (error) {
      const isOver =
        !isPassing(error) || (await isOverAfter(pausesMs[tries] ?? pausesMs.at(-1) ?? 0, signal));
      if (isOver) throw error;
    }
  }
}

function isPassing(error: unknown): boolean {
  return isHoldfastError(error) && error.retryable;
}

function isOverAfter(pauseMs: number, signal: AbortSignal): Promise<boolean> {
  return sleep(pauseMs, false, { signal }).catch(() => true);
}
