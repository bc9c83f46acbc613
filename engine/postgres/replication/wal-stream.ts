import { formatLsn, type Lsn, parseLsn } from '../../domain/wal/lsn.ts';
import { HoldfastError } from '../../errors.ts';
import type { ReplicationCommand } from './replication-command.ts';
import type { ReplicationSession } from './replication-session.ts';

export interface WalStreamOptions {
  /** The physical slot that keeps the log for us, if there is one. */
  slot?: string;
  from: Lsn;
  timeline: number;
}

/** Bytes of the log, in their order and without a gap. */
export interface WalChunk {
  /** Position of the first byte. */
  from: Lsn;
  bytes: Buffer;
}

/** What the server is told; a position is the one after the last byte. */
export interface WalStatus {
  /** What was received. */
  written: Lsn;
  /** What is stored for good: the server may drop the log before it. */
  flushed: Lsn;
}

const TYPE = { data: 0x77, keepalive: 0x6b, status: 0x72 } as const;
/** Type, position of the first byte, end of the log on the server, its clock. */
const DATA_HEADER_BYTES = 25;
/** Type, end of the log on the server, its clock, whether it wants an answer. */
const KEEPALIVE_BYTES = 18;
const STATUS_BYTES = 34;
/** 2000-01-01T00:00:00Z, from which the protocol counts microseconds. */
const EPOCH_MS = 946_684_800_000;

/**
 * The log as the server writes it (START_REPLICATION … PHYSICAL). The server ends a sender that is
 * silent for wal_sender_timeout, so a status goes out by a timer of the caller, whatever we wait
 * for.
 */
export class WalStream {
  readonly #command: ReplicationCommand;
  readonly #session: ReplicationSession;
  #next: Lsn;
  #serverEnd: Lsn;
  #isStatusWanted = false;

  private constructor(session: ReplicationSession, command: ReplicationCommand, from: Lsn) {
    this.#session = session;
    this.#command = command;
    this.#next = from;
    this.#serverEnd = from;
  }

  /**
   * A position that the server has no log of is refused only once chunks are read.
   * @throws HoldfastError REPLICATION_REFUSED, as when another process uses the slot.
   */
  static async start(
    session: ReplicationSession,
    { slot, from, timeline }: WalStreamOptions,
  ): Promise<WalStream> {
    const named = slot === undefined ? '' : ` SLOT "${slot}"`;
    const text = `START_REPLICATION${named} PHYSICAL ${formatLsn(from)} TIMELINE ${timeline}`;
    const command = session.start(text);
    await session.watching(command, command.streaming);
    return new WalStream(session, command, from);
  }

  /** Position after the last byte that was received. */
  get received(): Lsn {
    return this.#next;
  }

  /** How far the log on the server went when it last said so. */
  get serverEnd(): Lsn {
    return this.#serverEnd;
  }

  /** The server asked for a status since the last one. */
  get isStatusWanted(): boolean {
    return this.#isStatusWanted;
  }

  /**
   * Until the connection ends, or the timeline does: then the server has sent all of it, and
   * `nextTimeline` has where it goes on.
   * @throws HoldfastError CONNECTION_LOST; REPLICATION_REFUSED, as when the server has removed the
   * log from there on.
   */
  async *chunks(): AsyncGenerator<WalChunk> {
    try {
      for await (const message of this.#command.messages) {
        const chunk = this.#take(message);
        if (chunk !== undefined) yield chunk;
      }
    } catch (error) {
      throw this.#session.failureOf(error);
    }
  }

  /** Tells the server how far we are. `isAnswerWanted` makes it answer at once. */
  sendStatus({ written, flushed }: WalStatus, { isAnswerWanted = false } = {}): void {
    const message = Buffer.alloc(STATUS_BYTES);
    message[0] = TYPE.status;
    message.writeBigUInt64BE(written, 1);
    message.writeBigUInt64BE(flushed, 9);
    message.writeBigUInt64BE(0n, 17);
    message.writeBigInt64BE(BigInt(Date.now() - EPOCH_MS) * 1000n, 25);
    message[33] = isAnswerWanted ? 1 : 0;
    this.#isStatusWanted = false;
    this.#command.send(message);
  }

  /** The timeline that follows, and where it begins; undefined where the stream ended otherwise. */
  async nextTimeline(): Promise<{ timeline: number; from: Lsn } | undefined> {
    this.#command.endCopy();
    await this.#session.watching(this.#command, this.#command.finished);
    const row = this.#command.results[0]?.[0];
    const from = parseLsn(row?.next_tli_startpos ?? '');
    const timeline = Number(row?.next_tli);
    return from === undefined || !Number.isSafeInteger(timeline) ? undefined : { timeline, from };
  }

  #take(message: Buffer): WalChunk | undefined {
    if (message[0] === TYPE.keepalive && message.length >= KEEPALIVE_BYTES) {
      this.#serverEnd = message.readBigUInt64BE(1);
      this.#isStatusWanted ||= message[17] === 1;
      return undefined;
    }
    if (message[0] !== TYPE.data || message.length < DATA_HEADER_BYTES)
      throw unexpected(`a message of the unknown type ${message[0]}`);
    const from = message.readBigUInt64BE(1);
    if (from !== this.#next)
      throw unexpected(`${formatLsn(from)} where ${formatLsn(this.#next)} was due`);
    const bytes = message.subarray(DATA_HEADER_BYTES);
    this.#serverEnd = message.readBigUInt64BE(9);
    this.#next += BigInt(bytes.length);
    return { from, bytes };
  }
}

function unexpected(what: string): HoldfastError {
  return new HoldfastError({ code: 'INTERNAL', message: `the server sent ${what} in its log` });
}
