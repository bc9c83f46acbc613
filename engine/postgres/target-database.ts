import { quoteForShell } from '../domain/command-quoting.ts';
import type { ManifestSource } from '../domain/manifest.ts';
import { quoteIdentifier } from '../domain/table-name.ts';
import { HoldfastError, isHoldfastError } from '../errors.ts';
import { cleanUp, insist, type LeftBehind, rollBack } from './clean-up.ts';
import { USER_SCHEMA } from './relations.ts';
import { quoteLiteral } from './restore/quote-literal.ts';
import { type Session, sqlStateOf } from './session.ts';

/**
 * Whether a database holds anything that a person made: tables, functions, types, schemas or large
 * objects outside of extensions. A schema that only holds extensions belongs to them.
 */
export async function isEmptyDatabase(session: Session): Promise<boolean> {
  const notOfExtension = (catalog: string) =>
    `NOT EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.classid = 'pg_catalog.${catalog}'::pg_catalog.regclass AND d.objid = o.oid AND d.deptype = 'e')`;
  const { found } = await session.queryOne<{ found: boolean }>(`
    SELECT EXISTS (SELECT FROM pg_catalog.pg_class o JOIN pg_catalog.pg_namespace n ON n.oid = o.relnamespace WHERE ${USER_SCHEMA}
             AND o.relkind IN ('r', 'p', 'v', 'm', 'f', 'S') AND ${notOfExtension('pg_class')})
        OR EXISTS (SELECT FROM pg_catalog.pg_proc o JOIN pg_catalog.pg_namespace n ON n.oid = o.pronamespace WHERE ${USER_SCHEMA} AND ${notOfExtension('pg_proc')})
        OR EXISTS (SELECT FROM pg_catalog.pg_type o JOIN pg_catalog.pg_namespace n ON n.oid = o.typnamespace WHERE ${USER_SCHEMA}
             AND o.typtype <> 'm' AND ${notOfExtension('pg_type')}
             AND NOT EXISTS (SELECT FROM pg_catalog.pg_type e WHERE e.typarray = o.oid)
             AND NOT EXISTS (SELECT FROM pg_catalog.pg_class c WHERE c.oid = o.typrelid AND c.relkind <> 'c'))
        OR EXISTS (SELECT FROM pg_catalog.pg_namespace n JOIN pg_catalog.pg_namespace o ON o.oid = n.oid WHERE ${USER_SCHEMA} AND n.nspname <> 'public' AND ${notOfExtension('pg_namespace')}
             AND NOT EXISTS (SELECT FROM pg_catalog.pg_extension e WHERE e.extnamespace = n.oid))
        OR EXISTS (SELECT FROM pg_catalog.pg_largeobject_metadata) AS found`);
  return !found;
}

export async function databaseExists(maintenance: Session, name: string): Promise<boolean> {
  return (
    (await maintenance.query('SELECT FROM pg_catalog.pg_database WHERE datname = $1', [name]))
      .length > 0
  );
}

export interface CreateOptions {
  /** Encoding and locale are the source's. */
  source: ManifestSource;
  /** Where the locale is not on this machine, take C: good enough for a drill, not for a database that will be used. */
  mayFallBack?: boolean;
  /** Rules of the ICU collation, as a string of SQL. */
  icuRules?: string | undefined;
}

/** An empty database from template0. Returns a note when the locale had to be another. @throws HoldfastError TARGET_EXISTS, TARGET_UNFIT. */
export async function createDatabase(
  maintenance: Session,
  name: string,
  { source, mayFallBack = false, icuRules }: CreateOptions,
): Promise<string | undefined> {
  const statement = `CREATE DATABASE ${quoteIdentifier(name)} TEMPLATE template0 ENCODING ${quoteLiteral(source.encoding)}`;
  const make = (locale: string) =>
    maintenance.query(`${statement}${locale}`).catch((error: unknown) => {
      throw notMade(error, { name, source, user: maintenance.settings.user });
    });
  try {
    const rules = icuRules === undefined ? '' : ` ICU_RULES ${icuRules}`;
    await make(`${localeClause(source, maintenance.serverVersionNum)}${rules}`);
    return undefined;
  } catch (error) {
    if (!mayFallBack || !isOfLocale(error)) throw error;
    await make(" LC_COLLATE 'C' LC_CTYPE 'C'");
    return `locale ${source.collate} is not on this machine; C was taken instead`;
  }
}

/** Of a locale that is not there, or that does not go with the encoding; in some versions without a SQLSTATE of its own (ICU in 15). */
function isOfLocale(error: unknown): boolean {
  return /^(22023|42809|42704|0A000|XX000)$/.test(sqlStateOf(error) ?? '');
}

function localeClause(
  { collate, ctype, localeProvider, icuLocale }: ManifestSource,
  versionNum: number,
): string {
  const base = ` LC_COLLATE ${quoteLiteral(collate)} LC_CTYPE ${quoteLiteral(ctype)}`;
  if (versionNum < 150_000 || localeProvider === 'libc') return base;
  if (localeProvider === 'builtin')
    return `${base} LOCALE_PROVIDER builtin BUILTIN_LOCALE ${quoteLiteral(icuLocale ?? 'C')}`;
  return `${base} LOCALE_PROVIDER icu ICU_LOCALE ${quoteLiteral(icuLocale ?? 'und')}`;
}

export async function dropDatabase(maintenance: Session, name: string): Promise<void> {
  const statement = `DROP DATABASE IF EXISTS ${quoteIdentifier(name)}`;
  await maintenance.query(`${statement} WITH (FORCE)`).catch(async (error: unknown) => {
    // Who acts as another role may not end sessions of its own login; those that end are waited for.
    if (sqlStateOf(error) !== '42501') throw error;
    await maintenance.query(statement);
  });
}

/** How many client sessions a database has. A plain role is not told the type of another role's session. */
export async function countSessions(maintenance: Session, name: string): Promise<number> {
  const { sessions } = await maintenance.queryOne<{ sessions: string }>(
    "SELECT pg_catalog.count(*) AS sessions FROM pg_catalog.pg_stat_activity WHERE datname = $1 AND COALESCE(backend_type, 'client backend') = 'client backend' AND usesysid IS NOT NULL AND pid <> pg_catalog.pg_backend_pid()",
    [name],
  );
  return Number(sessions);
}

export interface SwapOptions {
  /** The database that takes over. */
  restored: string;
  /** What the replaced one is called from now on. */
  kept: string;
  endSessions: boolean;
  /** In the transaction of the renames, after them. */
  beforeCommit?: () => Promise<void>;
  /** Hears what could not be undone although the databases were swapped. */
  onNote: (note: string) => void;
}

/**
 * Puts `restored` in the place of `name` by two renames in one transaction; the replaced database stays, under the name `kept`.
 * @throws HoldfastError TARGET_IN_USE when it has sessions and they may not be ended; nothing was changed then.
 */
export async function swapDatabases(
  maintenance: Session,
  name: string,
  { restored, kept, endSessions, beforeCommit, onNote }: SwapOptions,
): Promise<void> {
  if (!endSessions && (await countSessions(maintenance, name)) > 0) throw inUse(name);
  try {
    if (endSessions) await closeDatabase(maintenance, name);
    await maintenance.query('BEGIN');
    await rename(maintenance, { from: name, to: kept });
    await rename(maintenance, { from: restored, to: name });
    await beforeCommit?.();
    await maintenance.query('COMMIT');
  } catch (error) {
    const failure = await rollBack(
      maintenance,
      sqlStateOf(error) === '55006' ? inUse(name) : error,
    );
    const closed = endSessions ? await reopenDatabase(maintenance, name) : undefined;
    throw closed === undefined ? failure : closed.addedTo(failure);
  }
  const closed = endSessions ? await reopenDatabase(maintenance, kept) : undefined;
  if (closed !== undefined) onNote(closed.note);
}

export interface RenameOptions {
  from: string;
  to: string;
  /** In the transaction of the rename, after it. */
  beforeCommit?: () => Promise<void>;
}

/** Gives a database its name. @throws HoldfastError TARGET_EXISTS when another one has it by now. */
export async function renameDatabase(
  maintenance: Session,
  { from, to, beforeCommit }: RenameOptions,
): Promise<void> {
  try {
    await maintenance.query('BEGIN');
    if (from !== to) await rename(maintenance, { from, to });
    await beforeCommit?.();
    await maintenance.query('COMMIT');
  } catch (error) {
    throw await rollBack(maintenance, sqlStateOf(error) === '42P04' ? alreadyExists(to) : error);
  }
}

async function rename(
  maintenance: Session,
  { from, to }: Pick<RenameOptions, 'from' | 'to'>,
): Promise<void> {
  await maintenance.query(
    `ALTER DATABASE ${quoteIdentifier(from)} RENAME TO ${quoteIdentifier(to)}`,
  );
}

/** Also when our session was lost: a database that nobody may enter would be worse than the swap that failed. */
function reopenDatabase(session: Session, name: string): Promise<LeftBehind | undefined> {
  const statement = `ALTER DATABASE ${quoteIdentifier(name)} ALLOW_CONNECTIONS true`;
  return cleanUp({
    session,
    undo: () => insist(session, statement),
    remains: {
      what: `database ${name} takes no connections now, and could not be opened again`,
      hint: `Run as soon as the server answers, in another database of it: ${statement};`,
    },
  });
}

async function closeDatabase(maintenance: Session, name: string): Promise<void> {
  await maintenance.query(`ALTER DATABASE ${quoteIdentifier(name)} ALLOW_CONNECTIONS false`);
  await maintenance.query(
    'SELECT pg_catalog.pg_terminate_backend(pid, 5000) FROM pg_catalog.pg_stat_activity WHERE datname = $1 AND usesysid IS NOT NULL AND pid <> pg_catalog.pg_backend_pid()',
    [name],
  );
}

/** What a database that is there already means to a restore that was to make it. */
export function alreadyExists(name: string): HoldfastError {
  return new HoldfastError({
    code: 'TARGET_EXISTS',
    message: `database ${name} exists already`,
    hint: `Leave --create out to restore into it while it is empty, or replace it with --overwrite ${quoteForShell(name)}.`,
  });
}

interface Unmade {
  name: string;
  source: ManifestSource;
  user: string;
}

function notMade(cause: unknown, { name, source, user }: Unmade): unknown {
  const sqlState = sqlStateOf(cause);
  if (!isHoldfastError(cause) || sqlState === undefined) return cause;
  if (sqlState === '42P04') return alreadyExists(name);
  const like = isOfLocale(cause)
    ? ` like the source's (encoding ${source.encoding}, locale ${source.collate})`
    : '';
  return new HoldfastError({
    code: 'TARGET_UNFIT',
    message: `the target server can not make database ${name}${like}: ${cause.message}`,
    hint: hintFor(cause, user),
    retryable: /^(55|57)/.test(sqlState),
    cause: { sqlState },
  });
}

function hintFor(cause: HoldfastError, user: string): string {
  if (sqlStateOf(cause) === '42501')
    return `Run as a superuser: ALTER ROLE ${quoteIdentifier(user)} CREATEDB;`;
  if (isOfLocale(cause))
    return 'Install that locale on the target (locale-gen) and restart it; or create an empty database yourself and restore without --create.';
  return 'The server log of that moment says more. Or create an empty database yourself and restore without --create.';
}

function inUse(name: string): HoldfastError {
  return new HoldfastError({
    code: 'TARGET_IN_USE',
    message: `database ${name} has sessions, so it was not replaced`,
    hint: 'Stop the application, or run it again with --end-sessions.',
  });
}
