import type { TocEntry } from '../archive-toc.ts';
import type { TableName } from '../table-name.ts';
import { type SqlToken, sqlTokens } from './sql-tokens.ts';

/**
 * What stands between the parentheses of a CREATE TABLE, one element a column or check: for a table
 * that inherits with the columns of its parents, for a typed table those of its type. What follows
 * the list (partitioning, storage) is left out. Undefined where a definition is missing.
 */
export function columnListOf(entry: TocEntry, toc: readonly TocEntry[]): string[] | undefined {
  const { definition } = entry;
  const tokens = [...sqlTokens(definition)];
  const table = tokens.findIndex((token) => isWord(token, 'TABLE'));
  if (table < 0) return undefined;
  const of = tokens[table + 4];
  if (isWord(of, 'OF')) return columnsOfType(nameAt(tokens, table + 5), toc);
  const list = elementsAt(tokens, { start: table + 4, text: definition });
  if (list === undefined) return undefined;
  const parents = parentsAfter(tokens, list.end);
  const inherited: string[] = [];
  for (const parent of parents) {
    const found = find(toc, { type: 'TABLE', ...parent });
    const columns = found === undefined ? undefined : columnListOf(found, toc);
    if (columns === undefined) return undefined;
    inherited.push(...columns.filter((column) => !isConstraint(column)));
  }
  return merged(inherited, list.elements);
}

/** A column that a table and its parents have stands where it first came, as it was last defined. */
function merged(inherited: readonly string[], own: readonly string[]): string[] {
  const columns = new Map<string, string>();
  for (const element of [...inherited, ...own])
    columns.set(isConstraint(element) ? element : nameOf(element), element);
  return [...columns.values()];
}

function columnsOfType(
  type: TableName | undefined,
  toc: readonly TocEntry[],
): string[] | undefined {
  const entry = type === undefined ? undefined : find(toc, { type: 'TYPE', ...type });
  if (entry === undefined) return undefined;
  const tokens = [...sqlTokens(entry.definition)];
  const as = tokens.findIndex((token) => isWord(token, 'AS'));
  return elementsAt(tokens, { start: as + 1, text: entry.definition })?.elements;
}

interface ElementList {
  elements: string[];
  /** Where the tokens go on behind the list. */
  end: number;
}

/** The elements of a list in parentheses that begins at a token. */
function elementsAt(
  tokens: readonly SqlToken[],
  { start, text }: { start: number; text: string },
): ElementList | undefined {
  const open = tokens[start];
  if (open?.text !== '(' || open.kind !== 'other') return undefined;
  const elements: string[] = [];
  let from = open.end;
  for (const [index, token] of tokens.entries()) {
    if (index <= start || token.kind !== 'other') continue;
    const isEnd = token.text === ')' && token.depth === open.depth;
    const isComma = token.text === ',' && token.depth === open.depth + 1;
    if (!isEnd && !isComma) continue;
    const element = text.slice(from, token.start).trim();
    if (element !== '') elements.push(element);
    if (isEnd) return { elements, end: index + 1 };
    from = token.end;
  }
  return undefined;
}

/** The names in `INHERITS (schema.table, ...)`, where it follows. */
function parentsAfter(tokens: readonly SqlToken[], start: number): TableName[] {
  if (!isWord(tokens[start], 'INHERITS')) return [];
  const parents: TableName[] = [];
  for (let at = start + 2; ; at += 4) {
    const name = nameAt(tokens, at);
    if (name === undefined) return parents;
    parents.push(name);
    if (tokens[at + 3]?.text !== ',') return parents;
  }
}

function nameAt(tokens: readonly SqlToken[], start: number): TableName | undefined {
  const [schema, dot, name] = tokens.slice(start, start + 3);
  return schema === undefined || dot?.text !== '.' || name === undefined
    ? undefined
    : { schema: schema.text, name: name.text };
}

function find(toc: readonly TocEntry[], { type, schema, name }: TableName & { type: string }) {
  return toc.find((entry) => entry.type === type && entry.schema === schema && entry.tag === name);
}

function isConstraint(element: string): boolean {
  const [first] = sqlTokens(element);
  return isWord(first, 'CONSTRAINT') || isWord(first, 'CHECK');
}

function nameOf(column: string): string {
  const [first] = sqlTokens(column);
  return first?.text ?? '';
}

function isWord(token: SqlToken | undefined, word: string): boolean {
  return token?.kind === 'word' && token.text === word;
}
