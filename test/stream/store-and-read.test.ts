import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MemoryRepository } from '../../engine/adapters/memory-repository.ts';
import type { ManifestObject } from '../../engine/domain/manifest.ts';
import type { Keyring } from '../../engine/stream/envelope.ts';
import { readStream } from '../../engine/stream/read-stream.ts';
import { storeStream } from '../../engine/stream/store-stream.ts';
import { fixedKeyring } from './fixed-keyring.ts';

const PREFIX = 'plan/db/id/';
const contextOf = (volume: number) => ({
  project: 'p',
  database: 'db',
  backup: 'id',
  object: `data.${volume}`,
});

class Store {
  readonly repository = new MemoryRepository();
  objects: ManifestObject[] = [];

  async write(
    chunks: AsyncIterable<Uint8Array>,
    volumeBytes = 1_000_000,
    keyring: Keyring = fixedKeyring(),
  ): Promise<this> {
    const receipt = await storeStream(chunks, {
      keyring,
      signal: new AbortController().signal,
      contextOf,
      open: (volume) => this.repository.begin(`${PREFIX}data.${volume}`),
      volumeBytes,
    });
    for (const { upload } of receipt.volumes) await upload.publish();
    this.objects = receipt.volumes.map(({ storedBytes, sha256 }, index) => ({
      key: `data.${index + 1}`,
      role: 'data',
      volume: index + 1,
      of: receipt.volumes.length,
      codec: 'zstd',
      plaintextBytes: index === 0 ? receipt.plaintextBytes : 0,
      storedBytes,
      sha256,
    }));
    return this;
  }

  async read(keyring: Keyring = fixedKeyring(), objects = this.objects): Promise<Buffer> {
    const chunks: Uint8Array[] = [];
    for await (const chunk of readStream(objects, {
      repository: this.repository,
      keyring,
      prefix: PREFIX,
      contextOf: ({ volume }) => contextOf(volume),
    }))
      chunks.push(chunk);
    return Buffer.concat(chunks);
  }

  /** The same objects with the bytes of one of them changed. */
  async altered(change: (bytes: Buffer) => Buffer, key = 'data.1'): Promise<Store> {
    const copy = new Store();
    copy.objects = this.objects;
    for (const object of this.objects) {
      const bytes = await this.repository.get(PREFIX + object.key);
      await copy.repository.put(PREFIX + object.key, object.key === key ? change(bytes) : bytes);
    }
    return copy;
  }
}

async function* chunksOf(...chunks: Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* chunks;
}

describe('a stored stream', () => {
  it('comes back as it was, whatever its chunks and volumes', async () => {
    const input = fc.array(fc.uint8Array({ maxLength: 3_000 }), { maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(input, fc.integer({ min: 1, max: 5_000 }), async (chunks, volumeBytes) => {
        const store = await new Store().write(chunksOf(...chunks), volumeBytes);
        expect((await store.read()).equals(Buffer.concat(chunks))).toBe(true);
      }),
      { numRuns: 40 },
    );
  });

  it('goes on in the next volume, each a message of its own', async () => {
    const store = await new Store().write(chunksOf(randomBytes(2_500_000)));
    expect(store.objects.map(({ volume, of }) => [volume, of])).toEqual([
      [1, 3],
      [2, 3],
      [3, 3],
    ]);
  });

  it('fails as its source failed, and closes no message', async () => {
    async function* dying(): AsyncGenerator<Uint8Array> {
      yield randomBytes(100_000);
      throw new Error('pg_dump exited with 1');
    }
    const store = new Store();
    await expect(store.write(dying())).rejects.toThrow('pg_dump exited with 1');
    expect(store.objects).toEqual([]);
  });

  it('stops when it is aborted', async () => {
    const controller = new AbortController();
    async function* endless(): AsyncGenerator<Uint8Array> {
      for (;;) {
        yield randomBytes(10_000);
        await new Promise((resolve) => setImmediate(resolve));
      }
    }
    const storing = storeStream(endless(), {
      keyring: fixedKeyring(),
      signal: controller.signal,
      contextOf,
      open: (volume) => new MemoryRepository().begin(`x${volume}`),
    });
    setImmediate(() => controller.abort(new Error('stop')));
    await expect(storing).rejects.toThrow();
  });
});

describe('a damaged stream', () => {
  it('is found wherever one bit is flipped', async () => {
    const store = await new Store().write(chunksOf(randomBytes(50_000)));
    const { storedBytes } = store.objects[0] as ManifestObject;
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: storedBytes * 8 - 1 }), async (bit) => {
        const damaged = await store.altered((bytes) => {
          bytes.writeUInt8(bytes.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
          return bytes;
        });
        await expect(damaged.read()).rejects.toMatchObject({
          code: expect.stringMatching(/OBJECT_DAMAGED|KEY_MISMATCH/),
        });
      }),
      { numRuns: 60 },
    );
  });

  it('is found wherever it is cut', async () => {
    const store = await new Store().write(chunksOf(randomBytes(50_000)));
    const { storedBytes } = store.objects[0] as ManifestObject;
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: storedBytes - 1 }), async (length) => {
        const cut = await store.altered((bytes) => bytes.subarray(0, length));
        await expect(cut.read()).rejects.toMatchObject({ code: 'OBJECT_DAMAGED' });
      }),
      { numRuns: 40 },
    );
  });

  it('is found when something follows its end', async () => {
    const store = await new Store().write(chunksOf(randomBytes(1_000)));
    await expect(
      (await store.altered((bytes) => Buffer.concat([bytes, Buffer.from('x')]))).read(),
    ).rejects.toMatchObject({
      code: 'OBJECT_DAMAGED',
    });
  });

  it('is found when two volumes change places', async () => {
    const store = await new Store().write(chunksOf(randomBytes(2_000)), 1_000);
    const [one, two, ...rest] = store.objects as [ManifestObject, ManifestObject];
    const swapped = [{ ...one, key: two.key }, { ...two, key: one.key }, ...rest];
    await expect(store.read(fixedKeyring(), swapped)).rejects.toMatchObject({
      code: 'OBJECT_DAMAGED',
    });
  });

  it('is found when the manifest names too few volumes', async () => {
    const store = await new Store().write(chunksOf(randomBytes(3_000)), 1_000);
    await expect(store.read(fixedKeyring(), store.objects.slice(0, 2))).rejects.toMatchObject({
      code: 'OBJECT_DAMAGED',
    });
  });

  it('says that an object is missing', async () => {
    const store = await new Store().write(chunksOf(randomBytes(3_000)));
    const gone = store.objects.map((object) => ({ ...object, key: 'elsewhere' }));
    await expect(store.read(fixedKeyring(), gone)).rejects.toMatchObject({
      code: 'OBJECT_MISSING',
    });
  });

  it('is not what a wrong key makes of it', async () => {
    const store = await new Store().write(chunksOf(randomBytes(3_000)));
    await expect(store.read(fixedKeyring(8))).rejects.toMatchObject({ code: 'KEY_MISMATCH' });
  });
});
