import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeBytes, encodeBytes } from '../../engine/postgres/archive/lossless-text.ts';
import { rowBlocks } from '../../engine/postgres/archive/table-rows.ts';
import { ArchiveInput } from '../../engine/postgres/custom-archive-input.ts';
import { readArchiveToc } from '../../engine/postgres/custom-archive-toc.ts';
import { type SyntheticEntry, syntheticArchive } from '../fixtures/synthetic-archive.ts';

async function* inChunks(bytes: Buffer, sizes: readonly number[]): AsyncGenerator<Buffer> {
  for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
    const size = sizes[turn % sizes.length] ?? 1;
    yield bytes.subarray(at, at + size);
    at += size;
  }
}

async function blocksOf(archive: Buffer, sizes: readonly number[]): Promise<[number, string][]> {
  const input = new ArchiveInput(inChunks(archive, sizes));
  const blocks: [number, string][] = [];
  for await (const { entry, rows } of rowBlocks(input, await readArchiveToc(input))) {
    const chunks: Uint8Array[] = [];
    for await (const chunk of rows) chunks.push(chunk);
    blocks.push([entry.oid, Buffer.concat(chunks).toString()]);
  }
  return blocks;
}

const row = fc.constantFrom('a\n', 'COPY x.y (z) FROM stdin;\n', '\\.\n', '', 'é\n');
const table = fc.array(
  row.map((text) => Buffer.from(text)).filter(({ length }) => length > 0),
  { maxLength: 4 },
);
const ARCHIVE: SyntheticEntry[] = [
  { dumpId: 5, type: 'TABLE DATA', tag: 't', section: 3, oid: 1, rows: [Buffer.from('1\n')] },
  { dumpId: 6, type: 'BLOBS', tag: 'b', section: 3, largeObjects: [{ oid: 9, chunks: [] }] },
];

describe('the rows of an archive', () => {
  it('come by the id of their entry, whatever they say and wherever the stream is cut', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(table, { maxLength: 4 }),
        fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 5 }),
        fc.constantFrom(14, 15, 16),
        async (tables, sizes, minor) => {
          const entries = tables.map((rows, index) => ({
            ...{ dumpId: 100 + index, type: 'TABLE DATA', tag: 't', section: 3 },
            ...{ oid: index, rows },
          }));
          const [, objects] = ARCHIVE as [SyntheticEntry, SyntheticEntry];
          const archive = syntheticArchive([objects, ...entries], { minor });
          expect(await blocksOf(archive, sizes)).toEqual(
            tables.map((rows, index) => [index, Buffer.concat(rows).toString()]),
          );
        },
      ),
    );
  });

  it('are refused where the archive ends too early', async () => {
    const archive = syntheticArchive(ARCHIVE, { minor: 16 });
    for (let length = 0; length < archive.length; length += 1) {
      await expect(
        blocksOf(archive.subarray(0, length), [7]),
        `cut at ${length} of ${archive.length}`,
      ).rejects.toMatchObject({ code: 'OBJECT_DAMAGED' });
    }
  });
});

describe('text of an archive', () => {
  it('is equal exactly when its bytes are, and gives them back', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 12 }), fc.uint8Array({ maxLength: 12 }), (a, b) => {
        const [one, other] = [Buffer.from(a), Buffer.from(b)];
        expect(encodeBytes(decodeBytes(one))).toEqual(one);
        expect(decodeBytes(one) === decodeBytes(other)).toBe(one.equals(other));
      }),
      { numRuns: 2000 },
    );
  });

  it('is read as UTF-8 where it is', () => {
    expect(decodeBytes(Buffer.from('é𝄞\ufffd'))).toBe('é𝄞\ufffd');
    expect(decodeBytes(Buffer.from([0x72, 0xe9]))).not.toBe(decodeBytes(Buffer.from([0x72, 0xe8])));
  });
});
