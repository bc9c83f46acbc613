import type { TocEntry } from '../archive-toc.ts';
import { type SqlToken, sqlTokens } from './sql-tokens.ts';

/**
 * What stands between the parentheses of a CREATE TABLE: columns with their types, defaults and
 * checks. Undefined for a table that has no list of its own (a typed table, a partition).
 */
export function columnListOf({ definition }: Pick<TocEntry, 'definition'>): string | undefined {
  const tokens = [...sqlTokens(definition)];
  const create = tokens.findIndex((token) => token.kind === 'word' && token.text === 'TABLE');
  const open = tokens[create + 4];
  if (create < 0 || open?.text !== '(' || !isListOf(tokens, create)) return undefined;
  const close = tokens.find(({ text, depth, start }) => {
    return text === ')' && depth === open.depth && start > open.start;
  });
  return close === undefined ? undefined : definition.slice(open.end, close.start);
}

/** The list follows `schema.name`; after OF or PARTITION OF it would mean something else. */
function isListOf(tokens: readonly SqlToken[], create: number): boolean {
  return tokens[create + 2]?.text === '.' && tokens[create + 3]?.kind !== 'other';
}
