import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { quoteIdentifier } from '../domain/table-name.ts';
import { HoldfastError, isHoldfastError } from '../errors.ts';
import { closeClient, connect } from './connect.ts';
import { sessionTimeouts } from './connection/dead-network.ts';
import { serverOption, withServerOptions } from './connection/server-options.ts';
import { type ConnectionSettings, describeConnection } from './connection-settings.ts';
import { type DriverError, sayDriverError } from './driver-error.ts';
import { recoveryConflict } from './recovery-conflict.ts';

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

export interface SessionOptions {
  applicationName: string;
  /** A statement that gets no answer in time loses the session; without it, patience has no end. */
  limitSeconds?: number;
}

type Row = Record<string, unknown>;

/** One session on the server, with our settings. Ends once; after a loss every query fails with CONNECTION_LOST. */
export class Session {
  readonly serverVersionNum: number;
  readonly #client: pg.Client;
  #settings: ConnectionSettings;
  #lost: HoldfastError | undefined;
  #isEnding = false;
  #limitSeconds: number | undefined;
  readonly #onLost: ((error: HoldfastError) => void)[] = [];

  private constructor(client: pg.Client, settings: ConnectionSettings, serverVersionNum: number) {
    this.#client = client;
    this.#settings = settings;
    this.serverVersionNum = serverVersionNum;
    client.on('error', (error) => this.#lose(error));
    client.on('end', () => this.#lose(undefined));
  }

  /** Logs in with the login as it is now. @throws HoldfastError CONNECTION_FAILED, and what the source of the login throws. */
  static async open(
    wanted: ConnectionSettings,
    { applicationName, limitSeconds }: SessionOptions,
  ): Promise<Session> {
    const { client, settings } = await connect(wanted, applicationName);
    try {
      const session = new Session(
        client,
        settings,
        await inTime(begin(client, settings), limitSeconds),
      );
      if (limitSeconds !== undefined) session.limitStatements(limitSeconds);
      return session;
    } catch (error) {
      await closeClient(client);
      throw notBegun(error, settings);
    }
  }

  /** How it was opened; another session with these settings has the same rights. */
  get settings(): ConnectionSettings {
    return this.#settings;
  }

  /** Works with the rights of a role from now on, as sessions that are opened with its settings do. */
  async actAs(role: string): Promise<void> {
    await this.query(`SET ROLE ${quoteIdentifier(role)}`);
    this.#settings = withServerOptions(this.#settings, [serverOption('role', role)]);
  }

  /** From now on a statement that gets no answer in time loses the session. For clean-ups, which must end. */
  limitStatements(seconds: number): void {
    this.#limitSeconds = seconds;
  }

  /** The process id that the server announced when the session began; a pooler announces one of its own. */
  get announcedPid(): number {
    return (this.#client as unknown as { processID: number }).processID;
  }

  /** The rows of one statement. @throws HoldfastError CONNECTION_LOST, or INTERNAL with the SQLSTATE of the server. */
  async query<T extends Row = Row>(text: string, values?: readonly unknown[]): Promise<T[]> {
    if (this.#lost !== undefined) throw this.#lost;
    try {
      const answer = this.#client.query<T>(text, values === undefined ? undefined : [...values]);
      const result = await inTime(answer, this.#limitSeconds, (error) => this.#lose(error));
      return result.rows;
    } catch (error) {
      await sleep(0);
      throw this.#lost ?? serverError(error);
    }
  }

  /** The only row. */
  async queryOne<T extends Row = Row>(text: string, values?: readonly unknown[]): Promise<T> {
    const [row] = await this.query<T>(text, values);
    if (row === undefined)
      throw new HoldfastError({ code: 'INTERNAL', message: 'a query gave no row' });
    return row;
  }

  /** The driver's own client, for COPY. */
  get client(): pg.Client {
    return this.#client;
  }

  /** Called once if the server or the network ends the session before we do. */
  onLost(listener: (error: HoldfastError) => void): void {
    if (this.#lost !== undefined && !this.#isEnding) listener(this.#lost);
    else this.#onLost.push(listener);
  }

  async end(): Promise<void> {
    if (this.#isEnding) return;
    this.#isEnding = true;
    await closeClient(this.#client);
  }

  #lose(error: Error | undefined): void {
    if (this.#isEnding || this.#lost !== undefined) return;
    const said = error === undefined ? 'the connection closed' : sayDriverError(error);
    this.#lost =
      recoveryConflict(said, error) ??
      connectionLost(
        `the session on ${describeConnection(this.settings)} was ended: ${said}`,
        error,
      );
    for (const listener of this.#onLost) listener(this.#lost);
  }
}

/** The answer, or a failure when it takes too long; `onLate` hears of that first. */
async function inTime<T>(
  answer: Promise<T>,
  limitSeconds: number | undefined,
  onLate: (error: Error) => void = () => undefined,
): Promise<T> {
  if (limitSeconds === undefined) return answer;
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    const error = new Error(`no answer within ${limitSeconds} s`);
    onLate(error);
    late.reject(error);
  }, limitSeconds * 1000);
  answer.catch(() => undefined);
  return Promise.race([answer, late.promise]).finally(() => clearTimeout(timer));
}

/** Puts our settings in force; returns the version of the server. */
async function begin(client: pg.Client, settings: ConnectionSettings): Promise<number> {
  const { rows } = await client.query<{ version: string }>(
    "SELECT current_setting('server_version_num') AS version",
  );
  const serverVersionNum = Number(rows[0]?.version);
  const newer = NEWER_SETTINGS.filter(([since]) => serverVersionNum >= since).map(
    ([, statement]) => statement,
  );
  await client.query([...SETTINGS, ...newer, ...sessionTimeouts(settings)].join('; '));
  return serverVersionNum;
}

/** Without a SQLSTATE the connection broke; of those of a server some pass by themselves: connection, resources, shutdown. */
function notBegun(error: unknown, settings: ConnectionSettings): HoldfastError {
  const { code: sqlState } = error as DriverError;
  return new HoldfastError({
    code: 'CONNECTION_FAILED',
    message: `can not begin a session on ${describeConnection(settings)} as ${settings.user}: ${sayDriverError(error)}`,
    hint: 'Look into its log, and see that PostgreSQL itself is behind this address: no pooler, and nothing that only speaks its protocol.',
    retryable: sqlState === undefined || /^(08|53|57)/.test(sqlState),
    cause: error,
  });
}

function connectionLost(message: string, cause: Error | undefined): HoldfastError {
  return new HoldfastError({
    code: 'CONNECTION_LOST',
    message,
    hint: 'Look into the server log for what ended it (a restart, an administrator, a failover). Run the command again.',
    retryable: true,
    cause,
  });
}

function serverError(error: unknown): HoldfastError {
  if (isHoldfastError(error)) return error;
  const { code } = error as DriverError;
  const said = sayDriverError(error);
  const conflict = recoveryConflict(said, { sqlState: code });
  if (conflict !== undefined) return conflict;
  return new HoldfastError({
    code: 'INTERNAL',
    message: `the server refused a statement: ${said}`,
    cause: { sqlState: code },
  });
}

/** SQLSTATE of what the server refused; undefined when the error is of another kind. */
export function sqlStateOf(error: unknown): string | undefined {
  if (!isHoldfastError(error)) return undefined;
  return (error.cause as { sqlState?: string } | undefined)?.sqlState;
}
