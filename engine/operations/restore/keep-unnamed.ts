import type { FailedEntry } from '../../domain/restore/failed-entry.ts';
import { cutName } from '../../domain/table-name.ts';
import type { Session } from '../../postgres/session.ts';
import { renameDatabase } from '../../postgres/target-database.ts';
import { hasEverything } from './incomplete.ts';
import type { MadeDatabase } from './into-new.ts';
import { unnamed } from './new-database.ts';

export interface KeepOptions {
  maintenance: Session;
  /** The name that was asked for. */
  name: string;
  failures: readonly FailedEntry[];
  /** What the restore calls a database that lacks nothing. */
  restoredName: string;
  /** Eight hexadecimal digits that no name of this restore has yet. */
  freshTail: string;
  /** SQL that gives the database its name later. */
  putInPlace: (kept: string) => string;
}

/**
 * Keeps a database that could not be given the name that was meant for it, under another one that
 * says whether it lacks something. @returns the failure, with the name that the database has now.
 */
export async function keepUnnamed(
  error: unknown,
  { unfinished, comparison, finish }: MadeDatabase,
  options: KeepOptions,
): Promise<unknown> {
  const { maintenance, name, failures, restoredName, freshTail, putInPlace } = options;
  const isWhole = hasEverything({ failures: [...failures], tables: comparison });
  const incomplete = `${cutName(name, { bytes: 38 })}_incomplete_${freshTail}`;
  const kept = isWhole ? restoredName : incomplete;
  const lacking = isWhole ? undefined : describeLacking(failures);
  const isNamed = await renameDatabase(maintenance, {
    ...{ from: unfinished, to: kept, beforeCommit: () => finish(kept) },
  }).then(
    () => true,
    () => false,
  );
  return isNamed
    ? unnamed(error, { restored: kept, putInPlace: putInPlace(kept), lacking })
    : unnamed(error, { unfinished, lacking });
}

function describeLacking([first, ...more]: readonly FailedEntry[]): string {
  if (first === undefined) return 'rows differ from the backup';
  return `${more.length + 1} could not be restored, the first is ${first.object}`;
}
