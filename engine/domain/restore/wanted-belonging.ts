import { addedConstraint, alteredTable } from '../archive/altered-table.ts';
import { sqlTokens } from '../archive/sql-tokens.ts';
import type { TocEntry } from '../archive-toc.ts';
import type { TableName } from '../table-name.ts';

/** A key, an index or an identity that a set has of a table; compared with the target by name or by definition. */
export interface WantedBelonging {
  kind: 'constraint' | 'index' | 'identity';
  table: TableName;
  /** Of an identity the name of its column. */
  name: string;
  /** As the server writes it, without the name; empty where that is no matter. */
  definition: string;
  /** Whether rows of a table without it may be there twice, or take long to find: a key or an index. */
  isAccess: boolean;
}

/** Undefined for an entry of another type. */
export function wantedBelonging(entry: TocEntry): WantedBelonging | undefined {
  const { type, definition } = entry;
  const table = alteredTable(entry);
  if (table === undefined) return undefined;
  const statement = definition.trimEnd().replace(/;$/, '');
  if (type === 'CONSTRAINT' || type === 'FK CONSTRAINT' || type === 'CHECK CONSTRAINT') {
    const name = addedConstraint(entry);
    if (name === undefined) return undefined;
    const tokens = [...sqlTokens(statement)];
    const added = tokens.findIndex(({ text }) => text === 'ADD');
    const rest = statement.slice(tokens[added + 2]?.end ?? 0).trim();
    const isAccess = type === 'CONSTRAINT';
    return { kind: 'constraint', table, name, definition: rest, isAccess };
  }
  if (type === 'INDEX') {
    const tokens = [...sqlTokens(statement)];
    const on = tokens.findIndex(({ kind, text }) => kind === 'word' && text === 'ON');
    const name = tokens[on - 1]?.text;
    if (on < 0 || name === undefined) return undefined;
    const rest = statement.slice(tokens[on]?.start ?? 0);
    return { kind: 'index', table, name, definition: rest, isAccess: true };
  }
  return type === 'SEQUENCE' ? identityOf(statement, table) : undefined;
}

/** `ALTER TABLE s.t ALTER COLUMN c ADD GENERATED ... AS IDENTITY (...)`. */
function identityOf(statement: string, table: TableName): WantedBelonging | undefined {
  const tokens = [...sqlTokens(statement)];
  const column = tokens.findIndex(({ kind, text }) => kind === 'word' && text === 'COLUMN');
  const name = tokens[column + 1]?.text;
  if (column < 0 || name === undefined) return undefined;
  return { kind: 'identity', table, name, definition: '', isAccess: false };
}
