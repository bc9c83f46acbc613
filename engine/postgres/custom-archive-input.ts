import { damagedArchive } from './custom-archive.ts';

/** Says that a value goes on in bytes that are not here yet. */
const SHORT = Symbol('short');

/** Reads values from the bytes at hand. */
export class Cursor {
  readonly #bytes: Buffer;
  position = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  take(length: number): Buffer {
    const end = this.position + length;
    if (end > this.#bytes.length) throw SHORT;
    const taken = this.#bytes.subarray(this.position, end);
    this.position = end;
    return taken;
  }

  byte(): number {
    return this.take(1)[0] ?? 0;
  }

  /** A sign and the lowest byte first. */
  int(size: number): number {
    return intAt(this.take(1 + size), { at: 0, size });
  }

  /** Null where pg_dump had none. */
  text(size: number): Buffer | null {
    const length = this.int(size);
    return length < 0 ? null : this.take(length);
  }

  /** What was read since a position. */
  since(position: number): Buffer {
    return this.#bytes.subarray(position, this.position);
  }
}

export function intAt(bytes: Uint8Array, { at, size }: { at: number; size: number }): number {
  let value = 0;
  for (let index = size; index > 0; index -= 1) value = value * 256 + (bytes[at + index] ?? 0);
  return bytes[at] === 0 ? value : -value;
}

/** A stream that is read value by value, and then as it comes. */
export class ArchiveInput {
  readonly #source: AsyncIterator<Uint8Array>;
  #bytes: Buffer = Buffer.alloc(0);

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#source = source[Symbol.asyncIterator]();
  }

  /** @throws HoldfastError OBJECT_DAMAGED when the stream ends within the value. */
  async read<T>(parse: (cursor: Cursor) => T): Promise<T> {
    for (;;) {
      const cursor = new Cursor(this.#bytes);
      try {
        const value = parse(cursor);
        this.#bytes = this.#bytes.subarray(cursor.position);
        return value;
      } catch (reason) {
        if (reason !== SHORT) throw reason;
      }
      if (!(await this.#more()))
        throw damagedArchive('it ends in the middle of its table of contents');
    }
  }

  /** Whether nothing follows. */
  async isOver(): Promise<boolean> {
    return this.#bytes.length === 0 && !(await this.#more());
  }

  /** Some of the next bytes: at least one, at most so many. @throws HoldfastError OBJECT_DAMAGED. */
  async piece(atMost: number): Promise<Buffer> {
    if (await this.isOver()) throw damagedArchive('it ends in the middle of its rows');
    const piece = this.#bytes.subarray(0, atMost);
    this.#bytes = this.#bytes.subarray(piece.length);
    return piece;
  }

  /** The rest as it comes. */
  async *rest(): AsyncGenerator<Buffer> {
    if (this.#bytes.length > 0) yield this.#bytes;
    this.#bytes = Buffer.alloc(0);
    for (let next = await this.#source.next(); !next.done; next = await this.#source.next())
      yield asBuffer(next.value);
  }

  /** Ends the reading of what nobody wants any more. */
  async close(): Promise<void> {
    await this.#source.return?.();
  }

  /** At least as much again, so that a long value is not tried for every chunk of it. */
  async #more(): Promise<boolean> {
    const chunks = [this.#bytes];
    const wanted = this.#bytes.length + 1;
    let length = 0;
    while (length < wanted) {
      const next = await this.#source.next();
      if (next.done) break;
      chunks.push(asBuffer(next.value));
      length += next.value.length;
    }
    this.#bytes = Buffer.concat(chunks);
    return length > 0;
  }
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
}
