import type { TocEntry } from '../archive-toc.ts';
import type { TableName } from '../table-name.ts';
import { type SqlToken, sqlTokens } from './sql-tokens.ts';

/** A definition may hold megabytes; the table that it is about stands at its beginning. */
const LONGEST_HEAD = 65_536;

/**
 * The table that the SQL of an entry changes: `ALTER TABLE ONLY s.t ...`, `CREATE INDEX i ON s.t ...`.
 * pg_dump and the server always write the schema there, and quote what needs quotes; the tag of such
 * an entry joins two names by a space and tells nothing certain. Undefined where it changes no table.
 */
export function alteredTable({ definition }: Pick<TocEntry, 'definition'>): TableName | undefined {
  const tokens = [...sqlTokens(definition.slice(0, LONGEST_HEAD))].filter(
    ({ depth }) => depth === 0,
  );
  const start = startOfTable(tokens);
  return start === undefined ? undefined : nameAt(tokens, start);
}

/** The name that an `ADD CONSTRAINT` gives. */
export function addedConstraint({ definition }: Pick<TocEntry, 'definition'>): string | undefined {
  const tokens = [...sqlTokens(definition.slice(0, LONGEST_HEAD))];
  const place = tokens.findIndex(
    (token, index) => isWord(token, 'ADD') && isWord(tokens[index + 1], 'CONSTRAINT'),
  );
  return place < 0 ? undefined : tokens[place + 2]?.text;
}

/** The publication that an `ALTER PUBLICATION ... ADD TABLE` is about. */
export function addedPublication({ definition }: Pick<TocEntry, 'definition'>): string | undefined {
  const [alter, publication, name] = sqlTokens(definition.slice(0, LONGEST_HEAD));
  return isWord(alter, 'ALTER') && isWord(publication, 'PUBLICATION') ? name?.text : undefined;
}

/** The place of the table's name among the tokens. */
function startOfTable(tokens: readonly SqlToken[]): number | undefined {
  const words = (...wanted: string[]) => wanted.every((word, index) => isWord(tokens[index], word));
  const after = (word: string, from: number) => {
    const place = tokens.findIndex((token, index) => index >= from && isWord(token, word));
    return place < 0 ? undefined : withoutOnly(tokens, place + 1);
  };
  if (words('ALTER', 'TABLE')) return withoutOnly(tokens, 2);
  if (words('ALTER', 'FOREIGN', 'TABLE') || words('ALTER', 'MATERIALIZED', 'VIEW'))
    return withoutOnly(tokens, 3);
  if (words('ALTER', 'SEQUENCE')) return after('BY', 2);
  if (words('ALTER', 'PUBLICATION')) return after('TABLE', 3);
  if (words('CREATE', 'OR', 'REPLACE', 'VIEW')) return 4;
  if (words('CREATE', 'INDEX')) return after('ON', 3);
  if (words('CREATE', 'UNIQUE', 'INDEX')) return after('ON', 4);
  if (words('CREATE', 'TRIGGER') || words('CREATE', 'POLICY')) return after('ON', 3);
  if (words('CREATE', 'CONSTRAINT', 'TRIGGER')) return after('ON', 4);
  if (words('CREATE', 'RULE')) return after('TO', 3);
  if (words('CREATE', 'STATISTICS')) return after('FROM', 3);
  return undefined;
}

/** Skips `ONLY` and `IF EXISTS`. */
function withoutOnly(tokens: readonly SqlToken[], start: number): number {
  if (isWord(tokens[start], 'IF')) return withoutOnly(tokens, start + 2);
  return isWord(tokens[start], 'ONLY') ? start + 1 : start;
}

function nameAt(tokens: readonly SqlToken[], start: number): TableName | undefined {
  const [schema, dot, name] = tokens.slice(start, start + 3);
  if (!isName(schema) || dot?.text !== '.' || !isName(name)) return undefined;
  return { schema: schema.text, name: name.text };
}

function isName(token: SqlToken | undefined): token is SqlToken {
  return token !== undefined && token.kind !== 'other';
}

function isWord(token: SqlToken | undefined, word: string): boolean {
  return token?.kind === 'word' && token.text === word;
}
