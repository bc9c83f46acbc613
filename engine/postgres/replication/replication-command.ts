import { MessageQueue, type Pausable } from './message-queue.ts';

/** A row of a result set; every value is text. */
export type ReplicationRow = Readonly<Record<string, string | null>>;

/** What the driver lets a command do with its connection. */
interface DriverConnection {
  readonly stream: Pausable;
  query(text: string): void;
  sendCopyFromChunk(chunk: Uint8Array): void;
  endCopyFrom(): void;
  once(event: 'copyDone' | 'replicationStart', listener: () => void): void;
}

interface Field {
  name: string;
}

/**
 * One command of the streaming replication protocol (PostgreSQL, chapter "Streaming Replication
 * Protocol"), which may answer with several result sets and a COPY between them. The methods named
 * handle… are those that the driver calls on what it is given as a query.
 */
export class ReplicationCommand {
  readonly text: string;
  readonly #results: ReplicationRow[][] = [];
  readonly #finished = Promise.withResolvers<void>();
  readonly #streaming = Promise.withResolvers<void>();
  #connection: DriverConnection | undefined;
  #messages: MessageQueue | undefined;
  #names: string[] = [];
  #error: unknown;

  constructor(text: string) {
    this.text = text;
    this.#finished.promise.catch(() => undefined);
    this.#streaming.promise.catch(() => undefined);
  }

  /** Result sets until now, in the order in which they came. */
  get results(): readonly (readonly ReplicationRow[])[] {
    return this.#results;
  }

  /** Until the server has answered all of it. */
  get finished(): Promise<void> {
    return this.#finished.promise;
  }

  /** Until the server sends messages and takes ours (START_REPLICATION), or has none to send. */
  get streaming(): Promise<void> {
    return this.#streaming.promise;
  }

  /** Messages of the COPY. */
  get messages(): MessageQueue {
    if (this.#messages === undefined) throw new Error('the command was not sent yet');
    return this.#messages;
  }

  /** One message of ours, within a COPY in both directions. */
  send(message: Uint8Array): void {
    this.#connection?.sendCopyFromChunk(message);
  }

  /** Ends our side of a COPY in both directions. */
  endCopy(): void {
    this.#connection?.endCopyFrom();
  }

  submit(connection: DriverConnection): void {
    this.#connection = connection;
    this.#messages = new MessageQueue(connection.stream);
    connection.once('copyDone', () => this.#messages?.end());
    connection.once('replicationStart', () => this.#streaming.resolve());
    connection.query(this.text);
  }

  handleRowDescription({ fields }: { fields: readonly Field[] }): void {
    this.#names = fields.map(({ name }) => name);
    this.#results.push([]);
  }

  handleDataRow({ fields }: { fields: readonly (string | null)[] }): void {
    const row = this.#names.map((name, index) => [name, fields[index] ?? null]);
    this.#results.at(-1)?.push(Object.fromEntries(row) as ReplicationRow);
  }

  handleCopyData({ chunk }: { chunk: Uint8Array }): void {
    this.#messages?.push(chunk);
  }

  handleCommandComplete(): void {}

  handleEmptyQuery(): void {}

  handlePortalSuspended(): void {}

  /** No command of this protocol asks for rows. */
  handleCopyInResponse(connection: { sendCopyFail(reason: string): void }): void {
    connection.sendCopyFail('nothing to send');
  }

  handleError(error: unknown): void {
    this.#error ??= error;
    this.#messages?.end(error);
    this.#streaming.reject(error);
    this.#finished.reject(error);
  }

  handleReadyForQuery(): void {
    if (this.#error !== undefined) return;
    this.#messages?.end();
    this.#streaming.resolve();
    this.#finished.resolve();
  }
}
