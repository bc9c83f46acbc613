/** A socket that can be told to wait. */
export interface Pausable {
  pause(): unknown;
  resume(): unknown;
}

/** So many bytes may wait for the reader before the socket has to. */
const HIGH_WATER_BYTES = 1024 * 1024;

/**
 * Messages of a COPY on their way from the driver to one reader. The driver reuses the memory of a
 * message as soon as its event returns, so each one is copied; the socket waits while the reader
 * is behind.
 */
export class MessageQueue implements AsyncIterable<Buffer> {
  readonly #socket: Pausable;
  readonly #waiting: Buffer[] = [];
  #waitingBytes = 0;
  #receivedBytes = 0;
  #isPaused = false;
  #end: { error: unknown } | undefined;
  #wake: (() => void) | undefined;

  constructor(socket: Pausable) {
    this.#socket = socket;
  }

  /** Bytes since the beginning. */
  get receivedBytes(): number {
    return this.#receivedBytes;
  }

  /** The reader is behind, and the server waits for us. */
  get isPaused(): boolean {
    return this.#isPaused;
  }

  push(message: Uint8Array): void {
    if (this.#end !== undefined) return;
    this.#waiting.push(Buffer.from(message));
    this.#waitingBytes += message.length;
    this.#receivedBytes += message.length;
    if (this.#waitingBytes > HIGH_WATER_BYTES && !this.#isPaused) {
      this.#isPaused = true;
      this.#socket.pause();
    }
    this.#wake?.();
  }

  /** The first end counts. Messages that came before it are still read, unless it is an error. */
  end(error?: unknown): void {
    this.#end ??= { error };
    this.#wake?.();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Buffer> {
    for (;;) {
      if (this.#end?.error !== undefined) throw this.#end.error;
      const message = this.#waiting.shift();
      if (message !== undefined) {
        this.#taken(message.length);
        yield message;
      } else if (this.#end !== undefined) return;
      else await this.#next();
    }
  }

  #taken(bytes: number): void {
    this.#waitingBytes -= bytes;
    if (!this.#isPaused || this.#waitingBytes > HIGH_WATER_BYTES / 2) return;
    this.#isPaused = false;
    this.#socket.resume();
  }

  async #next(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#wake = resolve;
    await promise;
    this.#wake = undefined;
  }
}
