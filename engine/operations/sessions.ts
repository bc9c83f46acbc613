import { setTimeout as sleep } from 'node:timers/promises';
import { type HoldfastError, isHoldfastError } from '../errors.ts';
import type { Session } from '../postgres/session.ts';

const PATIENCE_MS = 2_000;

export interface EndOptions {
  applicationName: string;
  /** Hears that sessions of the run may still be on the server. */
  onNote: (note: string) => void;
}

/**
 * Ends the sessions of a run. One that still answers first ends what other sessions of the run still do on the
 * server: a query whose client is gone would otherwise run to its end.
 */
export async function endSessions(
  sessions: readonly Session[],
  { applicationName, onNote }: EndOptions,
): Promise<void> {
  const over = new AbortController();
  const why = await Promise.race([
    terminateOthers(sessions, applicationName),
    sleep(PATIENCE_MS, `the server did not answer within ${PATIENCE_MS / 1000} s`, {
      ref: false,
      signal: over.signal,
    }),
  ]);
  over.abort();
  if (why !== undefined)
    onNote(
      `sessions of this run could not be ended on the server, which ends them itself once it notices that their client is gone: ${why}`,
    );
  await Promise.all(sessions.map((session) => session.end()));
}

/** @returns why no session could do it. */
async function terminateOthers(
  sessions: readonly Session[],
  applicationName: string,
): Promise<string | undefined> {
  let why: string | undefined;
  for (const session of sessions) {
    try {
      await session.query(
        'SELECT pg_catalog.pg_terminate_backend(pid) FROM pg_catalog.pg_stat_activity WHERE application_name = $1 AND pid <> pg_catalog.pg_backend_pid()',
        [applicationName],
      );
      return undefined;
    } catch (error) {
      why = error instanceof Error ? error.message : 'unknown failure';
    }
  }
  return why;
}

export interface AbortOptions extends EndOptions {
  sessions: readonly Session[];
  signal: AbortSignal;
}

/** Does work that waits inside a statement, such as for a table lock; a signal ends the sessions, and so the wait. */
export async function endingOnAbort<T>(
  { sessions, signal, ...options }: AbortOptions,
  work: () => Promise<T>,
): Promise<T> {
  const end = () => void endSessions(sessions, options);
  signal.addEventListener('abort', end, { once: true });
  try {
    return await work();
  } finally {
    signal.removeEventListener('abort', end);
  }
}

/**
 * The conflict with recovery that ended one of these sessions, or ends it within moments: a standby ends those of a dump one after
 * the other, and a program that was cut off in the midst of its rows does not learn why. The wait holds the process: where the whole
 * standby died no connection is left that would.
 */
export async function conflictAmong(
  sessions: readonly Session[],
): Promise<HoldfastError | undefined> {
  const found = Promise.withResolvers<HoldfastError>();
  const over = new AbortController();
  for (const session of sessions)
    session.onLost((error) => {
      if (isHoldfastError(error, 'RECOVERY_CONFLICT')) found.resolve(error);
    });
  try {
    return await Promise.race([
      found.promise,
      sleep(PATIENCE_MS, undefined, { signal: over.signal }),
    ]);
  } finally {
    over.abort();
  }
}
