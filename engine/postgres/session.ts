import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { HoldfastError, isHoldfastError } from '../errors.ts';
import { type ConnectionSettings, describeConnection, KEEPALIVE } from './connection-settings.ts';
import { sayMessage } from './said.ts';
import { tlsOptions } from './tls-options.ts';

/**
 * What pg_dump sets in its own session: without it, counts would miss rows that a policy hides, names would depend on a search
 * path, and a time-out of the role would end us (src/bin/pg_dump/pg_dump.c, setup_connection).
 */
const SETTINGS = [
  "SELECT pg_catalog.set_config('search_path', '', false)",
  'SET row_security = off',
  "SET DateStyle = 'ISO'",
  "SET IntervalStyle = 'postgres'",
  'SET extra_float_digits = 3',
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
}

type Row = Record<string, unknown>;

/** One session on the server, with our settings. Ends once; after a loss every query fails with CONNECTION_LOST. */
export class Session {
  readonly settings: ConnectionSettings;
  readonly serverVersionNum: number;
  readonly #client: pg.Client;
  #lost: HoldfastError | undefined;
  #isEnding = false;
  readonly #onLost: ((error: HoldfastError) => void)[] = [];

  private constructor(client: pg.Client, settings: ConnectionSettings, serverVersionNum: number) {
    this.#client = client;
    this.settings = settings;
    this.serverVersionNum = serverVersionNum;
    client.on('error', (error) => this.#lose(error));
    client.on('end', () => this.#lose(undefined));
  }

  /** @throws HoldfastError CONNECTION_FAILED. */
  static async open(settings: ConnectionSettings, { applicationName }: SessionOptions): Promise<Session> {
    const client = await connect(settings, applicationName);
    const { rows } = await client.query<{ version: string }>("SELECT current_setting('server_version_num') AS version");
    const session = new Session(client, settings, Number(rows[0]?.version));
    const newer = NEWER_SETTINGS.filter(([since]) => session.serverVersionNum >= since).map(([, statement]) => statement);
    await session.query([...SETTINGS, ...newer].join('; '));
    return session;
  }

  /** The process id that the server announced when the session began; a pooler announces one of its own. */
  get announcedPid(): number {
    return (this.#client as unknown as { processID: number }).processID;
  }

  /** The rows of one statement. @throws HoldfastError CONNECTION_LOST, or INTERNAL with the SQLSTATE of the server. */
  async query<T extends Row = Row>(text: string, values?: readonly unknown[]): Promise<T[]> {
    if (this.#lost !== undefined) throw this.#lost;
    try {
      const result = await this.#client.query<T>(text, values === undefined ? undefined : [...values]);
      return result.rows;
    } catch (error) {
      await sleep(0);
      throw this.#lost ?? serverError(error);
    }
  }

  /** The only row. */
  async queryOne<T extends Row = Row>(text: string, values?: readonly unknown[]): Promise<T> {
    const [row] = await this.query<T>(text, values);
    if (row === undefined) throw new HoldfastError({ code: 'INTERNAL', message: 'a query gave no row' });
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
    const closed = this.#client.end().catch(() => undefined);
    await Promise.race([closed, sleep(2_000, undefined, { ref: false })]);
    this.#destroySocket();
  }

  #destroySocket(): void {
    const { connection } = this.#client as unknown as { connection?: { stream?: { destroy(): void } } };
    connection?.stream?.destroy();
  }

  #lose(error: Error | undefined): void {
    if (this.#isEnding || this.#lost !== undefined) return;
    this.#lost = new HoldfastError({
      code: 'CONNECTION_LOST',
      message: `the session on ${describeConnection(this.settings)} was ended: ${error === undefined ? 'the connection closed' : sayDriverError(error)}`,
      hint: 'Look into the server log for what ended it (a restart, an administrator, a failover). Run the command again.',
      retryable: true,
      cause: error,
    });
    for (const listener of this.#onLost) listener(this.#lost);
  }
}

/** A server that speaks no TLS is asked in clear only where the mode is prefer. */
async function connect(settings: ConnectionSettings, applicationName: string): Promise<pg.Client> {
  try {
    return await tryConnect(settings, applicationName, settings.sslmode !== 'disable');
  } catch (error) {
    if (settings.sslmode === 'prefer' && /does not support SSL/.test(String(error)))
      return connect({ ...settings, sslmode: 'disable' }, applicationName);
    throw connectionFailed(error, settings);
  }
}

async function tryConnect(settings: ConnectionSettings, applicationName: string, isEncrypted: boolean): Promise<pg.Client> {
  const client = new pg.Client({
    host: settings.host,
    port: settings.port,
    user: settings.user,
    database: settings.database,
    password: settings.password?.reveal() ?? '',
    ssl: isEncrypted ? tlsOptions(settings) : false,
    application_name: applicationName,
    connectionTimeoutMillis: settings.connectTimeoutSeconds * 1000,
    keepAlive: true,
    keepAliveInitialDelayMillis: KEEPALIVE.idleSeconds * 1000,
    ...(settings.options === undefined ? {} : { options: settings.options }),
  });
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

interface DriverError extends Error {
  code?: string;
  /** The CONTEXT of the server's message. */
  where?: string;
}

/** SQLSTATEs in whose messages only names are quoted: connection, authorization, access rule, operator, system errors. */
const SAFE_STATES = /^(08|0A|25|28|2B|2D|34|3D|3F|40|42|53|54|55|57|58)/;

/** What the driver says, by the same filter. */
export function sayDriverError(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown failure';
  const { code, message, where } = error as DriverError;
  if (code === undefined || !/^[0-9A-Z]{5}$/.test(code)) return networkReason(error);
  if (where !== undefined) return `${sayMessage(message, { context: where })} (SQLSTATE ${code})`;
  const said = SAFE_STATES.test(code) ? (message.split('\n')[0] ?? '') : sayMessage(message);
  return `${said} (SQLSTATE ${code})`;
}

function networkReason({ message, code }: DriverError): string {
  if (code === 'ECONNREFUSED') return 'connection refused';
  if (code === 'ENOENT') return 'there is no such socket';
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return 'the host name is unknown';
  if (code === 'ETIMEDOUT' || /timeout expired/.test(message)) return 'no answer in time';
  return message.split('\n')[0] ?? '';
}

function connectionFailed(error: unknown, settings: ConnectionSettings): HoldfastError {
  if (isHoldfastError(error)) return error;
  const { code = '' } = error as DriverError;
  const isTls = /certificate|SSL|TLS|self.signed|altnames/i.test(`${code} ${(error as Error).message}`);
  return new HoldfastError({
    code: 'CONNECTION_FAILED',
    message: `can not connect to ${describeConnection(settings)} as ${settings.user}: ${sayDriverError(error)}`,
    hint: connectionHint(code, isTls),
    retryable: !/^(28|3D|42)/.test(code) && !isTls,
    cause: error,
  });
}

function connectionHint(code: string, isTls: boolean): string {
  if (code.startsWith('28')) return 'Check user and password: URL, PGPASSWORD, passwordEnv, or ~/.pgpass (mode 600).';
  if (code === '3D000') return 'Check the name of the database.';
  if (isTls)
    return 'TLS is verified for hosts other than this machine. Give sslrootcert=FILE of your authority, or an sslmode you can answer for.';
  return 'Check host and port, and that the server runs and lets this machine in.';
}

function serverError(error: unknown): HoldfastError {
  if (isHoldfastError(error)) return error;
  const { code } = error as DriverError;
  return new HoldfastError({
    code: 'INTERNAL',
    message: `the server refused a statement: ${sayDriverError(error)}`,
    cause: { sqlState: code },
  });
}

/** SQLSTATE of what the server refused; undefined when the error is of another kind. */
export function sqlStateOf(error: unknown): string | undefined {
  if (!isHoldfastError(error)) return undefined;
  return (error.cause as { sqlState?: string } | undefined)?.sqlState;
}
