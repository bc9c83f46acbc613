import {
  DRILL_DATABASE_PATTERN,
  parseDrillDatabaseName,
} from '../../domain/drill/drill-database-name.ts';
import { speakTime } from '../../domain/spoken-numbers.ts';
import { quoteIdentifier } from '../../domain/table-name.ts';
import { isHoldfastError } from '../../errors.ts';
import { dropSubscriptions } from '../restore/unfinished-database.ts';
import type { Session } from '../session.ts';

/** How long the server may take for one statement. */
const LIMIT_SECONDS = 300;

/**
 * Drops the databases that drills left in a server: the server, this machine or the network went away before they could. A
 * database that a session works in, or whose drill still has a session, is of a drill that runs; it is left alone, also where
 * such a session comes in between, because DROP DATABASE without FORCE is refused then.
 * @returns what was dropped, and what stays.
 */
export async function dropLeftDatabases(maintenance: Session): Promise<string[]> {
  const left = await maintenance.query<{ name: string }>(
    'SELECT datname AS name FROM pg_catalog.pg_database WHERE datname ~ $1 ORDER BY datname COLLATE "C"',
    [DRILL_DATABASE_PATTERN],
  );
  const notes: string[] = [];
  for (const { name } of left) {
    const parsed = parseDrillDatabaseName(name);
    if (parsed === undefined) continue;
    const of = `of a drill of ${speakTime(parsed.startedAt)}`;
    if (await isAtWork(maintenance, { name, drill: parsed.drill }))
      notes.push(`database ${name} is ${of} that still runs`);
    else notes.push(await drop(maintenance, { name, of }));
  }
  return notes;
}

/** By its name, which everybody may see: the session of a drill stays in another database until its own is dropped. */
async function isAtWork(
  maintenance: Session,
  { name, drill }: { name: string; drill: string },
): Promise<boolean> {
  const { found } = await maintenance.queryOne<{ found: boolean }>(
    `SELECT EXISTS (SELECT FROM pg_catalog.pg_stat_activity
       WHERE datname = $1 OR application_name = $2) AS found`,
    [name, drill],
  );
  return found;
}

async function drop(
  maintenance: Session,
  { name, of }: { name: string; of: string },
): Promise<string> {
  const statement = `DROP DATABASE IF EXISTS ${quoteIdentifier(name)}`;
  try {
    await maintenance.limited(async () => {
      await dropSubscriptions(maintenance, { name, limitSeconds: LIMIT_SECONDS });
      await maintenance.query(statement);
    }, LIMIT_SECONDS);
    return `dropped database ${name} ${of}, which could not drop it itself`;
  } catch (error) {
    if (!isHoldfastError(error)) throw error;
    return `database ${name} ${of} stays: ${error.message}. Drop it: ${statement};`;
  }
}
