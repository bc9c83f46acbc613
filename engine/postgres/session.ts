import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { HoldfastError, isHoldfastError } from '../errors.ts';
import { connect } from './connect.ts';
import { type ConnectionSettings, describeConnection } from './connection-settings.ts';
import { type DriverError, sayDriverError } from './driver-error.ts';
import { recoveryConflict } from './recovery-conflict.ts';

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

  /** Logs in with the login as it is now. @throws HoldfastError CONNECTION_FAILED, and what the source of the login throws. */
  static async open(wanted: ConnectionSettings, { applicationName }: SessionOptions): Promise<Session> {
    const { client, settings } = await connect(wanted, applicationName);
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
    const said = error === undefined ? 'the connection closed' : sayDriverError(error);
    this.#lost =
      recoveryConflict(said, error) ?? connectionLost(`the session on ${describeConnection(this.settings)} was ended: ${said}`, error);
    for (const listener of this.#onLost) listener(this.#lost);
  }
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
  return new HoldfastError({ code: 'INTERNAL', message: `the server refused a statement: ${said}`, cause: { sqlState: code } });
}

/** SQLSTATE of what the server refused; undefined when the error is of another kind. */
export function sqlStateOf(error: unknown): string | undefined {
  if (!isHoldfastError(error)) return undefined;
  return (error.cause as { sqlState?: string } | undefined)?.sqlState;
}
