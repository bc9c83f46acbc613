import type pg from 'pg';
import { HoldfastError, isHoldfastError } from '../../errors.ts';
import { closeClient, connect } from '../connect.ts';
import { watchOnServer } from '../connection/look-at-server.ts';
import { watched } from '../connection/stall-watch.ts';
import { type ConnectionSettings, describeConnection } from '../connection-settings.ts';
import { type DriverError, sayDriverError } from '../driver-error.ts';
import { ReplicationCommand, type ReplicationRow } from './replication-command.ts';

/**
 * One session in which the server takes commands of the streaming replication protocol and no SQL.
 * Its settings are those of an ordinary session, so that both reach one server. After a failure it
 * takes no further command.
 */
export class ReplicationSession {
  readonly settings: ConnectionSettings;
  readonly #client: pg.Client;
  #lost: HoldfastError | undefined;
  #current: ReplicationCommand | undefined;
  #isEnding = false;

  private constructor(client: pg.Client, settings: ConnectionSettings) {
    this.#client = client;
    this.settings = settings;
    client.on('error', (error) => this.#lose(error));
    client.on('end', () => this.#lose(undefined));
  }

  /**
   * Logs in for physical replication: the role has REPLICATION, and pg_hba.conf a line for the
   * database `replication`.
   * @throws HoldfastError CONNECTION_FAILED.
   */
  static async open(
    settings: ConnectionSettings,
    { applicationName }: { applicationName: string },
  ): Promise<ReplicationSession> {
    const wanted: ConnectionSettings = { ...settings, targetSession: 'any', options: undefined };
    const { client, settings: reached } = await connect(wanted, applicationName, {
      isReplication: true,
    });
    return new ReplicationSession(client, { ...settings, ...reached });
  }

  /** The only row of a command that answers with one. @throws HoldfastError. */
  async queryOne(text: string): Promise<ReplicationRow> {
    const command = this.start(text);
    await this.watching(command, command.finished);
    const row = command.results[0]?.[0];
    if (row === undefined)
      throw new HoldfastError({ code: 'INTERNAL', message: 'a replication command gave no row' });
    return row;
  }

  /** Sends a command; one at a time. */
  start(text: string): ReplicationCommand {
    if (this.#lost !== undefined) throw this.#lost;
    const command = new ReplicationCommand(text);
    this.#current = command;
    this.#client.query(command as unknown as pg.Submittable);
    return command;
  }

  /**
   * Part of the answer to a command. Where nothing moves for too long although it is the server's
   * turn, and the server does not work on it, the session is lost.
   * @throws HoldfastError CONNECTION_FROZEN, CONNECTION_LOST, or what the server said.
   */
  async watching<T>(command: ReplicationCommand, answer: Promise<T>): Promise<T> {
    const watch = watchOnServer(this.settings, { pid: this.#pid });
    const stalled = () => this.#loseTo(watch.stalled());
    try {
      return await watched(answer, {
        ...watch,
        stalled,
        position: () => command.messages.receivedBytes,
        isOurTurn: () => command.messages.isPaused,
      });
    } catch (error) {
      throw this.failureOf(error);
    }
  }

  /** What a command failed with: the end of the session, or what the server said. */
  failureOf(error: unknown): HoldfastError {
    if (this.#lost !== undefined) return this.#lost;
    if (isHoldfastError(error)) return error;
    const { code: sqlState } = error as DriverError;
    return new HoldfastError({
      code: 'REPLICATION_REFUSED',
      message: `${describeConnection(this.settings)} refused a replication command: ${sayServerError(error)}`,
      hint: 'Look into the server log. The role needs REPLICATION, and pg_hba.conf a line for the database replication.',
      retryable: sqlState === undefined || /^(08|53|57)/.test(sqlState),
      cause: { sqlState },
    });
  }

  /** The session is of no use any more. The first loss counts. */
  abort(error: HoldfastError): void {
    this.#loseTo(error);
  }

  async end(): Promise<void> {
    if (this.#isEnding) return;
    this.#isEnding = true;
    await closeClient(this.#client);
  }

  get #pid(): number {
    return (this.#client as unknown as { processID: number }).processID;
  }

  #lose(error: Error | undefined): void {
    const said = error === undefined ? 'the connection closed' : sayDriverError(error);
    this.#loseTo(
      new HoldfastError({
        code: 'CONNECTION_LOST',
        message: `the replication session on ${describeConnection(this.settings)} was ended: ${said}`,
        hint: 'Look into the server log for what ended it (a restart, an administrator, a failover). Run the command again.',
        retryable: true,
        cause: error,
      }),
    );
  }

  #loseTo(error: HoldfastError): HoldfastError {
    if (this.#isEnding || this.#lost !== undefined) return this.#lost ?? error;
    this.#lost = error;
    this.#current?.handleError(error);
    void this.end();
    return error;
  }
}

/** No row and no value passes through this protocol, so all that the server says may be shown. */
function sayServerError(error: unknown): string {
  const { code, message = '' } = error as DriverError;
  if (code === undefined || !/^[0-9A-Z]{5}$/.test(code)) return sayDriverError(error);
  return `${message.split('\n')[0]} (SQLSTATE ${code})`;
}
