import { setTimeout as sleep } from 'node:timers/promises';

/** How what comes by itself is waited for. */
export interface Patience {
  pollMs: number;
  /** Of a test they are short. */
  minuteMs: number;
  /** Ends the waiting at once. */
  signal?: AbortSignal;
}

export interface Wait {
  minutes: number;
  what: string;
  patience: Patience;
}

/** What `look` finds, as soon as it is there. @throws Error when it is not there in time, or the reason of the signal. */
export async function within<T>(
  { minutes, what, patience }: Wait,
  look: () => Promise<T | undefined>,
): Promise<T> {
  const until = Date.now() + minutes * patience.minuteMs;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (Date.now() > until) throw new Error(`${what}: not within ${minutes} minutes`);
    await pause(patience.pollMs, patience.signal);
  }
}

/** @throws the reason of the signal, at once. */
export async function pause(ms: number, signal?: AbortSignal): Promise<void> {
  await sleep(ms, undefined, signal === undefined ? {} : { signal }).catch(() => undefined);
  signal?.throwIfAborted();
}
