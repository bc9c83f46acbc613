import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { withDeadline } from '../deadline.ts';
import { quoteIdentifier } from '../domain/table-name.ts';
import { HoldfastError, isHoldfastError } from '../errors.ts';
import { closeClient, connect } from './connect.ts';
import { beginSession } from './connection/begin-session.ts';
import { stallTimeoutOf, watchOnServer } from './connection/look-at-server.ts';
import { serverOption, withServerOptions } from './connection/server-options.ts';
import { type WatchedWork, watched } from './connection/stall-watch.ts';
import { type ConnectionSettings, describeConnection } from './connection-settings.ts';
import { type DriverError, sayDriverError } from './driver-error.ts';
import { recoveryConflict } from './recovery-conflict.ts';

export interface SessionOptions {
  applicationName: string;
  /** A statement that gets no answer in time loses the session, even where the server works on it. */
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
      const begun = await withDeadline(beginSession(client, settings), {
        seconds: limitSeconds ?? stallTimeoutOf(settings),
        late: () => new Error('no answer in time'),
      });
      const { serverVersionNum, isChecked } = begun;
      const session = new Session(client, { ...settings, isChecked }, serverVersionNum);
      session.#limitSeconds = limitSeconds;
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

  /**
   * During this work a statement that gets no answer in time loses the session, even where the server
   * works on it. For clean-ups, which must end.
   */
  async limited<T>(work: () => Promise<T>, seconds: number): Promise<T> {
    const before = this.#limitSeconds;
    this.#limitSeconds = seconds;
    return work().finally(() => {
      this.#limitSeconds = before;
    });
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
      const result = await this.watching(this.#inTime(answer));
      return result.rows;
    } catch (error) {
      await sleep(0);
      if (endsSession(error)) this.#lose(error as Error);
      throw this.#lost ?? serverError(error);
    }
  }

  /**
   * The answer to something that was sent on this session. Where nothing moves for too long and the
   * server does not work on it, the session is lost. @throws HoldfastError CONNECTION_FROZEN.
   */
  async watching<T>(
    answer: Promise<T>,
    work: Partial<Pick<WatchedWork, 'position' | 'isOurTurn'>> = {},
  ): Promise<T> {
    const watch = watchOnServer(this.#settings, { pid: this.announcedPid });
    const stalled = () => this.#loseTo(watch.stalled());
    return watched(answer, { position: () => 0, ...work, ...watch, stalled });
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

  #inTime<T>(answer: Promise<T>): Promise<T> {
    const seconds = this.#limitSeconds;
    if (seconds === undefined) return answer;
    const late = () => {
      const error = new Error(`no answer within ${seconds} s`);
      this.#lose(error);
      return error;
    };
    return withDeadline(answer, { seconds, late });
  }

  #lose(error: Error | undefined): void {
    const said = error === undefined ? 'the connection closed' : sayDriverError(error);
    this.#loseTo(
      recoveryConflict(said, error) ??
        connectionLost(
          `the session on ${describeConnection(this.settings)} was ended: ${said}`,
          error,
        ),
    );
  }

  /** The first loss counts. */
  #loseTo(error: HoldfastError): HoldfastError {
    if (this.#isEnding || this.#lost !== undefined) return this.#lost ?? error;
    this.#lost = error;
    for (const listener of this.#onLost) listener(error);
    return error;
  }
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

/** The server says that it ends the session (administrator, crash, shutdown); the end itself may come later. */
function endsSession(error: unknown): boolean {
  return /^57P0[1-3]$/.test(String((error as DriverError).code));
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
