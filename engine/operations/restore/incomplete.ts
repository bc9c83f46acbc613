import { describeDifferences } from '../../domain/restore-comparison.ts';
import { HoldfastError, isHoldfastError } from '../../errors.ts';
import type { RestoreResult } from '../restore-request.ts';

/**
 * A restore with --keep-going that left something out. It failed, so that no script takes it for
 * whole: its result travels with the error.
 */
export function assertComplete(result: RestoreResult): void {
  const { failures, tables } = result;
  const differences = describeDifferences(tables);
  if (failures.length === 0 && differences === undefined) return;
  const [first] = failures;
  const refused =
    first === undefined
      ? []
      : [`${failures.length} could not be restored, the first is ${first.object}`];
  const rows = differences === undefined ? [] : [`rows differ: ${differences}`];
  throw new HoldfastError({
    code: 'RESTORE_INCOMPLETE',
    message: `everything was restored but what is listed: ${[...refused, ...rows].join('; ')}`,
    hint:
      'Mend what is listed by hand, or restore again once its cause is gone. ' +
      "The server's log has the whole message of each.",
    cause: { result },
  });
}

/** What was restored by a restore that left something out. */
export function resultOfIncomplete(error: unknown): RestoreResult | undefined {
  if (!isHoldfastError(error, 'RESTORE_INCOMPLETE')) return undefined;
  return (error.cause as { result?: RestoreResult } | undefined)?.result;
}
