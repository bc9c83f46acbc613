import { HoldfastError, isHoldfastError } from '../errors.ts';
import type { Unanswered } from './find-set.ts';

export interface PartlyMarked {
  id: string;
  /** What the mark makes of the set. */
  done: 'held' | 'no longer held' | 'accepted';
  /** Names of the repositories whose copy was marked. */
  marked: readonly string[];
  /** Where it was not, and why; at least one. */
  failures: readonly Unanswered[];
  hint: string;
  /** What to know first. */
  fact?: string;
  /** Whether the same command may be run again. */
  isRepeatable: boolean;
}

/** A mark is in some repositories and not in others, where retention judges the set without it. */
export function partlyMarked({
  id,
  done,
  marked,
  failures,
  hint,
  fact,
  isRepeatable,
}: PartlyMarked): HoldfastError {
  const missing = failures.map(({ place, error }) => `${place.name} (${error.message})`).join(', ');
  return new HoldfastError({
    code: failures[0]?.error.code ?? 'REPOSITORY_UNREACHABLE',
    message: `${fact === undefined ? '' : `${fact}; `}${id} is ${done} in ${marked.join(', ') || 'no repository'}, and not in ${missing}`,
    hint,
    retryable:
      isRepeatable &&
      failures.every(
        ({ error }) => error.retryable || isHoldfastError(error, 'REPOSITORY_UNREACHABLE'),
      ),
    cause: failures[0]?.error,
  });
}
