import type { TocEntry } from '../../domain/archive-toc.ts';
import { showTable, type TableName } from '../../domain/table-name.ts';
import type { ConnectionSettings } from '../../postgres/connection-settings.ts';
import { readClosedExtensionTables } from '../../postgres/restore/closed-extension-tables.ts';
import { Session } from '../../postgres/session.ts';
import type { RowEntries } from './stray-comments.ts';

export interface OpenRows {
  entries: RowEntries;
  /** Which rows are left out, and who may restore them. */
  notes: string[];
}

export interface OpenRowsOptions {
  settings: ConnectionSettings;
  applicationName: string;
}

/**
 * The rows without those of extensions' configuration tables that belong to another role: the server
 * would refuse them to this one, and every other row with them.
 */
export async function openRows(
  entries: RowEntries,
  { settings, applicationName }: OpenRowsOptions,
): Promise<OpenRows> {
  const session = await Session.open(settings, { applicationName });
  const all = await readClosedExtensionTables(session).finally(() => session.end());
  const closed = all.filter((table) => entries.rows.some((entry) => isRowsOf(entry, table)));
  const rows = entries.rows.filter((entry) => !closed.some((table) => isRowsOf(entry, table)));
  const notes = closed.map(
    (table) =>
      `the rows of table ${showTable(table)} of extension ${table.extension} are left as they are ` +
      `on the target: only ${table.owner} may write to it`,
  );
  return { entries: { ...entries, rows }, notes };
}

function isRowsOf({ type, schema, tag }: TocEntry, table: TableName): boolean {
  return type === 'TABLE DATA' && schema === table.schema && tag === table.name;
}
