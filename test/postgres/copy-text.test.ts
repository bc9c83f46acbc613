import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { copyBlocks } from '../../engine/postgres/copy-text.ts';

async function blocksOf(
  text: string,
  sizes: readonly number[],
): Promise<{ columns: string; rows: string }[]> {
  async function* source(): AsyncGenerator<Uint8Array> {
    const bytes = Buffer.from(text);
    for (let offset = 0, turn = 0; offset < bytes.length; turn += 1) {
      const size = sizes[turn % sizes.length] ?? 1;
      yield bytes.subarray(offset, offset + size);
      offset += size;
    }
  }
  const blocks: { columns: string; rows: string }[] = [];
  for await (const { columns, rows } of copyBlocks(source())) {
    const chunks: Uint8Array[] = [];
    for await (const chunk of rows) chunks.push(chunk);
    blocks.push({ columns, rows: Buffer.concat(chunks).toString() });
  }
  return blocks;
}

const line = fc
  .string({ unit: fc.constantFrom('a', '\t', '\\', 'N', '.', 'é', ' '), maxLength: 6 })
  .filter((text) => text !== '\\.');
const block = fc
  .array(line, { maxLength: 5 })
  .map((lines) => lines.map((text) => `${text}\n`).join(''));

describe('the COPY blocks of a plain dump', () => {
  it('come out whole, wherever the stream is cut', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(block, { maxLength: 4 }),
        fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 5 }),
        async (bodies, sizes) => {
          const text = bodies
            .map(
              (body, index) =>
                `--\n-- Data\n--\n\nCOPY public."t ${index}" (a, "b (c)") FROM stdin;\n${body}\\.\n\n\n`,
            )
            .join('');
          expect(await blocksOf(`SET x = 1;\n${text}-- done\n`, sizes)).toEqual(
            bodies.map((rows) => ({ columns: '(a, "b (c)")', rows })),
          );
        },
      ),
    );
  });

  it('are none where a dump has none', async () => {
    expect(await blocksOf('SET a = 1;\nSELECT 1;\n', [3])).toEqual([]);
  });
});
