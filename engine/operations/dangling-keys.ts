import type { TocEntry } from '../domain/archive-toc.ts';
import { indexToc, tablesBehind } from '../domain/foreign-key-entry.ts';
import type { Session } from '../postgres/session.ts';

export interface DanglingOptions {
  /** The whole table of contents. */
  toc: readonly TocEntry[];
  /** Tables that are made together with `entries`. */
  making: readonly { oid: number }[];
  session: Session;
}

/** Sorts out the foreign keys to tables that are not on the target: they can't hold there. */
export async function withoutDanglingKeys(
  all: readonly TocEntry[],
  { toc, making, session }: DanglingOptions,
): Promise<{ entries: TocEntry[]; left: TocEntry[] }> {
  const byId = indexToc(toc);
  const made = new Set(making.map(({ oid }) => oid));
  const entries: TocEntry[] = [];
  const left: TocEntry[] = [];
  for (const entry of all) {
    const others =
      entry.type === 'FK CONSTRAINT'
        ? tablesBehind(entry, byId).filter(({ oid }) => !made.has(oid))
        : [];
    const present = await Promise.all(others.map(({ rest }) => existsByLine(session, rest)));
    (present.every(Boolean) ? entries : left).push(entry);
  }
  return { entries, left };
}

/** A line of the table of contents says schema, name and owner, with a space for each line break. */
async function existsByLine(session: Session, rest: string): Promise<boolean> {
  const { found } = await session.queryOne<{ found: boolean }>(
    `SELECT EXISTS (SELECT FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
       WHERE c.relkind IN ('r', 'p') AND pg_catalog.starts_with($1 || ' ', pg_catalog.translate(n.nspname || ' ' || c.relname || ' ', E'\\n\\r', '  '))) AS found`,
    [rest],
  );
  return found;
}
