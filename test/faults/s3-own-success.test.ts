import { beforeEach, describe, expect, it } from 'vitest';
import type { S3Repository } from '../../engine/adapters/s3-repository.ts';
import type { TestBucket } from '../fixtures/aws.ts';
import { faultyBucketForEachTest } from '../fixtures/faulty-bucket.ts';
import type { Fault, S3FaultProxy } from '../fixtures/s3-fault-proxy.ts';
import { pattern, store } from '../fixtures/stored-bytes.ts';

const MIB = 1024 * 1024;
const FORBIDDEN: Fault = { kind: 'refused', status: 403, code: 'AccessDenied' };

/** What a store may say to a repeated completion of an upload that it has completed. */
const SECOND_ANSWERS: Fault[] = [
  { kind: 'refused', status: 412, code: 'PreconditionFailed' },
  { kind: 'refused', status: 409, code: 'ConditionalRequestConflict' },
  { kind: 'refused', status: 404, code: 'NoSuchUpload' },
];

describe('a refusal that may be our own earlier success', () => {
  const scene = faultyBucketForEachTest();
  let bucket: TestBucket;
  let proxy: S3FaultProxy;
  let repository: S3Repository;

  beforeEach(() => {
    ({ bucket, proxy, repository } = scene);
  });

  it.each([
    'may read',
    'may not read',
  ])('is a success of a small object when the answer was lost and the writer %s', async (may) => {
    if (may === 'may not read') proxy.inject({ when: 'HeadObject', fault: FORBIDDEN });
    proxy.inject({ when: 'PutObject', times: 1, fault: { kind: 'answer lost' } });
    await repository.put('p/k', Buffer.from('ours'));
    expect(proxy.seen.filter(({ operation }) => operation === 'PutObject')).toHaveLength(2);
    expect((await repository.get('p/k')).toString()).toBe('ours');
  });

  it.each(
    SECOND_ANSWERS.flatMap((fault) =>
      ['may read', 'may not read'].map((may) => ({
        fault,
        may,
        code: 'code' in fault ? fault.code : '',
      })),
    ),
  )('is a success of an object in parts when $code follows a lost answer and the writer $may', async ({
    fault,
    may,
  }) => {
    if (may === 'may not read') proxy.inject({ when: 'HeadObject', fault: FORBIDDEN });
    proxy.inject({ when: 'CompleteMultipartUpload', times: 1, fault: { kind: 'answer lost' } });
    proxy.inject({ when: 'CompleteMultipartUpload', times: 1, fault });
    const bytes = pattern(9 * MIB);
    await store(repository, 'p/data', bytes);
    expect(
      proxy.seen.filter(({ operation }) => operation === 'CompleteMultipartUpload'),
    ).toHaveLength(2);
    expect((await repository.get('p/data')).equals(bytes)).toBe(true);
  });

  it.each([
    'ours',
    'other',
  ])('is none when the object is of somebody else, with the bytes "%s"', async (theirs) => {
    await bucket.repository().put('p/k', Buffer.from(theirs));
    await expect(repository.put('p/k', Buffer.from('ours'))).rejects.toMatchObject({
      code: 'OBJECT_EXISTS',
    });
    expect((await repository.get('p/k')).toString()).toBe(theirs);
  });

  it('is none for a writer that may not read when the first attempt was refused', async () => {
    await bucket.repository().put('p/k', Buffer.from('same'));
    proxy.inject({ when: 'HeadObject', fault: FORBIDDEN });
    await expect(repository.put('p/k', Buffer.from('same'))).rejects.toMatchObject({
      code: 'OBJECT_EXISTS',
    });
  });

  it('is none for a writer that may not read when the object there has another size', async () => {
    await bucket.repository().put('p/k', Buffer.from('of another size'));
    proxy.inject({ when: 'HeadObject', fault: FORBIDDEN });
    proxy.inject({ when: 'PutObject', times: 1, fault: { kind: 'answer lost' } });
    await expect(repository.put('p/k', Buffer.from('ours'))).rejects.toMatchObject({
      code: 'OBJECT_EXISTS',
    });
  });

  it('is waited for when another write of the key is still under way, and nobody has it then', async () => {
    proxy.inject({
      when: 'PutObject',
      times: 2,
      fault: { kind: 'refused', status: 409, code: 'ConditionalRequestConflict' },
    });
    await repository.put('p/k', Buffer.from('ours'));
    expect((await repository.get('p/k')).toString()).toBe('ours');
  });

  it('fails for a passing reason when the upload was aborted by somebody else', async () => {
    const upload = await repository.begin('p/data');
    await upload.write(pattern(9 * MIB));
    await upload.finish();
    await bucket.repository().abandonUnfinished('p/');
    await expect(upload.publish()).rejects.toMatchObject({
      code: 'REPOSITORY_UNREACHABLE',
      retryable: true,
    });
    await upload.abort();
  });
});
