import type { FailedEntry } from '../../domain/restore/failed-entry.ts';
import { HoldfastError } from '../../errors.ts';

/** The failure of pg_restore, with the object that it was at. */
export function namingEntry(error: HoldfastError, failure: FailedEntry | undefined): HoldfastError {
  if (failure === undefined) return error;
  const { code, hint, retryable } = error;
  return new HoldfastError({
    code,
    message: `${failure.object} could not be restored: ${failure.reason}`,
    ...(hint === undefined ? {} : { hint }),
    retryable,
    cause: { failure },
  });
}

/** The object that a restore failed at, where pg_restore said it. */
export function failedEntryOf(error: unknown): FailedEntry | undefined {
  if (!(error instanceof HoldfastError)) return undefined;
  return (error.cause as { failure?: FailedEntry } | undefined)?.failure;
}
