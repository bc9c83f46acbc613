import { quoteForShell } from '../domain/command-quoting.ts';
import type { LogicalManifest } from '../domain/manifest.ts';
import { quoteTable, showTable } from '../domain/table-name.ts';
import { HoldfastError } from '../errors.ts';
import { readTies, type Ties } from '../postgres/restore/replaced-database.ts';
import type { DatabaseIdentity } from '../postgres/server-facts.ts';
import { readIdentity } from '../postgres/server-facts.ts';
import type { Session } from '../postgres/session.ts';
import { databaseExists, isEmptyDatabase } from '../postgres/target-database.ts';

/** A database that may only be written by --overwrite or --table. */
export interface ProtectedDatabase extends DatabaseIdentity {
  name: string;
}

export interface GuardOptions {
  protectedDatabases: readonly ProtectedDatabase[];
}

/** By identity, whatever name or address it goes by. @throws HoldfastError TARGET_PROTECTED. */
export async function assertNotProtected(
  target: Session,
  { protectedDatabases }: GuardOptions,
): Promise<void> {
  const identity = await readIdentity(target);
  const hit = protectedDatabases.find(
    (one) =>
      one.systemIdentifier === identity.systemIdentifier &&
      one.databaseOid === identity.databaseOid,
  );
  const { database } = target.settings;
  if (hit !== undefined) {
    throw new HoldfastError({
      code: 'TARGET_PROTECTED',
      message: `the target is ${hit.name}, a database that this config protects`,
      hint: `Restore into another database (--to with its URL, and --create), restore single tables with --table, or replace the database with --overwrite ${quoteForShell(database)}.`,
    });
  }
}

/** @throws HoldfastError TARGET_NOT_EMPTY. */
export async function assertEmpty(target: Session): Promise<void> {
  if (await isEmptyDatabase(target)) return;
  const { database } = target.settings;
  throw new HoldfastError({
    code: 'TARGET_NOT_EMPTY',
    message: `database ${database} is not empty`,
    hint: `Restore into a new one with --create, or replace this one with --overwrite ${quoteForShell(database)}, which keeps the old one under another name.`,
  });
}

/** @throws HoldfastError TARGET_NOT_EMPTY when a table of a data-only restore is missing or has rows. */
export async function assertTablesEmpty(target: Session, manifest: LogicalManifest): Promise<void> {
  for (const table of manifest.tables.filter(
    ({ rows, kind }) => rows !== null && kind === 'table',
  )) {
    const quoted = quoteTable(table);
    const { exists } = await target.queryOne<{ exists: boolean }>(
      'SELECT pg_catalog.to_regclass($1) IS NOT NULL AS exists',
      [quoted],
    );
    if (!exists) throw dataTarget(`the target has no table ${showTable(table)}`);
    const { full } = await target.queryOne<{ full: boolean }>(
      `SELECT EXISTS (SELECT FROM ONLY ${quoted}) AS full`,
    );
    if (full) throw dataTarget(`table ${showTable(table)} of the target has rows`);
  }
}

function dataTarget(message: string): HoldfastError {
  return new HoldfastError({
    code: 'TARGET_NOT_EMPTY',
    message,
    hint: 'Data only goes into empty tables of the same shape: restore the schema first (--schema-only), or empty the tables.',
  });
}

/** A replacement names its database twice, in --to and in --overwrite. @throws HoldfastError USAGE. */
export function assertSaidTwice(given: string, database: string): void {
  if (given === database) return;
  throw new HoldfastError({
    code: 'USAGE',
    message: `--overwrite names ${given}, but --to is database ${database}`,
    hint: `To replace it, say its name: --overwrite ${quoteForShell(database)}`,
  });
}

/**
 * Asked before anything is restored beside it.
 * @returns what else holds on to the database. @throws HoldfastError TARGET_MISSING, TARGET_IN_USE.
 */
export async function assertMayReplace(
  maintenance: Session,
  { name, endSessions }: { name: string; endSessions: boolean },
): Promise<Ties> {
  if (!(await databaseExists(maintenance, name))) {
    throw new HoldfastError({
      code: 'TARGET_MISSING',
      message: `there is no database ${name} to replace`,
      hint: 'Use --create to make it.',
    });
  }
  const ties = await readTies(maintenance, name);
  const { preparedTransactions: prepared, sessions } = ties;
  if (prepared.length > 0) {
    throw new HoldfastError({
      code: 'TARGET_IN_USE',
      message: `database ${name} has prepared transactions, so it can not be renamed: ${prepared.join(', ')}`,
      hint: `End each of them in database ${name} with COMMIT PREPARED or ROLLBACK PREPARED.`,
    });
  }
  if (!endSessions && sessions.length > 0) {
    throw new HoldfastError({
      code: 'TARGET_IN_USE',
      message: `database ${name} has sessions: ${sessions.slice(0, 5).join(', ')}${sessions.length > 5 ? ` and ${sessions.length - 5} more` : ''}`,
      hint: 'Stop the application first, or add --end-sessions.',
    });
  }
  return ties;
}
