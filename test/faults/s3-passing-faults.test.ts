import { PutObjectCommand } from '@aws-sdk/client-s3';
import { beforeEach, describe, expect, it } from 'vitest';
import type { S3Repository } from '../../engine/adapters/s3-repository.ts';
import { openUploads, type TestBucket } from '../fixtures/aws.ts';
import { faultyBucketForEachTest } from '../fixtures/faulty-bucket.ts';
import type { Fault, S3FaultProxy } from '../fixtures/s3-fault-proxy.ts';
import { pattern, store } from '../fixtures/stored-bytes.ts';

const MIB = 1024 * 1024;
const PARTS = ['CreateMultipartUpload', 'UploadPart', 'CompleteMultipartUpload'] as const;

const PASSING: Record<string, Fault> = {
  'answers 500': { kind: 'refused', status: 500, code: 'InternalError' },
  'stands behind a proxy that answers 522': { kind: 'refused', status: 522, code: 'Unknown' },
  'asks to slow down': { kind: 'refused', status: 503, code: 'SlowDown' },
  'takes too long to read the request': { kind: 'refused', status: 400, code: 'RequestTimeout' },
  'has trouble with KMS': { kind: 'refused', status: 400, code: 'KMS.ThrottlingException' },
  'drops the connection': { kind: 'dropped', afterBytes: 0 },
  'loses its answer': { kind: 'answer lost' },
};

describe('a store that fails for a while', () => {
  const scene = faultyBucketForEachTest();
  let bucket: TestBucket;
  let proxy: S3FaultProxy;
  let repository: S3Repository;

  beforeEach(() => {
    ({ bucket, proxy, repository } = scene);
  });

  it.each(
    Object.keys(PASSING).flatMap((what) => PARTS.map((operation) => ({ what, operation }))),
  )('takes an object in parts whole when it $what three times at $operation', async ({
    what,
    operation,
  }) => {
    const bytes = pattern(9 * MIB);
    proxy.inject({ when: operation, times: 3, fault: PASSING[what] as Fault });
    await store(repository, 'p/data', bytes);
    expect(proxy.faults).toBe(3);
    expect((await repository.get('p/data')).equals(bytes)).toBe(true);
    expect(proxy.mistakes).toEqual([]);
  });

  it.each(Object.keys(PASSING))('takes a small object when it %s three times', async (what) => {
    proxy.inject({ when: 'PutObject', times: 3, fault: PASSING[what] as Fault });
    await repository.put('p/small', Buffer.from('small'));
    expect(proxy.faults).toBe(3);
    expect((await repository.get('p/small')).toString()).toBe('small');
  });

  it.each([
    0,
    1,
    3 * MIB,
    8 * MIB - 1,
  ])('sends a part again whose connection broke off after %i bytes', async (afterBytes) => {
    const bytes = pattern(17 * MIB);
    proxy.inject({
      when: ({ query }) => query.get('partNumber') === '2',
      times: 2,
      fault: { kind: 'dropped', afterBytes },
    });
    await store(repository, 'p/data', bytes);
    expect(proxy.seen.filter(({ query }) => query.get('partNumber') === '2')).toHaveLength(3);
    expect((await repository.get('p/data')).equals(bytes)).toBe(true);
    expect(proxy.mistakes).toEqual([]);
  });

  it('leaves no second upload open when the answer to its opening was lost, once it is swept up', async () => {
    proxy.inject({ when: 'CreateMultipartUpload', times: 1, fault: { kind: 'answer lost' } });
    await store(repository, 'p/data', pattern(9 * MIB));
    expect(await repository.abandonUnfinished('p/')).toEqual(['p/data']);
    expect(await openUploads(bucket)).toEqual([]);
    expect(await repository.get('p/data')).toHaveLength(9 * MIB);
  });

  it('goes on reading where the body broke off, of the same object', async () => {
    const bytes = pattern(5 * MIB);
    await repository.put('p/data', bytes);
    proxy.inject({ when: 'GetObject', times: 4, fault: { kind: 'truncated', afterBytes: MIB } });
    expect((await repository.get('p/data')).equals(bytes)).toBe(true);
    const reads = proxy.seen.filter(({ operation }) => operation === 'GetObject');
    expect(reads.map(({ headers }) => headers.range)).toEqual([
      undefined,
      ...[1, 2, 3, 4].map((mib) => `bytes=${mib * MIB}-`),
    ]);
  });

  it('reads on when the store fails between two pieces of a body', async () => {
    const bytes = pattern(3 * MIB);
    await repository.put('p/data', bytes);
    proxy.inject({ when: 'GetObject', times: 1, fault: { kind: 'truncated', afterBytes: 100 } });
    proxy.inject({
      when: 'GetObject',
      times: 3,
      fault: { kind: 'refused', status: 503, code: 'SlowDown' },
    });
    expect((await repository.get('p/data')).equals(bytes)).toBe(true);
    expect(proxy.faults).toBe(4);
  });

  it('gives up reading an object whose body never comes', async () => {
    await repository.put('p/data', pattern(MIB));
    proxy.inject({ when: 'GetObject', fault: { kind: 'truncated', afterBytes: 0 } });
    await expect(repository.get('p/data')).rejects.toMatchObject({
      code: 'REPOSITORY_UNREACHABLE',
      retryable: true,
    });
  });

  it('says that an object was replaced while it was read', async () => {
    await repository.put('p/data', pattern(3 * MIB));
    const reading = repository.read('p/data')[Symbol.asyncIterator]();
    proxy.inject({ when: 'GetObject', times: 1, fault: { kind: 'truncated', afterBytes: MIB } });
    await reading.next();
    await bucket.client.send(
      new PutObjectCommand({ Bucket: bucket.name, Key: 'p/data', Body: Buffer.alloc(3 * MIB) }),
    );
    const readOn = async () => {
      while (!(await reading.next()).done);
    };
    await expect(readOn()).rejects.toMatchObject({ code: 'OBJECT_DAMAGED', retryable: false });
  });
});
