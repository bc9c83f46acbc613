import { quoteIdentifier } from '../../domain/table-name.ts';
import type { Session } from '../session.ts';

/** Databases that initdb makes and that can be connected to. */
const OF_INITDB: readonly string[] = ['postgres', 'template1'];

/** The database of a throw-away server from which one is made that has the name of the source's. */
export function maintenanceBeside(database: string): string {
  return database === 'postgres' ? 'template1' : 'postgres';
}

/**
 * A database is drilled under the name of the source's: what depends on current_database() is as it is there. Removes the database of
 * initdb that has this name; the one to be made comes from template0.
 */
export async function freeSourceName(maintenance: Session, database: string): Promise<void> {
  if (!OF_INITDB.includes(database)) return;
  const name = quoteIdentifier(database);
  await maintenance.query(`ALTER DATABASE ${name} IS_TEMPLATE false`);
  await maintenance.query(`DROP DATABASE ${name}`);
}
