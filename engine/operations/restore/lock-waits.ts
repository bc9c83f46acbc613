import { describeLockWait, type LockWait } from '../../domain/connection/lock-wait.ts';
import { HoldfastError } from '../../errors.ts';
import type { Progress } from '../../ports/progress.ts';

/** The locks that a restore waited for: each is reported once, and the last one explains a failure. */
export class LockWaits {
  readonly #progress: Progress;
  readonly #reported = new Set<string>();
  #last: string | undefined;

  constructor(progress: Progress) {
    this.#progress = progress;
  }

  readonly hear = (wait: LockWait): void => {
    this.#last = describeLockWait(wait);
    const which = [wait.relation, ...wait.blockers.map(({ pid }) => pid)].join(' ');
    if (this.#reported.has(which)) return;
    this.#reported.add(which);
    this.#progress({ phase: 'waiting', note: `the restore waits for ${this.#last}` });
  };

  /** The failure, with what the restore waited for before it. */
  explain(error: unknown): unknown {
    if (this.#last === undefined || !(error instanceof HoldfastError)) return error;
    const { code, message, hint, retryable, cause } = error;
    const explained = [
      ...(hint === undefined ? [] : [hint]),
      `The restore had waited for ${this.#last}`,
    ];
    return new HoldfastError({ code, message, hint: explained.join(' '), retryable, cause });
  }
}
