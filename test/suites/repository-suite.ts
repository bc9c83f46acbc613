import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Repository, StoredObject } from '../../engine/ports/repository.ts';

export interface RepositoryUnderTest {
  repository: Repository;
  remove: () => Promise<void>;
}

/** What every repository promises. Each implementation runs it; the engine above relies on nothing else. */
export function repositorySuite(name: string, make: () => Promise<RepositoryUnderTest>): void {
  describe(`${name} as a repository`, () => {
    let under: RepositoryUnderTest;
    let repository: Repository;

    beforeEach(async () => {
      under = await make();
      repository = under.repository;
    });
    afterEach(() => under.remove());

    it('shows an object only after it was published, with its bytes in their order', async () => {
      const upload = await repository.begin('p/d/s/data');
      for (const text of ['one ', 'two ', 'three']) await upload.write(Buffer.from(text));
      await upload.finish();
      expect(await listed('')).toEqual([]);
      await expect(repository.get('p/d/s/data')).rejects.toMatchObject({ code: 'OBJECT_MISSING' });
      await upload.publish();
      expect((await repository.get('p/d/s/data')).toString()).toBe('one two three');
      expect(await listed('')).toMatchObject([{ key: 'p/d/s/data', bytes: 13 }]);
    });

    it('copies what it is given, so that the caller may reuse the buffer', async () => {
      const buffer = Buffer.from('first');
      const upload = await repository.begin('p/x');
      await upload.write(buffer);
      buffer.write('SECOND'.slice(0, 5));
      await upload.write(buffer);
      await upload.finish();
      await upload.publish();
      expect((await repository.get('p/x')).toString()).toBe('firstSECON');
    });

    it('stores an object of no bytes', async () => {
      const upload = await repository.begin('p/empty');
      await upload.finish();
      await upload.publish();
      expect(await repository.get('p/empty')).toHaveLength(0);
    });

    it('never overwrites: the second put of a key fails and the first bytes stay', async () => {
      await repository.put('p/k', Buffer.from('first'));
      await expect(repository.put('p/k', Buffer.from('second'))).rejects.toMatchObject({ code: 'OBJECT_EXISTS', retryable: false });
      expect((await repository.get('p/k')).toString()).toBe('first');
    });

    it('lets only one of two uploads of a key win', async () => {
      const uploads = await Promise.all([repository.begin('p/k'), repository.begin('p/k')]);
      for (const [index, upload] of uploads.entries()) {
        await upload.write(Buffer.from(String(index)));
        await upload.finish();
      }
      const outcomes = await Promise.allSettled(uploads.map((upload) => upload.publish()));
      expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      expect(outcomes.find(({ status }) => status === 'rejected')).toMatchObject({ reason: { code: 'OBJECT_EXISTS' } });
    });

    it('forgets an aborted upload, however often it is aborted', async () => {
      const upload = await repository.begin('p/gone');
      await upload.write(Buffer.from('x'));
      await upload.abort();
      await upload.abort();
      expect(await listed('')).toEqual([]);
      expect(await repository.abandonUnfinished('')).toEqual([]);
    });

    it('keeps what was published when its upload is aborted afterwards', async () => {
      const upload = await repository.begin('p/kept');
      await upload.write(Buffer.from('x'));
      await upload.finish();
      await upload.publish();
      await upload.abort();
      expect((await repository.get('p/kept')).toString()).toBe('x');
    });

    it('sweeps the unfinished uploads below a prefix and no others', async () => {
      const uploads = [await repository.begin('plan/one/s/data'), await repository.begin('plan/two/s/data')];
      for (const upload of uploads) await upload.write(Buffer.from('x'));
      expect(await repository.abandonUnfinished('plan/one/')).toEqual(['plan/one/s/data']);
      expect(await repository.abandonUnfinished('plan/')).toEqual(['plan/two/s/data']);
      await Promise.all(uploads.map((upload) => upload.abort()));
    });

    it('lists by prefix in the order of the keys', async () => {
      for (const key of ['b/2', 'a/10', 'a/1', 'a-b/1', 'ab/1', 'a/2/x']) await repository.put(key, Buffer.from(key));
      expect((await listed('a')).map(({ key }) => key)).toEqual(['a-b/1', 'a/1', 'a/10', 'a/2/x', 'ab/1']);
      expect((await listed('a/')).map(({ key }) => key)).toEqual(['a/1', 'a/10', 'a/2/x']);
      expect(await listed('nothing/')).toEqual([]);
    });

    it('reads a large object as a stream without loss', async () => {
      const bytes = Buffer.alloc(5_000_000, 'holdfast ');
      await repository.put('p/large', bytes);
      const chunks: Uint8Array[] = [];
      for await (const chunk of repository.read('p/large')) chunks.push(chunk);
      expect(Buffer.concat(chunks).equals(bytes)).toBe(true);
    });

    it('says which object is missing, for a read and for a get', async () => {
      await expect(repository.get('p/none')).rejects.toMatchObject({ code: 'OBJECT_MISSING', message: expect.stringContaining('p/none') });
      await expect(drain(repository.read('p/none'))).rejects.toMatchObject({ code: 'OBJECT_MISSING' });
    });

    it('tells the time of the store', async () => {
      expect(Math.abs((await repository.now()).getTime() - Date.now())).toBeLessThan(60_000);
      expect(await listed('')).toEqual([]);
    });

    async function listed(prefix: string): Promise<StoredObject[]> {
      const objects: StoredObject[] = [];
      for await (const object of repository.list(prefix)) objects.push(object);
      return objects;
    }
  });
}

async function drain(source: AsyncIterable<Uint8Array>): Promise<void> {
  for await (const _chunk of source);
}
