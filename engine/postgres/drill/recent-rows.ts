import type { DrillConfig } from '../../config/database-schema.ts';
import type { DrillCheck } from '../../domain/drill-report.ts';
import { quoteIdentifier, quoteTable } from '../../domain/table-name.ts';
import { assertConfigFits, failureDetail } from '../judgement.ts';
import { listRelations, type Relation, selectRelations } from '../relations.ts';
import type { Session } from '../session.ts';

/** Clocks of those who write rows may be ahead of the server's by this much. */
const CLOCK_SLACK = "interval '5 minutes'";

export interface RecentOptions {
  recent: DrillConfig['recent'];
  /** When the backup began: that is what "recent" is measured against. */
  backupStartedAt: string;
  /** When its snapshot was taken: a row that is later lies in the future. */
  snapshotAt: string;
}

interface RecentRows {
  /** Seconds; null where no row lies in the past. */
  age: number | null;
  /** Rows whose time is after the snapshot, or infinite. */
  ignored: string;
}

/**
 * The newest row of a table that does not lie in the future must be young. Says its age, never its time. Times without a zone are
 * those of the zone that the config names, else of the database's own, which the session has.
 */
export async function checkRecent(
  session: Session,
  { recent, ...times }: RecentOptions,
): Promise<DrillCheck[]> {
  const relations = await listRelations(session);
  const checks: DrillCheck[] = [];
  for (const wanted of recent) {
    const { table, within } = wanted;
    const name = `Recent data present (${table}, within ${Math.round(within / 3600)} h)`;
    try {
      const [found] = selectRelations(relations, [table]);
      if (found === undefined) throw new Error('no table');
      const rows = await newestIn(session, found, { ...wanted, ...times });
      const passed = rows.age !== null && rows.age <= within;
      checks.push({ name, passed, detail: describe(rows) });
    } catch (error) {
      assertConfigFits(error, name);
      checks.push({ name, passed: false, detail: failureDetail(error) });
    }
  }
  return checks;
}

type NewestOptions = DrillConfig['recent'][number] & Omit<RecentOptions, 'recent'>;

/** Comparisons of a time with a timestamptz take the zone of the session, and an index on the column. */
async function newestIn(
  session: Session,
  table: Relation,
  { column, timezone, backupStartedAt, snapshotAt }: NewestOptions,
): Promise<RecentRows> {
  const time = quoteIdentifier(column);
  const from = `FROM ${quoteTable(table)} WHERE ${time}`;
  const end = `$2::pg_catalog.timestamptz + ${CLOCK_SLACK}`;
  if (timezone !== undefined)
    await session.query("SELECT pg_catalog.set_config('TimeZone', $1, false)", [timezone]);
  try {
    return await session.queryOne<{ age: number | null; ignored: string }>(
      `SELECT EXTRACT(EPOCH FROM $1::pg_catalog.timestamptz - newest::pg_catalog.timestamptz)::float8 AS age, ignored
       FROM (SELECT (SELECT pg_catalog.max(${time}) ${from} <= ${end} AND ${time} > '-infinity') AS newest,
                    (SELECT pg_catalog.count(*) ${from} > ${end}) + (SELECT pg_catalog.count(*) ${from} = '-infinity') AS ignored) rows`,
      [backupStartedAt, snapshotAt],
    );
  } finally {
    if (timezone !== undefined) await session.query('RESET TimeZone');
  }
}

function describe({ age, ignored }: RecentRows): string {
  const rows = `${ignored} ${ignored === '1' ? 'row' : 'rows'}`;
  if (age === null)
    return ignored === '0' ? 'the table is empty' : `no row in the past (${rows} in the future)`;
  const newest = `newest row ${(Math.max(age, 0) / 3600).toFixed(1)} h old`;
  return ignored === '0' ? newest : `${newest}; ignored: ${rows} in the future`;
}
