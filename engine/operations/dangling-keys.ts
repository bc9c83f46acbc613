import { addedPublication } from '../domain/archive/altered-table.ts';
import type { TocEntry } from '../domain/archive-toc.ts';
import { indexToc, tablesBehind } from '../domain/foreign-key-entry.ts';
import { quoteTable, type TableName } from '../domain/table-name.ts';
import { decodeArchiveText, encodingOf } from '../postgres/archive/archive-encoding.ts';
import type { Session } from '../postgres/session.ts';

export interface DanglingOptions {
  /** The whole table of contents. */
  toc: readonly TocEntry[];
  /** Every table of the set. */
  tables: readonly (TableName & { oid: number })[];
  /** Tables that are made together with `entries`. */
  making: readonly { oid: number }[];
  session: Session;
}

export interface LeftEntry {
  entry: TocEntry;
  why: string;
}

/**
 * Sorts out what ties a table to an object that is not on the target and can't hold there: foreign
 * keys to other tables, and places in publications.
 */
export async function withoutDanglingEntries(
  all: readonly TocEntry[],
  options: DanglingOptions,
): Promise<{ entries: TocEntry[]; left: LeftEntry[] }> {
  const entries: TocEntry[] = [];
  const left: LeftEntry[] = [];
  for (const entry of all) {
    if (entry.type === 'FK CONSTRAINT' && !(await hasTables(entry, options)))
      left.push({
        entry,
        why: 'foreign key left out, because the table it points to is not on the target',
      });
    else if (entry.type === 'PUBLICATION TABLE' && !(await hasPublication(entry, options)))
      left.push({ entry, why: 'left out, because the publication is not on the target' });
    else entries.push(entry);
  }
  return { entries, left };
}

async function hasTables(
  entry: TocEntry,
  { toc, tables, making, session }: DanglingOptions,
): Promise<boolean> {
  const made = new Set(making.map(({ oid }) => oid));
  const others = tablesBehind(entry, indexToc(toc)).filter(({ oid }) => !made.has(oid));
  for (const { oid } of others) {
    const table = tables.find((one) => one.oid === oid);
    if (table === undefined || !(await exists(session, table))) return false;
  }
  return true;
}

async function exists(session: Session, table: TableName): Promise<boolean> {
  const { found } = await session.queryOne<{ found: boolean }>(
    `SELECT EXISTS (SELECT FROM pg_catalog.pg_class
       WHERE oid = pg_catalog.to_regclass($1) AND relkind IN ('r', 'p')) AS found`,
    [quoteTable(table)],
  );
  return found;
}

async function hasPublication(
  entry: TocEntry,
  { toc, session }: DanglingOptions,
): Promise<boolean> {
  const name = await decodeArchiveText(session, addedPublication(entry) ?? '', encodingOf(toc));
  const found = await session.query('SELECT FROM pg_catalog.pg_publication WHERE pubname = $1', [
    name,
  ]);
  return found.length > 0;
}
