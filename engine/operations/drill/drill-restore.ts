import {
  type ArchiveItem,
  type Refusal,
  type RefusedStatement,
  refusalsOf,
} from '../../domain/drill/refusals.ts';
import { judgeRestore, type RestoreVerdict } from '../../domain/drill/restore-verdict.ts';
import type { DrillException } from '../../domain/drill-report.ts';
import { HoldfastError, isHoldfastError } from '../../errors.ts';
import { readErrorLog } from '../../postgres/drill/error-log.ts';
import { isLoginElsewhere, withoutWaysOut } from '../../postgres/drill/ways-out.ts';
import { sayDriverError } from '../../postgres/driver-error.ts';
import { Session } from '../../postgres/session.ts';
import type { ThrowAwayServer } from '../../postgres/throw-away-server.ts';
import type { OpenedSet } from '../opened-set.ts';
import {
  REFRESH_STATISTICS,
  type RestoredSet,
  type RestoreSetOptions,
  restoreSet,
} from '../restore-set.ts';
import { allItems, readSetItems, type SetItems } from './set-items.ts';

type DrillRestoreOptions = Pick<
  RestoreSetOptions,
  'settings' | 'tools' | 'applicationName' | 'jobs' | 'signal' | 'progress'
> & {
  server: ThrowAwayServer;
};

export type DrillRestore = RestoredSet &
  RestoreVerdict & {
    items: SetItems;
    /** Entries that were refused or left out. */
    absent: ArchiveItem[];
  };

/**
 * Restores a set as pg_restore does by default: what the server refuses is passed over, and then looked up in the server's log,
 * which says why. @throws HoldfastError OBJECT_DAMAGED, and RESTORE_FAILED where the restore broke off.
 */
export async function restoreForDrill(
  set: OpenedSet,
  { server, ...options }: DrillRestoreOptions,
): Promise<DrillRestore> {
  const { settings, applicationName } = options;
  const restored = await restoreSet(set, {
    ...options,
    ...(server.isIsolated ? {} : withoutWaysOut(settings, { applicationName })),
    contents: 'all',
    withoutTablespaces: true,
    disableTriggers: false,
    keepGoing: true,
  });
  const session = await Session.open(settings, { applicationName });
  const logged = await readErrorLog(session, server).finally(() => session.end());
  const statements = logged.filter(({ statement }) => statement !== REFRESH_STATISTICS);
  assertNotPassing(statements);
  const items = await readSetItems(set);
  const { comparison } = restored;
  const leftOut = server.isIsolated ? [] : items.schema.filter(isLoginElsewhere);
  const refusals = refusalsOf(statements, allItems(items));
  const verdict = judgeRestore(refusals, { comparison, say: sayRefusal });
  const exceptions = [...leftOut.map(exceptionOfLogin), ...verdict.exceptions];
  const absent = [...leftOut, ...refusals.flatMap(({ item }) => item ?? [])];
  return { ...restored, ...verdict, exceptions, items, absent };
}

function exceptionOfLogin({ type, schema, tag: name }: ArchiveItem): DrillException {
  return { type, schema, name, lacks: 'a network namespace, without which it is left out' };
}

/**
 * Deadlocks, locks that did not come and sessions that somebody ended say nothing about the set, and
 * are not likely to come again.
 */
function assertNotPassing(statements: readonly RefusedStatement[]): void {
  const passing = statements.find(({ sqlState }) => /^(40|55P03|57P)/.test(sqlState));
  if (passing === undefined) return;
  throw new HoldfastError({
    code: 'RESTORE_FAILED',
    message: `the throw-away server gave up on a statement (SQLSTATE ${passing.sqlState})`,
    hint: 'Run the drill again; with --jobs 1 no statement waits for another.',
    retryable: true,
  });
}

/** By the filter on everything that PostgreSQL says. */
function sayRefusal({ refused: { message, context, sqlState } }: Refusal): string {
  const error = Object.assign(new Error(message), { code: sqlState });
  const text = sayDriverError(context === '' ? error : Object.assign(error, { where: context }));
  return text.includes('was withheld') ? `refused with SQLSTATE ${sqlState}` : text;
}

/** A set that a server of its own could not be restored from to the end; whatever else went wrong is thrown as it is. */
export function refusalOf(error: unknown): HoldfastError {
  if (!isHoldfastError(error, 'RESTORE_FAILED') || error.retryable) throw error;
  return new HoldfastError({
    code: 'OBJECT_DAMAGED',
    message: `the set does not restore: ${error.message}`,
    hint: 'Take a new backup now, and look into the server log of the source.',
    cause: error,
  });
}
