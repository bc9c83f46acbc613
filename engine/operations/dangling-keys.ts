import type { TocEntry } from '../domain/archive-toc.ts';
import { indexToc, tablesBehind } from '../domain/foreign-key-entry.ts';
import { quoteTable, type TableName } from '../domain/table-name.ts';
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

/** Sorts out the foreign keys to tables that are not on the target: they can't hold there. */
export async function withoutDanglingKeys(
  all: readonly TocEntry[],
  { toc, tables, making, session }: DanglingOptions,
): Promise<{ entries: TocEntry[]; left: TocEntry[] }> {
  const byId = indexToc(toc);
  const names = new Map(tables.map((table) => [table.oid, table]));
  const made = new Set(making.map(({ oid }) => oid));
  const entries: TocEntry[] = [];
  const left: TocEntry[] = [];
  for (const entry of all) {
    const others =
      entry.type === 'FK CONSTRAINT'
        ? tablesBehind(entry, byId).filter(({ oid }) => !made.has(oid))
        : [];
    const present = await Promise.all(others.map(({ oid }) => exists(session, names.get(oid))));
    (present.every(Boolean) ? entries : left).push(entry);
  }
  return { entries, left };
}

async function exists(session: Session, table: TableName | undefined): Promise<boolean> {
  if (table === undefined) return false;
  const { found } = await session.queryOne<{ found: boolean }>(
    `SELECT EXISTS (SELECT FROM pg_catalog.pg_class
       WHERE oid = pg_catalog.to_regclass($1) AND relkind IN ('r', 'p')) AS found`,
    [quoteTable(table)],
  );
  return found;
}
