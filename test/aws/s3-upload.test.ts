import { HeadObjectCommand } from '@aws-sdk/client-s3';
import { describe, expect, it } from 'vitest';
import { makeBucket, openUploads } from '../fixtures/aws.ts';
import { startS3FaultProxy } from '../fixtures/s3-fault-proxy.ts';
import { pattern, store } from '../fixtures/stored-bytes.ts';

const MIB = 1024 * 1024;

const UNSUPPORTED = "Unsupported header 'x-amz-checksum-sha256' received for this API call.";
/** As S3 itself words it (Amazon S3 API Reference, "Error responses"). */
const NOT_IMPLEMENTED = 'A header you provided implies functionality that is not implemented.';

describe('an upload of unknown length', () => {
  it.each([
    0,
    1,
    8 * MIB - 1,
    8 * MIB,
    8 * MIB + 1,
    16 * MIB,
    25 * MIB + 7,
  ])('is the object that was written, of %i bytes', async (length) => {
    const bucket = await makeBucket();
    const proxy = await startS3FaultProxy();
    const bytes = pattern(length);
    await store(bucket.repository({ endpoint: proxy.endpoint }), 'p/data', bytes);
    const operations = new Set(proxy.seen.map(({ operation }) => operation));
    await proxy.stop();
    expect((await bucket.repository().get('p/data')).equals(bytes)).toBe(true);
    expect(operations).toEqual(
      new Set(
        length < 8 * MIB
          ? ['PutObject']
          : ['CreateMultipartUpload', 'UploadPart', 'CompleteMultipartUpload'],
      ),
    );
    expect(proxy.mistakes).toEqual([]);
    expect(await openUploads(bucket)).toEqual([]);
  });

  it('is one of two writers of a key, of which exactly one wins, also in parts', async () => {
    const bucket = await makeBucket();
    const writers = [pattern(9 * MIB), pattern(8 * MIB)];
    const outcomes = await Promise.allSettled(
      writers.map((bytes) => store(bucket.repository(), 'p/data', bytes)),
    );
    expect(outcomes.filter(({ status }) => status === 'rejected')).toMatchObject([
      { reason: { code: 'OBJECT_EXISTS' } },
    ]);
    const winner = writers[outcomes.findIndex(({ status }) => status === 'fulfilled')];
    expect((await bucket.repository().get('p/data')).equals(winner as Buffer)).toBe(true);
    expect(await openUploads(bucket)).toEqual([]);
  });

  it('has parts of one size but for the last where the store wants that', async () => {
    const bucket = await makeBucket();
    const proxy = await startS3FaultProxy();
    const bytes = pattern(63 * MIB);
    await store(bucket.repository({ endpoint: proxy.endpoint, equalParts: true }), 'p/data', bytes);
    await proxy.stop();
    const sizes = proxy.seen
      .filter(({ operation }) => operation === 'UploadPart')
      .map(({ headers }) => Number(headers['content-length']) / MIB);
    expect(sizes.sort((one, other) => other - one)).toEqual([32, 31]);
    expect((await bucket.repository().get('p/data')).equals(bytes)).toBe(true);
  });

  it('names the setting where a store refuses parts of several sizes', async () => {
    const bucket = await makeBucket();
    const proxy = await startS3FaultProxy();
    const message = 'All non-trailing parts must have the same length.';
    proxy.inject({
      when: 'CompleteMultipartUpload',
      fault: { kind: 'refused', status: 400, code: 'InvalidPart', message },
    });
    const repository = bucket.repository({ endpoint: proxy.endpoint, isOtherStore: true });
    await expect(store(repository, 'p/data', pattern(9 * MIB))).rejects.toMatchObject({
      code: 'STORE_UNFIT',
      hint: expect.stringContaining('equalParts: true'),
    });
    await proxy.stop();
  });

  it('holds three parts in memory, however long it gets', async () => {
    const bucket = await makeBucket();
    const upload = await bucket.repository().begin('p/data');
    const chunk = pattern(MIB);
    const before = process.memoryUsage().arrayBuffers;
    let most = 0;
    for (let mib = 0; mib < 120; mib += 1) {
      await upload.write(chunk);
      most = Math.max(most, process.memoryUsage().arrayBuffers - before);
    }
    await upload.abort();
    expect(most).toBeGreaterThan(16 * MIB);
    expect(most).toBeLessThan(28 * MIB);
  });

  it('asks nothing of the store before its first part is full, and nothing when it is aborted then', async () => {
    const proxy = await startS3FaultProxy();
    const upload = await (await makeBucket())
      .repository({ endpoint: proxy.endpoint })
      .begin('p/data');
    await upload.write(pattern(8 * MIB - 1));
    await upload.abort();
    await proxy.stop();
    expect(proxy.seen).toEqual([]);
  });

  it('names the key of its encryption where the config does', async () => {
    const bucket = await makeBucket();
    const repository = bucket.repository({ sseKmsKey: 'alias/backups' });
    await store(repository, 'p/parts', pattern(9 * MIB));
    await repository.put('p/whole', Buffer.from('x'));
    for (const Key of ['p/parts', 'p/whole']) {
      const head = await bucket.client.send(new HeadObjectCommand({ Bucket: bucket.name, Key }));
      expect(head).toMatchObject({
        ServerSideEncryption: 'aws:kms',
        SSEKMSKeyId: expect.stringContaining('alias/backups'),
      });
    }
  });

  it.each([
    [9 * MIB, 400, 'InvalidArgument', UNSUPPORTED],
    [10, 400, 'InvalidArgument', UNSUPPORTED],
    [9 * MIB, 501, 'NotImplemented', NOT_IMPLEMENTED],
    [10, 501, 'NotImplemented', NOT_IMPLEMENTED],
  ])('goes without checksum headers to a store that is not AWS and refuses them, of %i bytes (%i)', async (length, status, code, message) => {
    const bucket = await makeBucket();
    const proxy = await startS3FaultProxy();
    const hasChecksum = (headers: object) =>
      Object.keys(headers).some((name) => /^x-amz-(sdk-)?checksum/.test(name));
    proxy.inject({
      when: ({ headers }) => hasChecksum(headers),
      fault: { kind: 'refused', status, code, message },
    });
    const repository = bucket.repository({ endpoint: proxy.endpoint, isOtherStore: true });
    const bytes = pattern(length);
    await store(repository, 'p/one', bytes);
    await store(repository, 'p/two', bytes);
    await proxy.stop();
    expect((await bucket.repository().get('p/two')).equals(bytes)).toBe(true);
    expect(proxy.seen.filter(({ headers }) => hasChecksum(headers))).toHaveLength(1);
  });

  it.each([
    ['BadDigest', 'The SHA256 you specified did not match the calculated checksum.'],
    ['BadDigest', 'The checksum is not that of the body.'],
    [
      'XAmzContentChecksumMismatch',
      "The provided 'x-amz-checksum' header does not match what was computed.",
    ],
    ['XAmzContentSHA256Mismatch', 'The checksum is wrong.'],
    ['InvalidRequest', 'The checksum of the body does not match the header.'],
  ])('is refused by a store when a checksum is (%s: %s), and does not go on without', async (code, message) => {
    const bucket = await makeBucket();
    const proxy = await startS3FaultProxy();
    proxy.inject({ when: 'PutObject', fault: { kind: 'refused', status: 400, code, message } });
    for (const isOtherStore of [true, false]) {
      const put = bucket
        .repository({ endpoint: proxy.endpoint, isOtherStore })
        .put('p/k', Buffer.from('x'));
      await expect(put).rejects.toMatchObject({ code: 'REPOSITORY_UNREACHABLE' });
    }
    await proxy.stop();
    expect(proxy.faults).toBe(2);
  });
});
