import type { TocEntry } from '../../domain/archive-toc.ts';
import type { DrillCheck } from '../../domain/drill-report.ts';
import { decodeArchiveText, encodingOf, hasPlainBackslashes } from '../archive/archive-encoding.ts';
import type { Session } from '../session.ts';

const SETVAL = /^SELECT pg_catalog\.setval\('((?:[^']|'')*)', (-?\d+), (true|false)\);\s*$/;

interface SequenceValue {
  /** Qualified and quoted. */
  name: string;
  value: string;
  isCalled: boolean;
}

/** Each sequence has the value that the archive gives it. @param entries the table of contents of the rows. */
export async function checkSequences(
  session: Session,
  entries: readonly TocEntry[],
): Promise<DrillCheck[]> {
  const isPlain = hasPlainBackslashes(entries);
  const expected: SequenceValue[] = [];
  for (const { type, definition } of entries) {
    if (type !== 'SEQUENCE SET') continue;
    const text = await decodeArchiveText(session, definition, encodingOf(entries));
    expected.push(...valueIn(text, { isPlain }));
  }
  if (expected.length === 0) return [];
  let equal = 0;
  for (const { name, value, isCalled } of await existing(session, expected)) {
    const found = await session.queryOne<{ value: string; called: boolean }>(
      `SELECT last_value::text AS value, is_called AS called FROM ${name}`,
    );
    if (found.value === value && found.called === isCalled) equal += 1;
  }
  const passed = equal === expected.length;
  return [
    { name: 'Sequences have their values', passed, detail: `${equal} of ${expected.length}` },
  ];
}

/** @param isPlain whether a backslash in the literal stands for itself. */
function valueIn(definition: string, { isPlain }: { isPlain: boolean }): SequenceValue[] {
  const [, literal, value, isCalled] = SETVAL.exec(definition) ?? [];
  if (literal === undefined || value === undefined) return [];
  const name = literal.replace(isPlain ? /(')'/g : /(['\\])\1/g, '$1');
  return [{ name, value, isCalled: isCalled === 'true' }];
}

/** What is not there at all is found by the comparison of structures. */
async function existing(
  session: Session,
  sequences: readonly SequenceValue[],
): Promise<SequenceValue[]> {
  const rows = await session.query<{ name: string }>(
    `SELECT name FROM pg_catalog.unnest($1::pg_catalog.text[]) name
     WHERE pg_catalog.to_regclass(name) IS NOT NULL`,
    [sequences.map(({ name }) => name)],
  );
  const there = new Set(rows.map(({ name }) => name));
  return sequences.filter(({ name }) => there.has(name));
}

/** Sequences that give a value next which their column has already: restored right, so it is the source that has them so. */
export async function sequencesBehind(session: Session): Promise<string[]> {
  const owned = await session.query<{ sequence: string; table: string; column: string }>(
    `SELECT pg_catalog.format('%I.%I', n.nspname, s.relname) AS sequence,
            d.refobjid::pg_catalog.regclass::text AS table, pg_catalog.quote_ident(a.attname) AS column
     FROM pg_catalog.pg_depend d
     JOIN pg_catalog.pg_class s ON s.oid = d.objid AND s.relkind = 'S'
     JOIN pg_catalog.pg_namespace n ON n.oid = s.relnamespace
     JOIN pg_catalog.pg_sequence q ON q.seqrelid = s.oid AND q.seqincrement > 0
     JOIN pg_catalog.pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
     WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.deptype IN ('a', 'i')
       AND a.atttypid IN ('int2'::pg_catalog.regtype, 'int4'::pg_catalog.regtype, 'int8'::pg_catalog.regtype)
       AND EXISTS (SELECT FROM pg_catalog.pg_index i
                   WHERE i.indrelid = d.refobjid AND i.indkey[0] = a.attnum AND i.indisvalid)`,
  );
  const behind: string[] = [];
  for (const { sequence, table, column } of owned) {
    const { isBehind } = await session.queryOne<{ isBehind: boolean }>(
      `SELECT EXISTS (SELECT FROM ${table} t, ${sequence} s WHERE t.${column} > s.last_value) AS "isBehind"`,
    );
    if (isBehind) behind.push(sequence);
  }
  return behind;
}

/** As many large objects as the table of contents has. @param entries of both archives. */
export async function checkLargeObjects(
  session: Session,
  entries: readonly TocEntry[],
): Promise<DrillCheck[]> {
  const expected = entries.reduce((sum, entry) => sum + largeObjectsIn(entry), 0);
  const { found } = await session.queryOne<{ found: string }>(
    'SELECT pg_catalog.count(*) AS found FROM pg_catalog.pg_largeobject_metadata',
  );
  if (expected === 0 && found === '0') return [];
  const passed = Number(found) === expected;
  return [{ name: 'Large objects present', passed, detail: `${found} of ${expected}` }];
}

/** From PostgreSQL 17 on one entry stands for many, with their oids a line each. */
export function largeObjectsIn({ type, definition }: TocEntry): number {
  if (type === 'BLOB') return 1;
  return type === 'BLOB METADATA' ? (definition.match(/\d+/g) ?? []).length : 0;
}
