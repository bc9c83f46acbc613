import { APPLICATION_NAME } from '../contract.ts';
import { HoldfastError, isHoldfastError } from '../errors.ts';
import { Session, sqlStateOf } from './session.ts';

/** How long the server may take to answer one statement of a clean-up. */
export const CLEAN_UP_SECONDS = 300;

/** What stays on the server when a step of a clean-up fails. */
export interface Remains {
  /** A clause, such as `role app stays a member of owner`. */
  what: string;
  /** A sentence with the statement that does it by hand. */
  hint: string;
}

export interface CleanUpOptions {
  session: Session;
  /** The statements of this session that undo something; each of them has a deadline. */
  undo: () => Promise<void>;
  remains: Remains;
  limitSeconds?: number;
}

/** Undoes something. @returns what stays, and why, where that fails. */
export async function cleanUp({
  session,
  undo,
  remains,
  limitSeconds = CLEAN_UP_SECONDS,
}: CleanUpOptions): Promise<LeftBehind | undefined> {
  try {
    await session.limited(undo, limitSeconds);
    return undefined;
  } catch (error) {
    return new LeftBehind(remains, error);
  }
}

export interface FinallyOptions extends CleanUpOptions {
  /** Hears what stays although the work was done. */
  onNote: (note: string) => void;
}

/** Does work and then undoes something, whatever came of the work. What stays is in the failure, or in a note. */
export async function finallyCleanUp<T>(
  work: () => Promise<T>,
  { onNote, ...options }: FinallyOptions,
): Promise<T> {
  let result: T;
  try {
    result = await work();
  } catch (failure) {
    const left = await cleanUp(options);
    throw left === undefined ? failure : left.addedTo(failure);
  }
  const left = await cleanUp(options);
  if (left !== undefined) onNote(left.note);
  return result;
}

/** A step of a clean-up that failed. */
export class LeftBehind {
  readonly what: string;
  readonly hint: string;

  constructor({ what, hint }: Remains, why: unknown) {
    this.what = `${what}: ${why instanceof Error ? why.message : 'unknown failure'}`;
    this.hint = hint;
  }

  get note(): string {
    return `${this.what}. ${this.hint}`;
  }

  /** The failure before it, which comes first. The same command may meet what stays, so it is not tried again by itself. */
  addedTo(failure: unknown): HoldfastError {
    const { code, message, hint, cause } = isHoldfastError(failure)
      ? failure
      : new HoldfastError({
          code: 'RESTORE_FAILED',
          message: failure instanceof Error ? failure.message : 'the restore failed',
          cause: failure,
        });
    return new HoldfastError({
      code,
      message: `${message}; ${this.what}`,
      hint: [this.hint, ...(hint === undefined ? [] : [hint])].join(' '),
      cause: cause ?? failure,
    });
  }
}

/**
 * Runs a statement that must not be left out, in a session of its own where this one was lost.
 * @throws HoldfastError of that session.
 */
export async function insist(session: Session, statement: string): Promise<void> {
  await session.query(statement).catch(async (error: unknown) => {
    if (sqlStateOf(error) !== undefined) throw error;
    const again = await Session.open(session.settings, {
      applicationName: APPLICATION_NAME,
      limitSeconds: CLEAN_UP_SECONDS,
    });
    await again.query(statement).finally(() => again.end());
  });
}

/**
 * Ends a transaction after a failure. A session that does not answer is lost, and the server ends the
 * transaction with it. @returns the failure to throw.
 */
export async function rollBack(session: Session, failure: unknown): Promise<unknown> {
  const left = await cleanUp({
    session,
    undo: async () => void (await session.query('ROLLBACK')),
    remains: {
      what: 'its transaction ends with the session, which was lost',
      hint: 'Look into the log of the server.',
    },
  });
  const wasLost = isHoldfastError(failure) && /^CONNECTION_/.test(failure.code);
  return left === undefined || wasLost ? failure : left.addedTo(failure);
}
