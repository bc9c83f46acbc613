import type { TocEntry } from '../archive-toc.ts';
import { quoteIdentifier, quoteTable, type TableName } from '../table-name.ts';
import { alteredTable } from './altered-table.ts';
import { type SqlToken, sqlTokens } from './sql-tokens.ts';

interface Side {
  table: TableName;
  /** Whether the constraint looks at the rows of this table alone, not at those of its children. */
  isOnly?: boolean;
  columns: string[];
}

/**
 * A query for the rows that a foreign key does not allow: those without a match in the other table.
 * Undefined where the entry is no simple foreign key. A constraint on a table that others inherit
 * from holds for its own rows (`RI_Initial_Check` in src/backend/utils/adt/ri_triggers.c), and
 * pg_dump writes ONLY there; the table that it refers to may be partitioned, so that has no ONLY.
 */
export function orphansQuery(entry: Pick<TocEntry, 'type' | 'definition'>): string | undefined {
  const own = alteredTable(entry);
  if (entry.type !== 'FK CONSTRAINT' || own === undefined) return undefined;
  const tokens = [...sqlTokens(entry.definition)];
  if (tokens.some((token) => isWord(token, 'PERIOD'))) return undefined;
  const key = tokens.findIndex(
    (token, index) => isWord(token, 'FOREIGN') && isWord(tokens[index + 1], 'KEY'),
  );
  const references = tokens.findIndex((token) => isWord(token, 'REFERENCES'));
  if (key < 0 || references < 0) return undefined;
  const [schema, , name] = tokens.slice(references + 1);
  if (schema === undefined || name === undefined) return undefined;
  const isOnly = isWord(tokens[2], 'ONLY');
  const child = { table: own, isOnly, columns: columnsAfter(tokens, key + 2) };
  const parent = {
    table: { schema: schema.text, name: name.text },
    columns: columnsAfter(tokens, references + 4),
  };
  return queryOf(child, parent);
}

function queryOf(child: Side, parent: Side): string | undefined {
  if (child.columns.length === 0 || child.columns.length !== parent.columns.length)
    return undefined;
  const filled = child.columns.map((column) => `c.${quoteIdentifier(column)} IS NOT NULL`);
  const equal = child.columns.map(
    (column, index) =>
      `p.${quoteIdentifier(parent.columns[index] ?? '')} = c.${quoteIdentifier(column)}`,
  );
  return (
    `SELECT c.* FROM ${child.isOnly ? 'ONLY ' : ''}${quoteTable(child.table)} c WHERE ${filled.join(' AND ')} AND NOT EXISTS ` +
    `(SELECT FROM ${quoteTable(parent.table)} p WHERE ${equal.join(' AND ')})`
  );
}

/** The names of a list in parentheses that begins at a token. */
function columnsAfter(tokens: readonly SqlToken[], start: number): string[] {
  if (tokens[start]?.text !== '(') return [];
  const end = tokens.findIndex(({ text, kind }, at) => {
    return at > start && kind === 'other' && text === ')';
  });
  return tokens
    .slice(start + 1, end)
    .filter(({ kind }) => kind !== 'other')
    .map(({ text }) => text);
}

function isWord(token: SqlToken | undefined, word: string): boolean {
  return token?.kind === 'word' && token.text === word;
}
