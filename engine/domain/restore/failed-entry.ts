import { describeEntry } from '../archive/describe-entry.ts';
import { orphansQuery } from '../archive/foreign-key.ts';
import type { TocEntry } from '../archive-toc.ts';

/** An object that the target refused. Nothing of it comes from a row. */
export interface FailedEntry {
  /** `TABLE`, `FK CONSTRAINT`, `MATERIALIZED VIEW DATA`, ... as pg_dump calls it. */
  type: string;
  schema: string;
  /** As pg_dump calls it; of what belongs to a table with the name of the table before it. */
  name: string;
  /** Type, name and table for people. */
  object: string;
  /** What the server said, without what may quote rows. */
  reason: string;
  /** Of a foreign key: finds the rows that have no match. */
  query: string | null;
}

export function failedEntry(entry: TocEntry, reason: string): FailedEntry {
  const { type, schema, tag } = entry;
  // Names in the reason may be cut; the words before the first one stand (ri_ReportViolation).
  const isOrphaned = type === 'FK CONSTRAINT' && reason.startsWith('insert or update on table ');
  return {
    ...{ type, schema, name: tag, object: describeEntry(entry), reason },
    query: isOrphaned ? (orphansQuery(entry) ?? null) : null,
  };
}

/** The first failures, one a line; a list of thousands helps nobody. */
export function describeFailures(failures: readonly FailedEntry[], atMost = 40): string[] {
  const lines = failures
    .slice(0, atMost)
    .flatMap(({ object, reason, query }) => [
      `${object}: ${reason}`,
      ...(query === null ? [] : [`  rows without a match: ${query}`]),
    ]);
  const more = failures.length - atMost;
  return more > 0 ? [...lines, `and ${more} more (--json lists all)`] : lines;
}
