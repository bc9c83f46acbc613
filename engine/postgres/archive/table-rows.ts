import { type ArchiveEntry, BLOCK, damagedArchive } from '../custom-archive.ts';
import type { ArchiveInput } from '../custom-archive-input.ts';
import type { ArchiveToc } from '../custom-archive-toc.ts';

/** The rows of one entry, as COPY text. They must be read to their end before the next block. */
export interface RowBlock {
  entry: ArchiveEntry;
  rows: AsyncIterable<Uint8Array>;
}

/** Rows that are not compressed, in the number that all formats have for it. */
const NOT_COMPRESSED = 0;

/**
 * The blocks of rows that follow a table of contents, with the entry that each belongs to: by its
 * dump id, never by the text of a COPY statement, which may be in a row or a name as well.
 * @throws HoldfastError OBJECT_DAMAGED.
 */
export async function* rowBlocks(
  input: ArchiveInput,
  { head, entries }: ArchiveToc,
): AsyncGenerator<RowBlock> {
  if (head.compression !== NOT_COMPRESSED) throw damagedArchive('its rows are compressed');
  const byId = new Map(entries.map((entry) => [entry.dumpId, entry]));
  const missing = new Set(entries.filter(({ hasData }) => hasData).map(({ dumpId }) => dumpId));
  const count = () => input.read((cursor) => cursor.int(head.intSize));
  while (!(await input.isOver())) {
    const kind = await input.read((cursor) => cursor.byte());
    const entry = byId.get(await count());
    if (entry === undefined || !missing.delete(entry.dumpId))
      throw damagedArchive('a block of rows belongs to no entry');
    if (kind === BLOCK.rows) {
      const rows = chunks(input, head.intSize);
      yield { entry, rows };
      for await (const _ of rows);
    } else if (kind === BLOCK.largeObjects) {
      while ((await count()) !== 0) for await (const _ of chunks(input, head.intSize));
    } else throw damagedArchive('a block of rows is of no known kind');
  }
  if (missing.size > 0) throw damagedArchive(`it lacks the rows of ${missing.size} entries`);
}

/** Chunks up to the empty one that ends a block; a chunk may be longer than memory. */
async function* chunks(input: ArchiveInput, intSize: number): AsyncGenerator<Uint8Array> {
  for (;;) {
    const length = await input.read((cursor) => cursor.int(intSize));
    if (length === 0) return;
    if (length < 0) throw damagedArchive('a chunk of rows has a length below zero');
    for (let left = length; left > 0; ) {
      const piece = await input.piece(left);
      left -= piece.length;
      yield piece;
    }
  }
}
