import { beforeEach, describe, expect, it } from 'vitest';
import type { S3Repository } from '../../engine/adapters/s3-repository.ts';
import { isHoldfastError } from '../../engine/errors.ts';
import { openUploads, type RepositoryOptions, type TestBucket } from '../fixtures/aws.ts';
import { faultyBucketForEachTest } from '../fixtures/faulty-bucket.ts';
import type { Fault, S3FaultProxy } from '../fixtures/s3-fault-proxy.ts';
import { pattern, store } from '../fixtures/stored-bytes.ts';

const MIB = 1024 * 1024;
const KMS_DENIED =
  'User: arn:aws:iam::1:role/r is not authorized to perform: kms:GenerateDataKey on resource: arn:aws:kms:eu-west-1:1:key/k';

type Refusal = Omit<Extract<Fault, { kind: 'refused' }>, 'kind'>;

/** What the store answers, and what a person is told. */
const LASTING: [answer: Refusal, code: string, said: RegExp, advice: RegExp][] = [
  [
    { status: 403, code: 'AccessDenied' },
    'ACCESS_DENIED',
    /^s3:PutObject on bucket test-\w+ was refused \(p\/data\)$/,
    /Allow s3:PutObject/,
  ],
  [
    { status: 403, code: 'AccessDenied', message: KMS_DENIED },
    'KEY_UNUSABLE',
    /is not ours to use$/,
    /kms:GenerateDataKey/,
  ],
  [
    { status: 400, code: 'KMS.DisabledException' },
    'KEY_UNUSABLE',
    /is disabled$/,
    /Enable the key/,
  ],
  [
    { status: 400, code: 'KMS.KMSInvalidStateException' },
    'KEY_UNUSABLE',
    /pending deletion/,
    /cancel its deletion/,
  ],
  [{ status: 400, code: 'KMS.NotFoundException' }, 'KEY_UNUSABLE', /is not there$/, /sseKmsKey/],
  [{ status: 403, code: 'RequestTimeTooSkewed' }, 'CLOCK_OFF', /clock is off/, /timedatectl/],
  [
    { status: 403, code: 'InvalidAccessKeyId' },
    'CREDENTIALS',
    /InvalidAccessKeyId/,
    /AWS_ACCESS_KEY_ID/,
  ],
  [
    { status: 403, code: 'SignatureDoesNotMatch' },
    'CREDENTIALS',
    /SignatureDoesNotMatch/,
    /AWS_ACCESS_KEY_ID/,
  ],
  [{ status: 400, code: 'ExpiredToken' }, 'CREDENTIALS', /have expired$/, /aws sso login/],
  [
    { status: 404, code: 'NoSuchBucket' },
    'REPOSITORY_UNREACHABLE',
    /^there is no bucket test-\w+$/,
    /Check bucket/,
  ],
  [
    { status: 301, code: 'PermanentRedirect', region: 'eu-west-1' },
    'REPOSITORY_UNREACHABLE',
    /is in region eu-west-1$/,
    /region: eu-west-1/,
  ],
  [
    { status: 400, code: 'AuthorizationHeaderMalformed', region: 'eu-north-1' },
    'REPOSITORY_UNREACHABLE',
    /eu-north-1/,
    /region: eu-north-1/,
  ],
  [{ status: 403, code: 'QuotaExceeded' }, 'DISK_FULL', /quota/, /Raise the quota/],
  [{ status: 501, code: 'NotImplemented' }, 'STORE_UNFIT', /NotImplemented/, /If-None-Match/],
];

describe('a store that refuses for good', () => {
  const scene = faultyBucketForEachTest();
  let bucket: TestBucket;
  let proxy: S3FaultProxy;
  let repository: S3Repository;
  const through = (options: RepositoryOptions = {}) =>
    bucket.repository({ endpoint: proxy.endpoint, ...options });

  beforeEach(() => {
    ({ bucket, proxy, repository } = scene);
  });

  it.each(
    LASTING.flatMap(([answer, code, said, advice]) =>
      ['CreateMultipartUpload', 'UploadPart', 'PutObject'].map((operation) => ({
        title: `${answer.code} ${answer.message?.slice(-30) ?? ''}`,
        answer,
        code,
        said,
        advice,
        operation,
      })),
    ),
  )('is not asked again when it says $title to $operation', async ({
    answer,
    code,
    said,
    advice,
    operation,
  }) => {
    proxy.inject({ when: operation, fault: { kind: 'refused', ...answer } });
    const failure = await failureOf(
      store(repository, 'p/data', pattern(operation === 'PutObject' ? 10 : 9 * MIB)),
    );
    expect(failure).toMatchObject({
      code,
      retryable: false,
      message: expect.stringMatching(said),
      hint: expect.stringMatching(advice),
    });
    // A part and the next may both be on their way; an expired token is tried once more with what a refresh gives.
    expect(proxy.faults).toBeLessThanOrEqual(answer.code === 'ExpiredToken' ? 4 : 2);
    expect(await openUploads(bucket)).toEqual([]);
    expect(await keysOf(bucket.repository())).toEqual([]);
  });

  it.each([
    'CreateMultipartUpload',
    'UploadPart',
    'CompleteMultipartUpload',
  ])('is given up after so many attempts at %s, and nothing is left open', async (operation) => {
    proxy.inject({ when: operation, fault: { kind: 'refused', status: 503, code: 'SlowDown' } });
    const failure = await failureOf(store(through({ maxAttempts: 3 }), 'p/data', pattern(9 * MIB)));
    expect(failure).toMatchObject({
      code: 'REPOSITORY_UNREACHABLE',
      retryable: true,
      message: expect.stringContaining('SlowDown'),
    });
    expect(await openUploads(bucket)).toEqual([]);
    expect(await keysOf(bucket.repository())).toEqual([]);
  });

  it('does not name keys, tokens or signatures in what it says', async () => {
    const secrets = {
      AWS_ACCESS_KEY_ID: 'AKIACANARY',
      AWS_SECRET_ACCESS_KEY: 'secret-canary',
      AWS_SESSION_TOKEN: 'token-canary',
    };
    for (const code of ['SignatureDoesNotMatch', 'InvalidAccessKeyId', 'Unheard']) {
      const message = 'AKIACANARY secret-canary token-canary X-Amz-Signature=canary';
      proxy.inject({
        when: 'PutObject',
        times: 1,
        fault: { kind: 'refused', status: 403, code, message },
      });
      const failure = await failureOf(through({ env: secrets }).put('p/x', Buffer.from('x')));
      const { message: said, hint, cause } = failure as Error & { hint: string };
      expect(`${said} ${hint} ${String(cause)} ${JSON.stringify(cause)}`).not.toMatch(/canary/i);
    }
  });

  it('can not be reached at all when nothing listens there', async () => {
    await proxy.stop();
    const failure = await failureOf(through({ maxAttempts: 3 }).now());
    expect(failure).toMatchObject({
      code: 'REPOSITORY_UNREACHABLE',
      retryable: true,
      message: expect.stringContaining('ECONNREFUSED'),
    });
  });

  it('is looked for once when its name is unknown', async () => {
    const failure = await failureOf(through({ endpoint: 'http://store.invalid:1' }).now());
    expect(failure).toMatchObject({
      code: 'REPOSITORY_UNREACHABLE',
      message: expect.stringMatching(/host name is unknown|EAI_AGAIN/),
    });
  });

  it('says that a bucket is not there, and which', async () => {
    const failure = await failureOf(bucket.repository({ bucket: 'there-is-none' }).now());
    expect(failure).toMatchObject({
      code: 'REPOSITORY_UNREACHABLE',
      message: 'there is no bucket there-is-none',
      retryable: false,
    });
  });

  it('keeps what it has in an upload that is aborted while parts are on their way', async () => {
    await repository.put('p/other', Buffer.from('other'));
    const upload = await repository.begin('p/data');
    await upload.write(pattern(17 * MIB));
    await Promise.all([upload.abort(), upload.abort()]);
    expect(await openUploads(bucket)).toEqual([]);
    expect(await keysOf(repository)).toEqual(['p/other']);
  });
});

async function failureOf(work: Promise<unknown>): Promise<Error> {
  const failure = await work.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (!isHoldfastError(failure))
    throw new Error('it did not fail with one of our errors', { cause: failure });
  return failure;
}

async function keysOf(repository: S3Repository): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of repository.list('')) keys.push(key);
  return keys;
}
