import { columnListOf } from '../domain/archive/column-list.ts';
import type { TocEntry } from '../domain/archive-toc.ts';
import type { ManifestTable } from '../domain/manifest.ts';
import { quoteTable } from '../domain/table-name.ts';
import { HoldfastError } from '../errors.ts';
import { decodeArchiveText, encodingOf } from '../postgres/archive/archive-encoding.ts';
import { takeDefaultPrivileges } from '../postgres/restore/own-privileges.ts';
import { useStyleOfRestore } from '../postgres/restore/value-style.ts';
import type { TargetOptions } from '../postgres/restore-program.ts';
import { Session } from '../postgres/session.ts';
import { copyRows } from './copy-rows.ts';
import type { OpenedSet } from './opened-set.ts';
import { refusedRows } from './refused-rows.ts';

export interface BesideOptions {
  /** The table of contents of the schema. */
  toc: readonly TocEntry[];
  root: ManifestTable;
  /** The table, or its partitions. */
  tables: readonly ManifestTable[];
  as: string;
  target: TargetOptions;
}

/**
 * The rows of a table in a new one: the same columns, no keys, no triggers; a place to look and to
 * copy from. Only its owner may read it, because grants and row-level security of the table are not
 * on it. All or nothing.
 */
export async function restoreTableBeside(set: OpenedSet, options: BesideOptions): Promise<void> {
  const { root, tables, as, target } = options;
  const place = { schema: root.schema, name: as };
  const session = await Session.open(target.settings, { applicationName: target.applicationName });
  const stop = () => void session.end();
  target.signal.addEventListener('abort', stop, { once: true });
  try {
    await useStyleOfRestore(session);
    await session.query('BEGIN');
    const columns = await decodeArchiveText(session, columnsOf(options), encodingOf(options.toc));
    await session.query(`CREATE TABLE ${quoteTable(place)} (${columns})`);
    await takeDefaultPrivileges(session, [place]);
    await copyRows(set, session, { tables, into: place });
    await session.query('COMMIT');
  } catch (error) {
    target.signal.throwIfAborted();
    throw refusedRows(error, as);
  } finally {
    target.signal.removeEventListener('abort', stop);
    await session.end();
  }
}

function columnsOf({ toc, root }: BesideOptions): string {
  const entry = toc.find(
    ({ type, oid, catalogOid }) => type === 'TABLE' && oid === root.oid && catalogOid === 1259,
  );
  const columns = entry === undefined ? undefined : columnListOf(entry, toc);
  if (columns !== undefined) return columns.join(',\n');
  throw new HoldfastError({
    code: 'RESTORE_FAILED',
    message: `the set holds no list of columns of ${root.name}`,
    hint: 'Make the table yourself, then restore its rows with --table and without --as.',
  });
}
