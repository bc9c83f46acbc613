import { knownFailure } from '../../domain/known-failure.ts';
import { HoldfastError } from '../../errors.ts';
import { isDamage } from '../../postgres/restore-program.ts';

export interface CopyFailure {
  /** Of the repository. */
  name: string;
  error: unknown;
}

/**
 * One failure that says what is wrong with each copy, and names the repositories where there are several. Its code is that of the
 * first whose bytes are bad, else of the first that a repetition does not end; that a copy is cold says least. What several
 * copies have in common is said once, and an anomaly of them all as it is. Undefined where nothing failed.
 */
export function allFailures(failures: readonly CopyFailure[]): unknown {
  const known = failures
    .map(({ name, error }) => ({ name, error, failure: knownFailure(error) }))
    .toSorted((one, other) => rankOf(one.failure) - rankOf(other.failure));
  const [lead] = known;
  if (lead === undefined) return undefined;
  const { code, hint, cause } = lead.failure;
  const groups = [...Map.groupBy(known, ({ failure }) => failure.message)];
  if (known.length === 1 || (groups.length === 1 && code === 'ANOMALY_FOUND')) return lead.error;
  const hints = [hint, ...known.map(({ failure }) => failure.hint)].filter(Boolean);
  const said = groups.map(([text, own]) => `${own.map(({ name }) => name).join(', ')}: ${text}`);
  return new HoldfastError({
    code,
    message: said.join('; '),
    hint: [...new Set(hints)].join(' '),
    retryable: known.every(({ failure }) => failure.retryable),
    cause: cause ?? lead.error,
  });
}

function rankOf(failure: HoldfastError): number {
  if (isDamage(failure)) return 0;
  if (failure.retryable) return 3;
  return failure.code === 'OBJECT_COLD' ? 2 : 1;
}
