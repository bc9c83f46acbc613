import { type ErrorCode, HoldfastError } from '../../errors.ts';

/** A crash on bad input is SIGSEGV or SIGABRT, and no word of theirs. */
const SIGNALS = ['SIGKILL', 'SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT', 'SIGXCPU'];
/** What pg_restore says when one of its parallel workers is killed. */
const LOST_WORKER = /worker process died unexpectedly/;

export interface ProgramEnd {
  /** `pg_restore was ended by SIGKILL`, for example. */
  what: string;
  signal: string | null;
  /** What the program said. */
  said: string;
  failure: ErrorCode;
}

/**
 * The failure of a program that somebody ended, for example the kernel for want of memory: it says
 * nothing about the bytes that the program read. @returns undefined where it ended by itself.
 */
export function endedFromOutside({
  what,
  signal,
  said,
  failure,
}: ProgramEnd): HoldfastError | undefined {
  const isKilled = signal !== null && SIGNALS.includes(signal);
  if (!isKilled && !LOST_WORKER.test(said)) return undefined;
  return new HoldfastError({
    code: failure === 'OBJECT_DAMAGED' ? 'RESTORE_FAILED' : failure,
    message: `${what}${said === '' ? '' : `: ${said}`}`,
    hint: 'Something outside of Holdfast killed it: the kernel does that when memory runs out, and says so in its log. Run the command again.',
    retryable: true,
  });
}

/**
 * libpq's own words for a session that the server ended. They are looked for in what the program
 * said as it is: the text for people is withheld where it may quote rows.
 */
const LOST_SESSION =
  /^pg_\w+: .*: (FATAL: +terminating connection due to .*|server closed the connection unexpectedly|no connection to the server|could not receive data from server: .*)$/m;

/** Whether the server ended the session of a program, which says nothing about what it read. */
export function hasLostSession(output: string): boolean {
  return LOST_SESSION.test(output);
}
