import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Repository, StoredObject } from '../../engine/ports/repository.ts';

export interface RepositoryUnderTest {
  repository: Repository;
  remove: () => Promise<void>;
  /** Where a released object stays for a while: whether the store may have it. */
  isReleased?: (key: string) => Promise<boolean>;
  /** It lists an unfinished upload only to whoever knows its key, so nobody can sweep. */
  hidesUnfinished?: boolean;
  /** What a trial comes to that does not go well. */
  trials?: Record<string, 'warning' | 'failed'>;
}

const MIB = 1024 * 1024;
/** More than any store takes before it opens an upload on its side. */
const UNFINISHED_MIB = 26;

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
      await expect(repository.put('p/k', Buffer.from('second'))).rejects.toMatchObject({
        code: 'OBJECT_EXISTS',
        retryable: false,
      });
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
      expect(outcomes.find(({ status }) => status === 'rejected')).toMatchObject({
        reason: { code: 'OBJECT_EXISTS' },
      });
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
      const uploads = [
        await repository.begin('plan/one/s/data'),
        await repository.begin('plan/two/s/data'),
      ];
      for (const upload of uploads)
        for (let mib = 0; mib < UNFINISHED_MIB; mib += 1) await upload.write(Buffer.alloc(MIB));
      const [one, two] = under.hidesUnfinished
        ? [[], []]
        : [['plan/one/s/data'], ['plan/two/s/data']];
      expect(await repository.abandonUnfinished('plan/one/')).toEqual(one);
      expect(await repository.abandonUnfinished('plan/')).toEqual(two);
      await Promise.all(uploads.map((upload) => upload.abort()));
    });

    it('lists by prefix in the order of the keys', async () => {
      for (const key of ['b/2', 'a/10', 'a/1', 'a-b/1', 'ab/1', 'a/2/x'])
        await repository.put(key, Buffer.from(key));
      expect((await listed('a')).map(({ key }) => key)).toEqual([
        'a-b/1',
        'a/1',
        'a/10',
        'a/2/x',
        'ab/1',
      ]);
      expect((await listed('a/')).map(({ key }) => key)).toEqual(['a/1', 'a/10', 'a/2/x']);
      expect(await listed('nothing/')).toEqual([]);
    });

    it('names the prefixes one level below a prefix, in the order of their keys', async () => {
      for (const key of ['b/2', 'a/10', 'a/x/1', 'a/x/2', 'a-b/1', 'ab/y/z/1', 'a/y-z/w/1'])
        await repository.put(key, Buffer.from(key));
      expect(await repository.prefixes('')).toEqual(['a-b/', 'a/', 'ab/', 'b/']);
      expect(await repository.prefixes('a/')).toEqual(['a/x/', 'a/y-z/']);
      expect(await repository.prefixes('ab/y/')).toEqual(['ab/y/z/']);
      expect(await repository.prefixes('b/')).toEqual([]);
      expect(await repository.prefixes('nothing/')).toEqual([]);
    });

    it('reads a large object as a stream without loss', async () => {
      const bytes = Buffer.alloc(5_000_000, 'holdfast ');
      await repository.put('p/large', bytes);
      const chunks: Uint8Array[] = [];
      for await (const chunk of repository.read('p/large')) chunks.push(chunk);
      expect(Buffer.concat(chunks).equals(bytes)).toBe(true);
    });

    it('says which object is missing, for a read and for a get', async () => {
      await expect(repository.get('p/none')).rejects.toMatchObject({
        code: 'OBJECT_MISSING',
        message: expect.stringContaining('p/none'),
      });
      await expect(drain(repository.read('p/none'))).rejects.toMatchObject({
        code: 'OBJECT_MISSING',
      });
    });

    it('tells the time of the store', async () => {
      expect(Math.abs((await repository.now()).getTime() - Date.now())).toBeLessThan(60_000);
      expect(await listed('')).toEqual([]);
    });

    it('releases what it is told, once or twice, and passes over what is not there', async () => {
      for (const key of ['p/s/manifest.json', 'p/s/data', 'p/other/data'])
        await repository.put(key, Buffer.from(key));
      const keys = ['p/s/manifest.json', 'p/s/none', 'p/s/data'];
      await repository.release(keys);
      await repository.release(keys);
      await repository.release([]);
      expect(await isReleased('p/s/manifest.json')).toBe(true);
      expect(await isReleased('p/s/data')).toBe(true);
      expect(await isReleased('p/other/data')).toBe(false);
    });

    it('lists the versions of what it lists', async () => {
      for (const key of ['b/1', 'a/1', 'a/2']) await repository.put(key, Buffer.from(key));
      expect(await collect(repository.listVersions('a/'))).toEqual(await listed('a/'));
      expect((await collect(repository.listVersions(''))).map(({ key }) => key)).toEqual([
        'a/1',
        'a/2',
        'b/1',
      ]);
    });

    it('leaves an object as it is when it is locked, and may be told again', async () => {
      await repository.put('p/k', Buffer.from('first'));
      const [far, near] = [3, 2].map((days) => new Date(Date.now() + days * 86_400_000)) as [
        Date,
        Date,
      ];
      for (const until of [far, near]) await repository.lockUntil(['p/k'], until);
      expect((await repository.get('p/k')).toString()).toBe('first');
      const lockedUntil = await repository.lockedUntil('p/k');
      expect(lockedUntil === undefined || (lockedUntil !== null && lockedUntil >= far)).toBe(true);
    });

    it('says how an object lies there, and that it can be read', async () => {
      await repository.put('p/k', Buffer.from('first'));
      expect(await repository.inspect('p/k')).toMatchObject({ bytes: 5, readiness: 'ready' });
      await expect(repository.inspect('p/none')).rejects.toMatchObject({ code: 'OBJECT_MISSING' });
    });

    it('has nothing to thaw in an object that can be read', async () => {
      await repository.put('p/k', Buffer.from('first'));
      await repository.thaw('p/k', { tier: 'Standard', days: 1 });
      expect(await repository.inspect('p/k')).toMatchObject({ readiness: 'ready' });
      await expect(repository.thaw('p/none', { tier: 'Bulk', days: 1 })).rejects.toMatchObject({
        code: 'OBJECT_MISSING',
      });
    });

    it('finds itself create-only, however often it is asked', async () => {
      expect(await repository.isCreateOnly()).toBe(true);
      expect(await repository.isCreateOnly()).toBe(true);
      expect((await listed('')).filter(({ key }) => !key.startsWith('keys/'))).toEqual([]);
    });

    it('takes every request that a command makes', async () => {
      await repository.isCreateOnly();
      const statuses: Record<string, string> = {};
      for (const { name, attempt } of repository.trials()) {
        const { status = 'ok' } = await attempt().catch(() => ({ status: 'failed' }));
        if (status !== 'ok') statuses[name] = status;
      }
      expect(statuses).toEqual(under.trials ?? {});
      expect(await repository.abandonUnfinished('')).toEqual([]);
    });

    it('rehearses a release without releasing anything', async () => {
      await repository.put('p/k', Buffer.from('first'));
      await repository.rehearseRelease('p/k');
      await repository.rehearseRelease('p/none');
      expect((await repository.get('p/k')).toString()).toBe('first');
      expect(await isReleased('p/k')).toBe(false);
    });

    it('says how it is set up', async () => {
      expect(Object.keys(await repository.examine()).sort()).toEqual([
        'encryption',
        'isVersioned',
        'objectLock',
      ]);
    });

    async function isReleased(key: string): Promise<boolean> {
      const isGone = (await listed(key)).length === 0;
      return isGone || (under.isReleased?.(key) ?? false);
    }

    async function listed(prefix: string): Promise<StoredObject[]> {
      return collect(repository.list(prefix));
    }
  });
}

async function collect<T>(source: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const one of source) all.push(one);
  return all;
}

async function drain(source: AsyncIterable<Uint8Array>): Promise<void> {
  for await (const _chunk of source);
}
