import type pg from 'pg';
import type { ConnectionSettings } from '../connection-settings.ts';
import { CHECK_CLIENT_INTERVAL, sessionTimeouts } from './dead-network.ts';

/** How values are written, whatever the server, the database or the role sets. */
export const VALUE_STYLE = [
  "SET DateStyle = 'ISO'",
  "SET IntervalStyle = 'postgres'",
  'SET extra_float_digits = 3',
] as const;

/** How our statements are read and how the server writes SQL, whatever the server or the database sets. */
export const SQL_STYLE = [
  'SET standard_conforming_strings = on',
  'SET quote_all_identifiers = off',
] as const;

/**
 * What pg_dump sets in its own session: without it, counts would miss rows that a policy hides, names would depend on a search
 * path, and a time-out of the role would end us (src/bin/pg_dump/pg_dump.c, setup_connection).
 */
const SETTINGS = [
  ...SQL_STYLE,
  "SELECT pg_catalog.set_config('search_path', '', false)",
  'SET row_security = off',
  ...VALUE_STYLE,
  'SET synchronize_seqscans = off',
  'SET statement_timeout = 0',
  'SET lock_timeout = 0',
  'SET idle_in_transaction_session_timeout = 0',
  'SET max_parallel_workers_per_gather = 0',
  'SET jit = off',
];

/** Only on servers that have them. */
const NEWER_SETTINGS: readonly [number, string][] = [
  [140_000, 'SET idle_session_timeout = 0'],
  [170_000, 'SET transaction_timeout = 0'],
];

/**
 * Where the server can look whether its client is still there while it works on a statement. On
 * systems that can't tell it refuses any value but 0.
 */
const CHECK_CLIENT = `
  SELECT pg_catalog.set_config(name, '${CHECK_CLIENT_INTERVAL}', false) FROM pg_catalog.pg_settings
  WHERE name = 'client_connection_check_interval' AND pg_catalog.version() ~ 'linux'`;

export interface BegunSession {
  serverVersionNum: number;
  /** The server looks for its client while it works. */
  isChecked: boolean;
}

/** Puts our settings in force. */
export async function beginSession(
  client: pg.Client,
  settings: ConnectionSettings,
): Promise<BegunSession> {
  const { rows } = await client.query<{ version: string }>(
    "SELECT current_setting('server_version_num') AS version",
  );
  const serverVersionNum = Number(rows[0]?.version);
  const newer = NEWER_SETTINGS.filter(([since]) => serverVersionNum >= since).map(
    ([, statement]) => statement,
  );
  const statements = [...SETTINGS, ...newer, ...sessionTimeouts(settings), CHECK_CLIENT];
  const results: unknown = await client.query(statements.join('; '));
  const last = (results as pg.QueryResult[]).at(-1);
  return { serverVersionNum, isChecked: (last?.rows.length ?? 0) > 0 };
}
