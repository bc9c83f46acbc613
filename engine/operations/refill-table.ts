import type { ManifestTable } from '../domain/manifest.ts';
import { showTable } from '../domain/table-name.ts';
import type { Progress } from '../ports/progress.ts';
import { advanceSequences, quietTable } from '../postgres/quiet-table.ts';
import { useStyleOfRestore } from '../postgres/restore/value-style.ts';
import type { TargetOptions } from '../postgres/restore-program.ts';
import { Session } from '../postgres/session.ts';
import { copyRows } from './copy-rows.ts';
import type { OpenedSet } from './opened-set.ts';
import { refusedRows } from './refused-rows.ts';

export interface RefillOptions {
  root: ManifestTable;
  /** The table, or its partitions. */
  tables: readonly ManifestTable[];
  target: TargetOptions;
  progress: Progress;
}

/**
 * Gives a table that is there and empty its rows back, in one transaction that nobody else looks into: the application's triggers
 * do not fire, foreign keys are checked, sequences only go forward.
 * @throws HoldfastError TARGET_NOT_EMPTY, LOCK_TIMEOUT, RESTORE_FAILED; the table is as it was then.
 */
export async function refillTable(
  set: OpenedSet,
  { root, tables, target, progress }: RefillOptions,
): Promise<void> {
  const session = await Session.open(target.settings, { applicationName: target.applicationName });
  const stop = () => void session.end();
  target.signal.addEventListener('abort', stop, { once: true });
  const totalBytes = set.storedBytesOf('data');
  try {
    await useStyleOfRestore(session);
    await session.query('BEGIN');
    const wake = await quietTable(session, root);
    const onBytes = (bytes: number) => progress({ phase: 'rows', bytes, totalBytes });
    await copyRows(set, session, { tables, onBytes });
    for (const statement of wake) await session.query(statement);
    await advanceSequences(session, root);
    await session.query('COMMIT');
  } catch (error) {
    target.signal.throwIfAborted();
    throw refusedRows(error, showTable(root));
  } finally {
    target.signal.removeEventListener('abort', stop);
    await session.end();
  }
}
