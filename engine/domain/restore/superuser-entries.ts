import { sqlTokens } from '../archive/sql-tokens.ts';
import type { TocEntry } from '../archive-toc.ts';

/** What a target has already, and what it lets a role do that is no superuser. */
export interface PlainRoleTarget {
  /** Languages in which only a superuser makes functions, besides C and internal. */
  untrustedLanguages: readonly string[];
  /** Extensions that the role may not create; those that are there already are not among them. */
  closedExtensions: readonly string[];
  /** Whether it may create subscriptions (16 and newer: pg_create_subscription). */
  maySubscribe: boolean;
}

/** Whatever their definition says. */
const ALWAYS = new Set([
  'ACCESS METHOD',
  'EVENT TRIGGER',
  'FOREIGN DATA WRAPPER',
  'OPERATOR CLASS',
  'OPERATOR FAMILY',
  'PROCEDURAL LANGUAGE',
  'PUBLICATION TABLES IN SCHEMA',
  'SHELL TYPE',
  'TEXT SEARCH PARSER',
  'TEXT SEARCH TEMPLATE',
]);

/**
 * The entries that a server of PostgreSQL itself refuses to a role that is no superuser, by their
 * types and definitions; servers of providers may allow some of them to their administrators.
 */
export function superuserEntries(toc: readonly TocEntry[], target: PlainRoleTarget): TocEntry[] {
  const byId = new Map(toc.map((entry) => [entry.dumpId, entry]));
  return toc.filter((entry) => ALWAYS.has(entry.type) || isRefused(entry, target, byId));
}

function isRefused(
  entry: TocEntry,
  target: PlainRoleTarget,
  byId: ReadonlyMap<number, TocEntry>,
): boolean {
  const { type, tag, definition } = entry;
  if (type === 'EXTENSION') return target.closedExtensions.includes(tag);
  if (type === 'SUBSCRIPTION') return !target.maySubscribe;
  if (type === 'PUBLICATION') return hasWords(definition, ['FOR', 'ALL', 'TABLES']);
  if (type === 'CAST') return hasWords(definition, ['WITHOUT', 'FUNCTION']);
  if (type === 'TYPE') return isBaseType(definition);
  if (type === 'FUNCTION' || type === 'PROCEDURE') return isUntrusted(definition, target);
  if (type === 'ACL' && entry.dependsOn.some((id) => byId.has(id)))
    return hasWords(definition, ['SET', 'SESSION', 'AUTHORIZATION']);
  return false;
}

/** The words in this order beside each other; a name in quotes is no word. */
function hasWords(definition: string, words: readonly string[]): boolean {
  const tokens = [...sqlTokens(definition)];
  return tokens.some((_token, start) =>
    words.every((word, at) => {
      const token = tokens[start + at];
      return token?.kind === 'word' && token.text === word;
    }),
  );
}

/** `CREATE TYPE a.b ( INTERNALLENGTH = ..., INPUT = ...` */
function isBaseType(definition: string): boolean {
  return [...sqlTokens(definition)].some(
    ({ kind, text, depth }) => kind === 'word' && text === 'INPUT' && depth === 1,
  );
}

function isUntrusted(definition: string, { untrustedLanguages }: PlainRoleTarget): boolean {
  const closed = ['c', 'internal', ...untrustedLanguages];
  const tokens = [...sqlTokens(definition)];
  return tokens.some(({ kind, text, depth }, at) => {
    if (kind !== 'word' || depth !== 0) return false;
    if (text === 'LANGUAGE') return closed.includes(tokens[at + 1]?.text ?? '');
    return text === 'LEAKPROOF' || text === 'SUPPORT';
  });
}
