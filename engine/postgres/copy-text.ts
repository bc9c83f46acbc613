/** One `COPY ... FROM stdin` of a plain dump. `rows` must be read to its end before the next block is asked for. */
export interface CopyBlock {
  /** The statement as the dump wrote it, without its semicolon. */
  statement: string;
  /** The column list with its parentheses, as the dump wrote it. */
  columns: string;
  rows: AsyncIterable<Uint8Array>;
}

const LINE_FEED = 0x0a;
const END = Buffer.from('\\.');
const NAME = '(?:"(?:[^"]|"")*"|[^\\s".,()]+)';
/** A table without columns has no list. */
const HEADER = new RegExp(
  `^COPY ${NAME}(?:\\.${NAME})? (\\(${NAME}(?:, ${NAME})*\\)|) ?FROM stdin;$`,
);

/** The COPY blocks of a plain SQL dump that streams in; every other line is passed over. Rows stay bytes: no encoding is assumed. */
export async function* copyBlocks(source: AsyncIterable<Uint8Array>): AsyncGenerator<CopyBlock> {
  const lines = new LineReader(source);
  for (;;) {
    const statement = await nextStatement(lines);
    if (statement === undefined) return;
    const columns = HEADER.exec(statement)?.[1];
    if (columns !== undefined)
      yield { statement: statement.slice(0, -1), columns, rows: lines.until(END) };
  }
}

/** The next line; that of a COPY with all lines of its names, which may hold line breaks. */
async function nextStatement(lines: LineReader): Promise<string | undefined> {
  let statement = (await lines.next())?.toString('utf8');
  while (statement?.startsWith('COPY ') && !statement.endsWith(' FROM stdin;')) {
    const line = await lines.next();
    statement = line === undefined ? undefined : `${statement}\n${line.toString('utf8')}`;
  }
  return statement;
}

/** Lines of a byte stream; those up to a mark in large pieces, not one by one. */
class LineReader {
  readonly #chunks: AsyncIterator<Uint8Array>;
  #pending: Buffer = Buffer.alloc(0);
  #isOver = false;

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#chunks = source[Symbol.asyncIterator]();
  }

  /** The next line without its line feed; undefined at the end. */
  async next(): Promise<Buffer | undefined> {
    for (;;) {
      const end = this.#pending.indexOf(LINE_FEED);
      if (end >= 0) return this.#take(end + 1).subarray(0, -1);
      if (!(await this.#fill()))
        return this.#pending.length > 0 ? this.#take(this.#pending.length) : undefined;
    }
  }

  /** All bytes up to the line that is `mark`, which is taken away. A row may be longer than memory. */
  async *until(mark: Buffer): AsyncGenerator<Uint8Array> {
    const line = Buffer.concat([mark, Buffer.from([LINE_FEED])]);
    const border = Buffer.concat([Buffer.from([LINE_FEED]), line]);
    while (this.#pending.length < line.length && (await this.#fill()));
    let isOver = this.#pending.subarray(0, line.length).equals(line);
    while (!isOver) {
      const found = this.#pending.indexOf(border);
      isOver = found >= 0;
      const bytes = isOver ? found + 1 : this.#pending.length - (border.length - 1);
      if (bytes > 0) yield this.#take(bytes);
      if (!isOver && !(await this.#fill())) return;
    }
    this.#take(line.length);
  }

  #take(bytes: number): Buffer {
    const taken = this.#pending.subarray(0, bytes);
    this.#pending = this.#pending.subarray(bytes);
    return taken;
  }

  async #fill(): Promise<boolean> {
    if (this.#isOver) return false;
    const { value, done } = await this.#chunks.next();
    if (done) this.#isOver = true;
    else
      this.#pending =
        this.#pending.length === 0 ? Buffer.from(value) : Buffer.concat([this.#pending, value]);
    return !this.#isOver;
  }
}
