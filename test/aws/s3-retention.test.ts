import {
  GetObjectTaggingCommand,
  HeadObjectCommand,
  type LifecycleRuleFilter,
  PutBucketLifecycleConfigurationCommand,
  PutObjectCommand,
  PutObjectTaggingCommand,
} from '@aws-sdk/client-s3';
import { describe, expect, it } from 'vitest';
import {
  lockFromNowOn,
  makeBucket,
  type RepositoryOptions,
  type TestBucket,
} from '../fixtures/aws.ts';
import { startS3FaultProxy } from '../fixtures/s3-fault-proxy.ts';

const DAY = 86_400_000;
const RELEASED = { Key: 'holdfast', Value: 'released' };

describe('releasing objects of a bucket', () => {
  it('keeps the tags that others have put there', async () => {
    const bucket = await makeBucket();
    await bucket.repository().put('p/k', Buffer.from('x'));
    const TagSet = [{ Key: 'team', Value: 'ward' }];
    await bucket.client.send(
      new PutObjectTaggingCommand({ Bucket: bucket.name, Key: 'p/k', Tagging: { TagSet } }),
    );
    await bucket.repository().release(['p/k']);
    expect(await tagsOf(bucket, 'p/k')).toEqual({ team: 'ward', holdfast: 'released' });
  });

  it('tags the manifest before anything else, so that no set is left that looks whole', async () => {
    const bucket = await makeBucket();
    const keys = [
      'p/s/manifest.json',
      ...Array.from({ length: 20 }, (_, number) => `p/s/data-${number}`),
    ];
    for (const key of keys) await bucket.repository().put(key, Buffer.from('x'));
    const proxy = await startS3FaultProxy();
    const isManifest = ({ key }: { key: string }) => key.endsWith('manifest.json');
    proxy.inject({
      when: (request) => isManifest(request),
      fault: { kind: 'refused', status: 403, code: 'AccessDenied' },
    });
    const released = bucket.repository({ endpoint: proxy.endpoint }).release(keys);
    await expect(released).rejects.toMatchObject({
      code: 'ACCESS_DENIED',
      message: expect.stringContaining('s3:GetObjectTagging'),
    });
    expect(proxy.seen.every(isManifest)).toBe(true);
    proxy.heal();
    await bucket.repository({ endpoint: proxy.endpoint }).release(keys);
    await proxy.stop();
    for (const key of keys) expect(await tagsOf(bucket, key)).toEqual({ holdfast: 'released' });
  });
});

describe('the lifecycle rules of a bucket', () => {
  const attempt = async (options: RepositoryOptions, Filter: LifecycleRuleFilter) => {
    const bucket = await makeBucket();
    const rule = { ID: 'r', Status: 'Enabled', Filter, Expiration: { Days: 1 } } as const;
    await bucket.client.send(
      new PutBucketLifecycleConfigurationCommand({
        Bucket: bucket.name,
        LifecycleConfiguration: { Rules: [rule] },
      }),
    );
    const trials = bucket.repository({ prefix: 'ward', ...options }).trials();
    return trials.find(({ name }) => name === 'lifecycle rules')?.attempt();
  };

  it.each([
    ['removes what is released', { Tag: RELEASED }, undefined, 'remove what prune releases'],
    ['removes all by its age', { Prefix: '' }, 'warning', 'rule r removes objects by their age'],
    ['removes ours by their age', { Prefix: 'ward/x' }, 'warning', 'rule r removes objects'],
    ['is of another prefix', { Prefix: 'others/' }, 'warning', 'none removes'],
    ['is of another tag', { Tag: { Key: 'team', Value: 'x' } }, 'warning', 'none removes'],
  ])('are read by a trial: a rule that %s', async (_what, Filter, status, said) => {
    const found = await attempt({}, Filter);
    expect(found?.status).toBe(status);
    expect(found?.detail).toContain(said);
  });

  it('are not needed where prune deletes', async () => {
    expect(await attempt({ deletesReleased: true }, { Prefix: '' })).toEqual({
      detail: 'are not needed: prune deletes by key',
    });
  });
});

describe('thawing, tried on an object that is not cold', () => {
  it.each([
    [501, 'NotImplemented', true],
    [405, 'MethodNotAllowed', true],
    [403, 'InvalidObjectState', true],
    [403, 'AccessDenied', false],
  ])('takes the answer %i %s of another store for well: %s', async (status, code, isWell) => {
    const bucket = await makeBucket();
    const proxy = await startS3FaultProxy();
    proxy.inject({ when: 'RestoreObject', fault: { kind: 'refused', status, code } });
    const repository = bucket.repository({ endpoint: proxy.endpoint, isOtherStore: true });
    const trial = repository.trials().find(({ name }) => name === 'thawing');
    const isFine = await trial?.attempt().then(
      () => true,
      () => false,
    );
    await proxy.stop();
    expect(isFine).toBe(isWell);
  });
});

describe('locking objects of a bucket', () => {
  it("lengthens their retention in the bucket's mode, and never shortens it", async () => {
    const bucket = await makeBucket({ lockDays: 1 });
    const repository = bucket.repository();
    await repository.put('p/k', Buffer.from('x'));
    const until = new Date(Date.now() + 30 * DAY);
    await repository.lockUntil(['p/k'], until);
    await repository.lockUntil(['p/k'], new Date(Date.now() + 2 * DAY));
    const head = await bucket.client.send(
      new HeadObjectCommand({ Bucket: bucket.name, Key: 'p/k' }),
    );
    expect(head.ObjectLockMode).toBe('GOVERNANCE');
    const lockedUntil = await repository.lockedUntil('p/k');
    expect(lockedUntil?.getTime()).toBeGreaterThanOrEqual(until.getTime());
    expect(lockedUntil?.getTime()).toBeLessThan(until.getTime() + 1_000);
  });

  it('writes nothing where an object is locked for long enough', async () => {
    const bucket = await makeBucket({ lockDays: 3 });
    await bucket.repository().put('p/k', Buffer.from('x'));
    const proxy = await startS3FaultProxy();
    await bucket
      .repository({ endpoint: proxy.endpoint })
      .lockUntil(['p/k'], new Date(Date.now() + DAY));
    await proxy.stop();
    expect(proxy.seen.map(({ operation }) => operation)).toEqual(['ObjectLock', 'GetRetention']);
  });

  it('is nothing in a bucket without Object Lock', async () => {
    const bucket = await makeBucket({ isVersioned: true });
    const repository = bucket.repository();
    await repository.put('p/k', Buffer.from('x'));
    await repository.lockUntil(['p/k'], new Date(Date.now() + DAY));
    expect(await repository.lockedUntil('p/k')).toBeUndefined();
  });

  it('asks for nothing that is over, or may be by the clock of the store', async () => {
    const bucket = await makeBucket({ lockDays: 1 });
    await bucket.repository().put('p/k', Buffer.from('x'));
    const proxy = await startS3FaultProxy();
    for (const ahead of [-DAY, 0, 60_000])
      await bucket
        .repository({ endpoint: proxy.endpoint })
        .lockUntil(['p/k'], new Date(Date.now() + ahead));
    await proxy.stop();
    expect(proxy.seen.filter(({ key }) => key !== '')).toEqual([]);
  });

  it('tells an object without a lock from one of which it is not told', async () => {
    const bucket = await makeBucket({ isVersioned: true });
    await bucket.repository().put('p/k', Buffer.from('x'));
    await lockFromNowOn(bucket);
    const proxy = await startS3FaultProxy();
    const repository = bucket.repository({ endpoint: proxy.endpoint });
    expect(await repository.lockedUntil('p/k')).toBeNull();
    proxy.inject({
      when: 'GetRetention',
      fault: { kind: 'refused', status: 403, code: 'AccessDenied' },
    });
    const refusal = {
      code: 'ACCESS_DENIED',
      message: expect.stringContaining('s3:GetObjectRetention'),
    };
    await expect(repository.lockedUntil('p/k')).rejects.toMatchObject(refusal);
    await expect(repository.lockUntil(['p/k'], new Date(Date.now() + DAY))).rejects.toMatchObject(
      refusal,
    );
    await proxy.stop();
    expect(proxy.seen.filter(({ operation }) => operation === 'Retention')).toEqual([]);
    await expect(bucket.repository().lockedUntil('p/none')).rejects.toMatchObject({
      code: 'OBJECT_MISSING',
    });
  });

  it('says which permission is missing', async () => {
    const bucket = await makeBucket({ lockDays: 1 });
    const proxy = await startS3FaultProxy();
    proxy.inject({
      when: 'ObjectLock',
      fault: { kind: 'refused', status: 403, code: 'AccessDenied' },
    });
    const locked = bucket
      .repository({ endpoint: proxy.endpoint })
      .lockUntil(['p/k'], new Date(Date.now() + DAY));
    await expect(locked).rejects.toMatchObject({
      message: expect.stringContaining('s3:GetBucketObjectLockConfiguration'),
    });
    await proxy.stop();
  });
});

describe('an object in a cold storage class', () => {
  it.each([
    'GLACIER',
    'DEEP_ARCHIVE',
  ] as const)('can be read after it was thawed from %s', async (StorageClass) => {
    const bucket = await makeBucket();
    const repository = bucket.repository();
    await bucket.client.send(
      new PutObjectCommand({ Bucket: bucket.name, Key: 'p/k', Body: 'cold', StorageClass }),
    );
    expect(await repository.inspect('p/k')).toMatchObject({
      storageClass: StorageClass,
      readiness: 'cold',
      bytes: 4,
    });
    await expect(repository.get('p/k')).rejects.toMatchObject({
      code: 'OBJECT_COLD',
      hint: expect.stringContaining('--thaw'),
    });
    await repository.thaw('p/k', { tier: 'Bulk', days: 2 });
    await repository.thaw('p/k', { tier: 'Bulk', days: 2 });
    expect(await repository.inspect('p/k')).toMatchObject({ readiness: 'ready' });
    expect((await repository.get('p/k')).toString()).toBe('cold');
  });

  it('is left alone when the store says that it is being thawed', async () => {
    const bucket = await makeBucket();
    await bucket.client.send(
      new PutObjectCommand({
        Bucket: bucket.name,
        Key: 'p/k',
        Body: 'cold',
        StorageClass: 'GLACIER',
      }),
    );
    const proxy = await startS3FaultProxy();
    proxy.inject({
      when: 'RestoreObject',
      fault: { kind: 'refused', status: 409, code: 'RestoreAlreadyInProgress' },
    });
    await bucket.repository({ endpoint: proxy.endpoint }).thaw('p/k', { tier: 'Bulk', days: 2 });
    await proxy.stop();
    expect(proxy.faults).toBe(1);
  });

  it('can not be thawed by a tier that its class does not have', async () => {
    const bucket = await makeBucket();
    await bucket.client.send(
      new PutObjectCommand({
        Bucket: bucket.name,
        Key: 'p/k',
        Body: 'cold',
        StorageClass: 'DEEP_ARCHIVE',
      }),
    );
    const proxy = await startS3FaultProxy();
    proxy.inject({
      when: 'RestoreObject',
      fault: { kind: 'refused', status: 400, code: 'InvalidArgument' },
    });
    const thawed = bucket
      .repository({ endpoint: proxy.endpoint })
      .thaw('p/k', { tier: 'Expedited', days: 2 });
    await expect(thawed).rejects.toMatchObject({
      code: 'USAGE',
      message: expect.stringContaining('DEEP_ARCHIVE'),
    });
    await proxy.stop();
  });
});

describe('the traits of a bucket', () => {
  it('are what it is set to do', async () => {
    const bucket = await makeBucket({ isVersioned: true, lockDays: 7 });
    expect(await bucket.repository().examine()).toMatchObject({
      isVersioned: true,
      objectLock: { mode: 'GOVERNANCE', days: 7 },
    });
  });

  it('are unknown where the caller may not ask', async () => {
    const bucket = await makeBucket();
    const proxy = await startS3FaultProxy();
    for (const when of ['Versioning', 'ObjectLock', 'Encryption'])
      proxy.inject({ when, fault: { kind: 'refused', status: 403, code: 'AccessDenied' } });
    const traits = await bucket.repository({ endpoint: proxy.endpoint }).examine();
    await proxy.stop();
    expect(traits).toEqual({
      isVersioned: undefined,
      objectLock: undefined,
      encryption: undefined,
    });
  });

  it('show a store that ignores If-None-Match', async () => {
    const bucket = await makeBucket();
    const proxy = await startS3FaultProxy();
    proxy.inject({ when: 'PutObject', fault: { kind: 'without', header: 'if-none-match' } });
    expect(await bucket.repository({ endpoint: proxy.endpoint }).isCreateOnly()).toBe(false);
    await proxy.stop();
    expect(await bucket.repository().isCreateOnly()).toBe(true);
  });
});

async function tagsOf(bucket: TestBucket, Key: string): Promise<Record<string, string>> {
  const { TagSet = [] } = await bucket.client.send(
    new GetObjectTaggingCommand({ Bucket: bucket.name, Key }),
  );
  return Object.fromEntries(TagSet.map(({ Key = '', Value = '' }) => [Key, Value]));
}
