import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ArchiveInput } from '../../engine/postgres/custom-archive-input.ts';
import { readArchiveToc } from '../../engine/postgres/custom-archive-toc.ts';
import { type ArchiveSources, WholeArchive } from '../../engine/postgres/whole-archive.ts';
import { type SyntheticEntry, syntheticArchive } from '../fixtures/synthetic-archive.ts';

const ENCODING = { dumpId: 90, type: 'ENCODING', tag: 'ENCODING', section: 2 };
const SCHEMA: SyntheticEntry[] = [
  ENCODING,
  {
    dumpId: 5,
    type: 'TABLE',
    tag: 'patients',
    schema: 'public',
    catalogOid: 1259,
    oid: 16400,
    section: 2,
  },
  {
    dumpId: 6,
    type: 'SEQUENCE',
    tag: 'numbers',
    schema: 'public',
    catalogOid: 1259,
    oid: 16401,
    section: 2,
    dependsOn: [5],
  },
  {
    dumpId: 80,
    type: 'CONSTRAINT',
    tag: 'patients_pkey',
    schema: 'public',
    catalogOid: 2606,
    oid: 16402,
    section: 4,
    dependsOn: [5],
  },
];
const PATIENTS = {
  dumpId: 4,
  type: 'TABLE DATA',
  tag: 'patients',
  schema: 'public',
  oid: 16400,
  section: 3,
  dependsOn: [3],
};
const DATA: SyntheticEntry[] = [
  { ...ENCODING, dumpId: 70 },
  { ...PATIENTS, rows: [Buffer.from('1\tAda\n'), Buffer.from('2\tGrace\n')] },
  { dumpId: 71, type: 'BLOB METADATA', tag: '[1]', section: 3 },
  {
    dumpId: 72,
    type: 'BLOBS',
    tag: '[1]',
    section: 3,
    dependsOn: [71],
    largeObjects: [
      { oid: 1, chunks: [Buffer.from([1, 0, 3])] },
      { oid: 2, chunks: [] },
    ],
  },
  {
    dumpId: 73,
    type: 'SEQUENCE SET',
    tag: 'numbers',
    schema: 'public',
    section: 3,
    dependsOn: [12],
  },
];

/** Chunks of any size, as a stream brings them. */
async function* inChunks(
  bytes: Buffer,
  sizes: readonly number[] = [1 << 16],
): AsyncGenerator<Buffer> {
  for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
    const size = sizes[turn % sizes.length] ?? 1;
    yield bytes.subarray(at, at + size);
    at += size;
  }
}

async function joined(sources: ArchiveSources): Promise<{ bytes: Buffer; archive: WholeArchive }> {
  const archive = new WholeArchive(sources);
  const chunks: Buffer[] = [];
  for await (const chunk of archive.bytes()) chunks.push(chunk);
  return { bytes: Buffer.concat(chunks), archive };
}

async function tocOf(bytes: Buffer) {
  return readArchiveToc(new ArchiveInput(inChunks(bytes)));
}

describe.each([14, 15, 16])('archives of format 1.%i', (minor) => {
  const schema = syntheticArchive(SCHEMA, { minor });
  const data = syntheticArchive(DATA, { minor });

  it('are joined with the rows between tables and keys, and every id of its own', async () => {
    const { bytes } = await joined({ schema: inChunks(schema), data: inChunks(data) });
    const { entries } = await tocOf(bytes);
    expect(entries.map(({ dumpId, type, dependsOn }) => [dumpId, type, dependsOn])).toEqual([
      [90, 'ENCODING', []],
      [5, 'TABLE', []],
      [6, 'SEQUENCE', [5]],
      [94, 'TABLE DATA', [5]],
      [161, 'BLOB METADATA', []],
      [162, 'BLOBS', [161]],
      [163, 'SEQUENCE SET', [6]],
      [80, 'CONSTRAINT', [5]],
    ]);
  });

  it('come out as pg_dump would have written them in one', async () => {
    const { bytes } = await joined({ schema: inChunks(schema), data: inChunks(data) });
    const [, patients, metadata, objects, numbers] = DATA as [
      SyntheticEntry,
      SyntheticEntry,
      SyntheticEntry,
      SyntheticEntry,
      SyntheticEntry,
    ];
    const whole = [
      ...SCHEMA.slice(0, 3),
      { ...patients, dumpId: 94, dependsOn: [5] },
      { ...metadata, dumpId: 161 },
      { ...objects, dumpId: 162, dependsOn: [161] },
      { ...numbers, dumpId: 163, dependsOn: [6] },
      ...SCHEMA.slice(3),
    ];
    expect(bytes).toEqual(syntheticArchive(whole, { minor }));
  });

  it('are the same bytes however the streams are cut', async () => {
    const { bytes } = await joined({ schema: inChunks(schema), data: inChunks(data) });
    const sizes = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(sizes, sizes, async (one, other) => {
        expect(
          (await joined({ schema: inChunks(schema, one), data: inChunks(data, other) })).bytes,
        ).toEqual(bytes);
      }),
      { numRuns: 50 },
    );
  });

  it('can be given the place of every block afterwards, in as many bytes', async () => {
    const { bytes, archive } = await joined({ schema: inChunks(schema), data: inChunks(data) });
    const head = archive.headWithPlaces() ?? Buffer.alloc(0);
    const without = bytes.subarray(0, head.length);
    const places = [...head.keys()].filter((at) => head[at] === 2 && without[at] === 1);
    expect(places).toHaveLength(2);
    const blocks = places.map((at) => bytes.subarray(Number(head.readBigUInt64LE(at + 1))));
    expect(blocks.map((block) => [block[0], block.readUInt32LE(2)])).toEqual([
      [1, 94],
      [3, 162],
    ]);
  });

  it('that stand alone are passed on', async () => {
    expect((await joined({ schema: inChunks(schema), data: undefined })).bytes).toEqual(schema);
    expect((await joined({ schema: undefined, data: inChunks(data) })).bytes).toEqual(data);
  });

  it('that end too early are refused, wherever that is', async () => {
    for (let length = 0; length < data.length; length += 1) {
      const cut = joined({ schema: inChunks(schema), data: inChunks(data.subarray(0, length)) });
      await expect(cut, `cut at ${length} of ${data.length}`).rejects.toMatchObject({
        code: 'OBJECT_DAMAGED',
      });
    }
    for (const length of [0, 4, 30, schema.length - 1]) {
      const cut = joined({ schema: inChunks(schema.subarray(0, length)), data: inChunks(data) });
      await expect(cut, `schema cut at ${length}`).rejects.toMatchObject({
        code: 'OBJECT_DAMAGED',
      });
    }
  });
});

describe('archives that do not belong together', () => {
  const schema = syntheticArchive(SCHEMA, { minor: 16 });
  const rows = (entries: SyntheticEntry[]) =>
    joined({ schema: inChunks(schema), data: inChunks(syntheticArchive(entries, { minor: 16 })) });

  it('are refused: of two formats', async () => {
    const data = syntheticArchive(DATA, { minor: 15 });
    await expect(joined({ schema: inChunks(schema), data: inChunks(data) })).rejects.toThrow(
      'not written by the same pg_dump',
    );
  });

  it('are refused: a block of an id that is not in the table of contents, or twice', async () => {
    const good = syntheticArchive([{ ...PATIENTS, rows: [] }], { minor: 16 });
    const block = good.subarray(good.length - 11);
    const join = (data: Buffer) => joined({ schema: inChunks(schema), data: inChunks(data) });
    await expect(join(Buffer.concat([good, block]))).rejects.toThrow('belongs to no entry');
    const other = Buffer.from(good);
    other[good.length - 9] = 9;
    await expect(join(other)).rejects.toThrow('belongs to no entry');
    other[good.length - 11] = 7;
    await expect(join(other)).rejects.toThrow('of no known kind');
  });

  it('are refused: a format that is not known yet', async () => {
    const data = syntheticArchive(DATA, { minor: 17 });
    await expect(joined({ schema: undefined, data: inChunks(data) })).rejects.toMatchObject({
      code: 'RESTORE_FAILED',
      hint: expect.stringContaining('--sql'),
    });
  });

  it('keep rows of a table that the schema lacks, without a dependency', async () => {
    const { bytes } = await rows([{ ...PATIENTS, oid: 99, rows: [Buffer.from('x')] }]);
    expect(
      (await tocOf(bytes)).entries.find(({ type }) => type === 'TABLE DATA')?.dependsOn,
    ).toEqual([]);
  });
});
