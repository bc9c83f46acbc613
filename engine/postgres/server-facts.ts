import { ENV } from '../contract.ts';
import type { ManifestSource } from '../domain/manifest.ts';
import type { Setting } from '../domain/restore/value-settings.ts';
import { HoldfastError } from '../errors.ts';
import { describeConnection } from './connection-settings.ts';
import { NOT_OF_EXTENSION, USER_SCHEMA } from './relations.ts';
import { readServerSettings } from './restore/server-settings.ts';
import type { Session } from './session.ts';
import { readRoleNames } from './shared-text.ts';

const OLDEST_VERSION_NUM = 140_000;
/** The newest major that the tests run on. */
export const NEWEST_MAJOR = 19;

/** Which database of which server this is: equal only for one and the same. */
export interface DatabaseIdentity {
  systemIdentifier: string;
  databaseOid: number;
}

export function majorOf(versionNum: number): number {
  return Math.floor(versionNum / 10_000);
}

/** Of a major that is newer than the newest one of the tests. */
export function remarkOnMajor(serverVersionNum: number): string | undefined {
  const major = majorOf(serverVersionNum);
  if (major <= NEWEST_MAJOR) return undefined;
  return `the server is PostgreSQL ${major}; this version of Holdfast was tested with 14 to ${NEWEST_MAJOR}`;
}

/**
 * @returns what a person should hear of a major that is newer than the tests know.
 * @throws HoldfastError SERVER_TOO_OLD, and SERVER_TOO_NEW unless such a major is allowed.
 */
export function assertSupported(
  { serverVersionNum }: Pick<Session, 'serverVersionNum'>,
  { allowUntestedMajor }: { allowUntestedMajor: boolean },
): string | undefined {
  const untested = remarkOnMajor(serverVersionNum);
  if (untested !== undefined && !allowUntestedMajor)
    throw new HoldfastError({
      code: 'SERVER_TOO_NEW',
      message: untested,
      hint: `Install a newer Holdfast. To go on with this one, set allowUntestedMajor: true for the database in the config (${ENV.allowUntestedMajor}=true without a config), and drill what it backs up.`,
    });
  if (serverVersionNum >= OLDEST_VERSION_NUM) return untested;
  throw new HoldfastError({
    code: 'SERVER_TOO_OLD',
    message: `the server is PostgreSQL ${majorOf(serverVersionNum)}; Holdfast reads 14 and newer`,
    hint: 'Upgrade the server; the PostgreSQL project no longer mends this version.',
  });
}

/**
 * Poolers (pgbouncer, RDS Proxy) hand a session from one server process to another: locks, snapshots and settings get lost.
 * They give themselves away: the process id they announce is not the one that answers.
 * @throws HoldfastError POOLER.
 */
export async function assertNoPooler(session: Session): Promise<void> {
  const { pid } = await session.queryOne<{ pid: number }>(
    'SELECT pg_catalog.pg_backend_pid() AS pid',
  );
  if (pid === session.announcedPid) return;
  throw new HoldfastError({
    code: 'POOLER',
    message: `${describeConnection(session.settings)} is a connection pooler, not the server`,
    hint: 'Give the address of the server itself: snapshots and locks do not survive a pooler.',
  });
}

export async function readIdentity(session: Session): Promise<DatabaseIdentity> {
  const row = await session.queryOne<{ system: string; oid: string }>(`
    SELECT (SELECT system_identifier FROM pg_catalog.pg_control_system())::text AS system,
           (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database()) AS oid`);
  return { systemIdentifier: row.system, databaseOid: Number(row.oid) };
}

export async function readSource(session: Session): Promise<ManifestSource> {
  const hasNewLocaleName = session.serverVersionNum >= 170_000;
  const row = await session.queryOne<Record<string, string | null>>(`
    SELECT pg_catalog.current_setting('server_version') AS version, d.datname AS name, pg_catalog.pg_encoding_to_char(d.encoding) AS encoding,
           d.datcollate AS collate, d.datctype AS ctype, ${session.serverVersionNum >= 150_000 ? 'd.datlocprovider' : "'c'"} AS provider,
           ${hasNewLocaleName ? 'd.datlocale' : session.serverVersionNum >= 150_000 ? 'd.daticulocale' : 'NULL'} AS locale,
           ${session.serverVersionNum >= 150_000 ? 'd.datcollversion' : 'NULL'} AS "collationVersion",
           pg_catalog.pg_database_size(d.oid)::text AS size, pg_catalog.pg_is_in_recovery()::text AS standby
    FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database()`);
  return {
    ...(await readIdentity(session)),
    databaseName: row.name ?? '',
    address: describeConnection(session.settings),
    serverVersion: (row.version ?? '').split(' ')[0] ?? '',
    serverVersionNum: session.serverVersionNum,
    encoding: row.encoding ?? 'UTF8',
    collate: row.collate ?? 'C',
    ctype: row.ctype ?? 'C',
    localeProvider: { c: 'libc', i: 'icu', b: 'builtin' }[row.provider ?? 'c'] ?? 'libc',
    icuLocale: row.locale ?? null,
    collationVersion: row.collationVersion ?? null,
    sizeBytes: Number(row.size),
    isStandby: row.standby === 'true',
  };
}

/** What a restore needs on its target. */
export interface Requirements {
  extensions: { name: string; version: string }[];
  preloadLibraries: string[];
  /** Of the server itself, those that computed values depend on. */
  serverSettings: Setting[];
  roles: string[];
  tablespaces: string[];
  largeObjects: number;
  schemaHash: string;
}

export async function readRequirements(session: Session): Promise<Requirements> {
  const extensions = await session.query<{ name: string; version: string }>(
    "SELECT extname AS name, extversion AS version FROM pg_catalog.pg_extension WHERE extname <> 'plpgsql' ORDER BY 1",
  );
  const { hash } = await session.queryOne<{ hash: string }>(`
    SELECT pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to(COALESCE(pg_catalog.string_agg(line, E'\\n' ORDER BY line COLLATE "C"), ''), 'UTF8')), 'hex') AS hash
    FROM (SELECT pg_catalog.json_build_array(n.nspname, c.relname, a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod), a.attnotnull)::text AS line
          FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
          LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
          WHERE c.relkind IN ('r', 'p') AND ${USER_SCHEMA} AND ${NOT_OF_EXTENSION}) columns`);
  return {
    extensions,
    preloadLibraries: await readPreloadLibraries(session),
    serverSettings: await readServerSettings(session),
    roles: await readRoles(session),
    tablespaces: await readTablespaces(session),
    largeObjects: await countLargeObjects(session),
    schemaHash: hash,
  };
}

/** Empty where the role may not see the setting. */
async function readPreloadLibraries(session: Session): Promise<string[]> {
  const { libraries } = await session.queryOne<{ libraries: string | null }>(
    "SELECT (SELECT setting FROM pg_catalog.pg_settings WHERE name = 'shared_preload_libraries') AS libraries",
  );
  return (libraries ?? '')
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
}

/** Every role that something in this database depends on: owners, grantees, targets of policies (pg_shdepend). */
function readRoles(session: Session): Promise<string[]> {
  return readRoleNames(
    session,
    `SELECT r.rolname AS name FROM pg_catalog.pg_roles r WHERE r.rolname !~ '^pg_' AND (
      r.oid = (SELECT datdba FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database())
      OR EXISTS (SELECT FROM pg_catalog.pg_shdepend s WHERE s.refclassid = 'pg_catalog.pg_authid'::pg_catalog.regclass AND s.refobjid = r.oid
                 AND s.dbid = (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database()))
      OR EXISTS (SELECT FROM pg_catalog.pg_shdepend s WHERE s.refclassid = 'pg_catalog.pg_authid'::pg_catalog.regclass AND s.refobjid = r.oid AND s.dbid = 0
                 AND s.classid = 'pg_catalog.pg_database'::pg_catalog.regclass AND s.objid = (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database()))
      OR EXISTS (SELECT FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE c.relowner = r.oid AND ${USER_SCHEMA}))`,
  );
}

async function countLargeObjects(session: Session): Promise<number> {
  const { found } = await session.queryOne<{ found: string }>(
    'SELECT pg_catalog.count(*) AS found FROM pg_catalog.pg_largeobject_metadata',
  );
  return Number(found);
}

async function readTablespaces(session: Session): Promise<string[]> {
  const rows = await session.query<{ name: string }>(`
    SELECT DISTINCT t.spcname AS name FROM pg_catalog.pg_class c JOIN pg_catalog.pg_tablespace t ON t.oid = c.reltablespace
    WHERE t.spcname NOT IN ('pg_default', 'pg_global') ORDER BY 1`);
  return rows.map(({ name }) => name);
}

/** Milliseconds that the server's clock is ahead of ours. */
export async function readClockAhead(
  session: Session,
  { now }: { now: () => Date },
): Promise<number> {
  const before = now().getTime();
  const { epoch } = await session.queryOne<{ epoch: string }>(
    'SELECT EXTRACT(EPOCH FROM pg_catalog.clock_timestamp())::float8 * 1000 AS epoch',
  );
  const after = now().getTime();
  return Number(epoch) - (before + after) / 2;
}

/** What pg_dump leaves out for a role that is no superuser, with a warning at most: it exits with 0 all the same. */
export async function readUndumpable(session: Session): Promise<{ what: string; why: string }[]> {
  const row = await session.queryOne<{ subscriptions: string; mappings: string; power: boolean }>(`
    SELECT (SELECT pg_catalog.count(subname) FROM pg_catalog.pg_subscription WHERE subdbid = (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database())) AS subscriptions,
           (SELECT pg_catalog.count(*) FROM pg_catalog.pg_user_mappings) AS mappings,
           (SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = current_user) AS power`);
  if (row.power) return [];
  const why = 'only a superuser may read them; write down how they were made';
  return [
    ...(Number(row.subscriptions) > 0 ? [{ what: `${row.subscriptions} subscriptions`, why }] : []),
    ...(Number(row.mappings) > 0
      ? [{ what: `options of ${row.mappings} user mappings`, why }]
      : []),
  ];
}
