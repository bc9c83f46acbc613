import { BLOCK, damagedArchive } from './custom-archive.ts';
import { intAt } from './custom-archive-input.ts';
import { int } from './custom-archive-toc.ts';

export interface BlockOptions {
  intSize: number;
  /** Dump ids of the archive that is read, with those that they get. */
  ids: ReadonlyMap<number, number>;
  /** Where the first block will stand in the output. */
  startsAt: number;
}

/** What the next bytes of the rows are. */
type Expected = 'block' | 'chunk' | 'large object';

/**
 * Gives the blocks of rows that follow a table of contents other dump ids, and finds where each begins. Rows are passed on as they
 * come; nothing is kept but a number that goes on in the next chunk.
 */
export class BlockRewriter {
  /** Places of the blocks in the output, by their new ids. */
  readonly places = new Map<number, number>();
  readonly #options: BlockOptions;
  /** Bytes of an integer with its sign. */
  readonly #width: number;
  #expected: Expected = 'block';
  #isLargeObjects = false;
  #toSkip = 0;
  #carry: Buffer = Buffer.alloc(0);
  #written: number;

  constructor(options: BlockOptions) {
    this.#options = options;
    this.#width = 1 + options.intSize;
    this.#written = options.startsAt;
  }

  /** @throws HoldfastError OBJECT_DAMAGED. */
  *push(more: Buffer): Generator<Buffer> {
    const bytes = this.#carry.length === 0 ? more : Buffer.concat([this.#carry, more]);
    let kept = 0;
    let at = 0;
    for (;;) {
      const skipped = Math.min(this.#toSkip, bytes.length - at);
      this.#toSkip -= skipped;
      at += skipped;
      const width = this.#expected === 'block' ? 1 + this.#width : this.#width;
      if (this.#toSkip > 0 || bytes.length - at < width) break;
      if (this.#expected === 'block') {
        const id = this.#beginBlock(bytes, { at, place: this.#written + at - kept });
        yield* this.#pass(bytes.subarray(kept, at + 1));
        yield* this.#pass(int(id, this.#options.intSize));
        kept = at + width;
      } else {
        this.#readCount(intAt(bytes, { at, size: this.#options.intSize }));
      }
      at += width;
    }
    yield* this.#pass(bytes.subarray(kept, at));
    this.#carry = Buffer.from(bytes.subarray(at));
  }

  /** @throws HoldfastError OBJECT_DAMAGED when rows are missing. */
  end(): void {
    if (this.#expected !== 'block' || this.#carry.length > 0)
      throw damagedArchive('it ends in the middle of its rows');
    const missing = this.#options.ids.size - this.places.size;
    if (missing > 0) throw damagedArchive(`it lacks the rows of ${missing} entries`);
  }

  #beginBlock(bytes: Buffer, { at, place }: { at: number; place: number }): number {
    const kind = bytes[at];
    if (kind !== BLOCK.rows && kind !== BLOCK.largeObjects)
      throw damagedArchive('a block of rows is of no known kind');
    const id = this.#options.ids.get(intAt(bytes, { at: at + 1, size: this.#options.intSize }));
    if (id === undefined || this.places.has(id))
      throw damagedArchive('a block of rows belongs to no entry');
    this.places.set(id, place);
    this.#isLargeObjects = kind === BLOCK.largeObjects;
    this.#expected = this.#isLargeObjects ? 'large object' : 'chunk';
    return id;
  }

  /** Length of a chunk, 0 after the last one; or oid of a large object, 0 after the last one. */
  #readCount(value: number): void {
    if (value < 0) throw damagedArchive('a chunk of rows has a length below zero');
    if (this.#expected === 'large object') this.#expected = value === 0 ? 'block' : 'chunk';
    else if (value === 0) this.#expected = this.#isLargeObjects ? 'large object' : 'block';
    else this.#toSkip = value;
  }

  *#pass(bytes: Buffer): Generator<Buffer> {
    this.#written += bytes.length;
    if (bytes.length > 0) yield bytes;
  }
}
