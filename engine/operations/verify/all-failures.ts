import { knownFailure } from '../../domain/known-failure.ts';
import { HoldfastError } from '../../errors.ts';

export interface CopyFailure {
  /** Of the repository. */
  name: string;
  error: unknown;
}

/**
 * One failure that says what is wrong with each copy. Its code is that of the first that a repetition does not end, or of the
 * first; what several copies have in common is said once. Undefined where nothing failed.
 */
export function allFailures(failures: readonly CopyFailure[]): unknown {
  const known = failures.map(({ name, error }) => ({ name, error, failure: knownFailure(error) }));
  const lead = known.find(({ failure }) => !failure.retryable) ?? known[0];
  if (lead === undefined) return undefined;
  const others = known.filter(({ failure }) => failure.message !== lead.failure.message);
  if (others.length === 0) return lead.error;
  const { code, message, hint, cause } = lead.failure;
  const hints = [hint, ...others.map(({ failure }) => failure.hint)].filter(Boolean);
  return new HoldfastError({
    code,
    message: [message, ...others.map((one) => `${one.name}: ${one.failure.message}`)].join('; '),
    hint: [...new Set(hints)].join(' '),
    retryable: known.every(({ failure }) => failure.retryable),
    cause: cause ?? lead.error,
  });
}
