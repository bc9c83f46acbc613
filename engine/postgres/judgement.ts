import type { DrillConfig } from '../config/database-schema.ts';
import type { DrillCheck } from '../domain/drill-report.ts';
import { HoldfastError, isHoldfastError } from '../errors.ts';
import { disableEventTriggers } from './drill/event-triggers.ts';
import { USER_SCHEMA } from './relations.ts';
import { inStyleOfRestore } from './restore/value-style.ts';
import { type Session, sqlStateOf } from './session.ts';

/** Foreign keys, checks and other constraints: those the source had validated are validated here, by the server that built them. */
export async function checkConstraints(
  session: Session,
): Promise<{ checks: DrillCheck[]; notes: string[] }> {
  const { foreign, other, open } = await session.queryOne<{
    foreign: string;
    other: string;
    open: string;
  }>(`
    SELECT pg_catalog.count(*) FILTER (WHERE contype = 'f' AND convalidated) AS foreign, pg_catalog.count(*) FILTER (WHERE contype <> 'f' AND convalidated) AS other,
           pg_catalog.count(*) FILTER (WHERE NOT convalidated) AS open
    FROM pg_catalog.pg_constraint o JOIN pg_catalog.pg_namespace n ON n.oid = o.connamespace WHERE ${USER_SCHEMA}`);
  const broken = await brokenForeignKeys(session);
  return {
    checks: [
      {
        name: 'Foreign key constraints intact',
        passed: broken === 0,
        detail:
          broken === 0 ? `${foreign} of ${foreign} valid` : `${broken} have rows without a match`,
      },
    ],
    notes: [
      `constraints that are no foreign keys, validated by the server as it built them: ${other}`,
      ...(Number(open) > 0 ? [`${open} constraints are NOT VALID in the source too`] : []),
    ],
  };
}

/**
 * Asks every simple foreign key for rows without a match: not the catalog's word, the rows. Where the columns have different
 * collations the referenced one decides, as in the server's own check (ri_triggers.c, ri_GenerateQualCollation).
 */
async function brokenForeignKeys(session: Session): Promise<number> {
  const keys = await session.query<{
    child: string;
    parent: string;
    condition: string;
    filled: string;
  }>(`
    SELECT CASE c.relkind WHEN 'r' THEN 'ONLY ' ELSE '' END || k.conrelid::pg_catalog.regclass::text AS child,
           CASE r.relkind WHEN 'r' THEN 'ONLY ' ELSE '' END || k.confrelid::pg_catalog.regclass::text AS parent,
           pg_catalog.string_agg(pg_catalog.format('p.%I OPERATOR(%I.%s) c.%I%s', f.attname, m.nspname, o.oprname, a.attname,
             CASE WHEN f.attcollation <> a.attcollation AND q.oid IS NOT NULL THEN pg_catalog.format(' COLLATE %I.%I', l.nspname, q.collname) END), ' AND ') AS condition,
           pg_catalog.string_agg(pg_catalog.format('c.%I IS NOT NULL', a.attname), ' AND ') AS filled
    FROM pg_catalog.pg_constraint k JOIN pg_catalog.pg_class c ON c.oid = k.conrelid JOIN pg_catalog.pg_class r ON r.oid = k.confrelid
    CROSS JOIN LATERAL unnest(k.conkey, k.confkey, k.conpfeqop) AS pair(own, other, equal)
    JOIN pg_catalog.pg_operator o ON o.oid = pair.equal JOIN pg_catalog.pg_namespace m ON m.oid = o.oprnamespace
    JOIN pg_catalog.pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = pair.own
    JOIN pg_catalog.pg_attribute f ON f.attrelid = k.confrelid AND f.attnum = pair.other
    LEFT JOIN pg_catalog.pg_collation q ON q.oid = f.attcollation LEFT JOIN pg_catalog.pg_namespace l ON l.oid = q.collnamespace
    WHERE k.contype = 'f' AND k.convalidated AND k.conparentid = 0${session.serverVersionNum >= 180_000 ? ' AND NOT k.conperiod' : ''}
    GROUP BY k.oid, k.conrelid, k.confrelid, c.relkind, r.relkind`);
  let broken = 0;
  for (const { child, parent, condition, filled } of keys) {
    const { missing } = await session.queryOne<{ missing: boolean }>(
      `SELECT EXISTS (SELECT FROM ${child} c WHERE ${filled} AND NOT EXISTS (SELECT FROM ${parent} p WHERE ${condition})) AS missing`,
    );
    if (missing) broken += 1;
  }
  return broken;
}

/** Indexes are valid, and where the machine has amcheck each B-tree holds every row of its table (heapallindexed). */
export async function checkIndexes(
  session: Session,
): Promise<{ checks: DrillCheck[]; notes: string[] }> {
  const { valid, invalid } = await session.queryOne<{ valid: string; invalid: string }>(`
    SELECT pg_catalog.count(*) FILTER (WHERE i.indisvalid AND i.indisready) AS valid, pg_catalog.count(*) FILTER (WHERE NOT (i.indisvalid AND i.indisready) AND c.relkind = 'i') AS invalid
    FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE ${USER_SCHEMA}`);
  const present = {
    name: 'Indexes present',
    passed: Number(invalid) === 0,
    detail: Number(invalid) === 0 ? `${valid} valid` : `${invalid} invalid`,
  };
  const lack = await lackOfAmcheck(session);
  if (lack !== undefined)
    return {
      checks: [present],
      notes: [`${lack}, so indexes were not compared with their tables`],
    };
  return {
    checks: [present, await inStyleOfRestore(session, () => checkTrees(session))],
    notes: [],
  };
}

const INSUFFICIENT_PRIVILEGE = '42501';

/** Makes amcheck usable in this database, or says why it is not: on a named server the login may be no superuser. */
async function lackOfAmcheck(session: Session): Promise<string | undefined> {
  const rows = await session.query(
    "SELECT FROM pg_catalog.pg_available_extensions WHERE name = 'amcheck'",
  );
  if (rows.length === 0) return 'amcheck is not installed on this machine';
  await disableEventTriggers(session);
  await session.query('CREATE SCHEMA IF NOT EXISTS holdfast_amcheck');
  try {
    await session.query('CREATE EXTENSION IF NOT EXISTS amcheck WITH SCHEMA holdfast_amcheck');
  } catch (error) {
    if (sqlStateOf(error) !== INSUFFICIENT_PRIVILEGE) throw error;
    return 'the login may not create the extension amcheck';
  }
  return undefined;
}

/** data_corrupted and index_corrupted; anything else, as of a function in the index, says nothing of the index. */
const CORRUPTED = /^XX00[12]$/;

async function checkTrees(session: Session): Promise<DrillCheck> {
  const { schema } = await session.queryOne<{ schema: string }>(
    "SELECT pg_catalog.quote_ident(n.nspname) AS schema FROM pg_catalog.pg_extension e JOIN pg_catalog.pg_namespace n ON n.oid = e.extnamespace WHERE e.extname = 'amcheck'",
  );
  const trees = await session.query<{ oid: string }>(`
    SELECT c.oid FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid JOIN pg_catalog.pg_am a ON a.oid = c.relam
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE a.amname = 'btree' AND c.relkind = 'i' AND c.relpersistence = 'p' AND i.indisvalid AND ${USER_SCHEMA}`);
  let damaged = 0;
  const unchecked = new Set<string>();
  for (const { oid } of trees) {
    const check = session.query(
      `SELECT ${schema}.bt_index_check(${Number(oid)}::pg_catalog.regclass, true)`,
    );
    await check.catch((error: unknown) => {
      const sqlState = sqlStateOf(error);
      if (sqlState === undefined) throw error;
      if (CORRUPTED.test(sqlState)) damaged += 1;
      else unchecked.add(sqlState);
    });
  }
  return {
    name: 'Indexes hold every row (amcheck)',
    passed: damaged === 0,
    detail: [
      damaged === 0
        ? `${trees.length} B-trees checked`
        : `${damaged} of ${trees.length} B-trees fail`,
      ...(unchecked.size > 0
        ? [`some could not be read to the end (SQLSTATE ${[...unchecked].join(', ')})`]
        : []),
    ].join('; '),
  };
}

/** A query that can't be asked (a typo, a renamed column) is a mistake of the config and no fault of the backup. @throws HoldfastError CONFIG_INVALID. */
export function assertConfigFits(error: unknown, name: string): void {
  const isMistake =
    isHoldfastError(error, 'NOTHING_TO_DUMP') || /^42/.test(sqlStateOf(error) ?? '');
  if (!isMistake || !isHoldfastError(error)) return;
  throw new HoldfastError({
    code: 'CONFIG_INVALID',
    message: `the drill asks for what this database does not have: ${name}: ${failureDetail(error)}`,
    hint: 'Mend drill.recent or drill.assertions of this database. The state of the set was left as it was.',
    cause: error,
  });
}

/** The config's own SQL: one boolean (true passes), or one number (above zero passes). */
export async function checkAssertions(
  session: Session,
  assertions: DrillConfig['assertions'],
): Promise<DrillCheck[]> {
  const checks: DrillCheck[] = [];
  await session.query("SELECT pg_catalog.set_config('search_path', 'public', false)");
  for (const { name, sql } of assertions) checks.push(await checkAssertion(session, name, sql));
  await session.query("SELECT pg_catalog.set_config('search_path', '', false)");
  return checks;
}

async function checkAssertion(session: Session, name: string, sql: string): Promise<DrillCheck> {
  try {
    const rows = await session.query(sql);
    const value = rows.length === 1 ? Object.values(rows[0] ?? {})[0] : undefined;
    if (typeof value === 'boolean') return { name, passed: value, detail: String(value) };
    const number =
      typeof value === 'number' || (typeof value === 'string' && /^-?\d+$/.test(value))
        ? Number(value)
        : undefined;
    if (number === undefined)
      return { name, passed: false, detail: 'it must yield one row with one boolean or one count' };
    return { name, passed: number > 0, detail: `count ${number}` };
  } catch (error) {
    assertConfigFits(error, name);
    return { name, passed: false, detail: failureDetail(error) };
  }
}

export function failureDetail(error: unknown): string {
  const state = sqlStateOf(error);
  if (state !== undefined) return `the query failed (SQLSTATE ${state})`;
  return isHoldfastError(error) ? error.message : 'the query failed';
}
