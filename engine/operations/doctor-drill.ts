import type { DrillConfig } from '../config/database-schema.ts';
import { parseTableName, quoteIdentifier, quoteTable } from '../domain/table-name.ts';
import { HoldfastError } from '../errors.ts';
import type { Session } from '../postgres/session.ts';
import { splitStatements } from '../postgres/sql-statements.ts';
import type { Examination } from './doctor-finding.ts';

/** What a drill will ask of the restored copy, asked of the source without reading a row: it plans every query. */
export async function examineDrill(
  examination: Examination,
  session: Session,
  { recent, assertions }: Pick<DrillConfig, 'recent' | 'assertions'>,
): Promise<void> {
  const queries = [
    ...recent.map(({ table, column }) => ({
      setting: `drill.recent of ${table}`,
      sql: `SELECT max(${quoteIdentifier(column)}) FROM ${tableIn(table)}`,
    })),
    ...assertions.map(({ name, sql }) => ({ setting: `assertion "${name}"`, sql })),
  ];
  if (queries.length === 0) return;
  const look = async () => {
    for (const query of queries) await plan(session, query);
    return { detail: `the server plans all ${queries.length} queries of a drill` };
  };
  await examination.tryOut('drill queries', look, 'warning');
}

async function plan(
  session: Session,
  { setting, sql }: { setting: string; sql: string },
): Promise<void> {
  // A second statement would be run rather than planned.
  if (splitStatements(`${sql};`).length > 1) return;
  await session.query(
    "BEGIN READ ONLY; SET LOCAL search_path = public; SET LOCAL lock_timeout = '3s'",
  );
  try {
    await session.query(`EXPLAIN ${sql.trim().replace(/;$/, '')}`);
  } catch (error) {
    throw new HoldfastError({
      code: 'CONFIG_INVALID',
      message: `${setting} can not be asked: ${(error as Error).message}`,
      hint: 'Correct it in the config: every drill of this database would fail.',
      cause: error,
    });
  } finally {
    await session.query('ROLLBACK');
  }
}

function tableIn(text: string): string {
  const name = parseTableName(text);
  if (name === undefined) return quoteIdentifier(text);
  const { schema = 'public' } = name;
  return quoteTable({ schema, name: name.name });
}
