import { damagedArchive } from './custom-archive.ts';
import { BlockRewriter } from './custom-archive-blocks.ts';
import { ArchiveInput } from './custom-archive-input.ts';
import { type JoinedToc, joinTocs, loneToc } from './custom-archive-join.ts';
import { type ArchiveToc, readArchiveToc, writeArchiveToc } from './custom-archive-toc.ts';

export interface ArchiveSources {
  schema: AsyncIterable<Uint8Array> | undefined;
  data: AsyncIterable<Uint8Array> | undefined;
}

const NO_PLACES = new Map<number, number>();

/** One archive that pg_restore reads, made of those of a set while they are read: memory holds the tables of contents and no rows. */
export class WholeArchive {
  readonly #sources: ArchiveSources;
  #toc: JoinedToc | undefined;
  #places: ReadonlyMap<number, number> = NO_PLACES;

  constructor(sources: ArchiveSources) {
    this.#sources = sources;
  }

  /** @throws HoldfastError OBJECT_DAMAGED, RESTORE_FAILED. */
  async *bytes(): AsyncGenerator<Buffer> {
    const { schema, data } = this.#sources;
    const ofSchema =
      schema === undefined ? undefined : await this.#readWithoutRows(new ArchiveInput(schema));
    if (data === undefined) {
      if (ofSchema !== undefined) yield writeArchiveToc(loneToc(ofSchema), { places: NO_PLACES });
      return;
    }
    const input = new ArchiveInput(data);
    try {
      const ofData = await readArchiveToc(input);
      this.#toc = ofSchema === undefined ? loneToc(ofData) : joinTocs(ofSchema, ofData);
      const head = writeArchiveToc(this.#toc, { places: NO_PLACES });
      yield head;
      const rewriter = new BlockRewriter({
        intSize: this.#toc.head.intSize,
        ids: this.#toc.ids,
        startsAt: head.length,
      });
      for await (const chunk of input.rest()) yield* rewriter.push(chunk);
      rewriter.end();
      this.#places = rewriter.places;
    } finally {
      await input.close();
    }
  }

  /** The beginning again, now with the places of all rows: to be written over the one in a file, so that several workers can seek. */
  headWithPlaces(): Buffer | undefined {
    return this.#toc === undefined
      ? undefined
      : writeArchiveToc(this.#toc, { places: this.#places });
  }

  /** Read to its end, because only the end proves it. */
  async #readWithoutRows(input: ArchiveInput): Promise<ArchiveToc> {
    try {
      const toc = await readArchiveToc(input);
      for await (const chunk of input.rest())
        if (chunk.length > 0) throw damagedArchive('the schema holds rows');
      return toc;
    } finally {
      await input.close();
    }
  }
}
