import { describeDifferences } from '../../domain/restore-comparison.ts';
import { quoteIdentifier } from '../../domain/table-name.ts';
import { HoldfastError, isHoldfastError } from '../../errors.ts';
import type { RestoreRequest, RestoreResult } from '../restore-request.ts';

/** Whether everything came back, with every row. */
export function hasEverything({ failures, tables }: Pick<RestoreResult, 'failures' | 'tables'>) {
  return failures.length === 0 && describeDifferences(tables) === undefined;
}

/**
 * A restore with --keep-going that left something out. It failed, so that no script takes it for
 * whole: its result travels with the error.
 */
export function assertComplete(result: RestoreResult, { to }: Pick<RestoreRequest, 'to'>): void {
  if (hasEverything(result)) return;
  const { failures, tables, incomplete } = result;
  const differences = describeDifferences(tables);
  const [first] = failures;
  const refused =
    first === undefined
      ? []
      : [`${failures.length} could not be restored, the first is ${first.object}`];
  const rows = differences === undefined ? [] : [`rows differ: ${differences}`];
  throw new HoldfastError({
    code: 'RESTORE_INCOMPLETE',
    message: `everything was restored but what is listed: ${[...refused, ...rows].join('; ')}`,
    hint: [
      'Mend what is listed by hand, or restore again once its cause is gone.',
      "The server's log has the whole message of each.",
      ...(incomplete === null ? [] : [renaming(incomplete, to.database)]),
    ].join(' '),
    cause: { result },
  });
}

function renaming(incomplete: string, wanted: string): string {
  const [from, to] = [incomplete, wanted].map(quoteIdentifier);
  return `The database is called ${incomplete} until you rename it: ALTER DATABASE ${from} RENAME TO ${to};`;
}

/** What was restored by a restore that left something out. */
export function resultOfIncomplete(error: unknown): RestoreResult | undefined {
  if (!isHoldfastError(error, 'RESTORE_INCOMPLETE')) return undefined;
  return (error.cause as { result?: RestoreResult } | undefined)?.result;
}
