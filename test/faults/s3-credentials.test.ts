import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { S3Repository } from '../../engine/adapters/s3-repository.ts';
import { makeBucket } from '../fixtures/aws.ts';
import {
  type CredentialsEndpoint,
  startCredentialsEndpoint,
} from '../fixtures/credentials-endpoint.ts';
import { type S3FaultProxy, startS3FaultProxy } from '../fixtures/s3-fault-proxy.ts';
import { pattern, store } from '../fixtures/stored-bytes.ts';

const MIB = 1024 * 1024;

describe('credentials that expire in the midst of a run', () => {
  let keys: CredentialsEndpoint;
  let proxy: S3FaultProxy;
  let repository: S3Repository;

  beforeEach(async () => {
    keys = await startCredentialsEndpoint();
    for (const [name, value] of Object.entries(keys.env)) vi.stubEnv(name, value);
    proxy = await startS3FaultProxy();
    repository = (await makeBucket()).repository({ endpoint: proxy.endpoint, env: keys.env });
  });
  afterEach(async () => {
    vi.unstubAllEnvs();
    await proxy.stop();
    await keys.stop();
  });

  function expire(accessKeyId: string): void {
    const fault = { kind: 'refused', status: 400, code: 'ExpiredToken' } as const;
    proxy.inject({ when: (request) => request.accessKeyId === accessKeyId, fault });
  }

  it('are asked for anew, once for all parts that are on their way', async () => {
    const bytes = pattern(33 * MIB);
    const upload = await repository.begin('p/data');
    await upload.write(bytes.subarray(0, 9 * MIB));
    await vi.waitFor(() =>
      expect(proxy.seen.some(({ operation }) => operation === 'UploadPart')).toBe(true),
    );
    expire('KEY1');
    await upload.write(bytes.subarray(9 * MIB));
    await upload.finish();
    await upload.publish();
    expect((await repository.get('p/data')).equals(bytes)).toBe(true);
    expect(proxy.seen.at(-1)?.accessKeyId).toBe('KEY2');
    expect(keys.handedOut).toBe(2);
  });

  it('are asked for anew where the answer to HEAD can not say why', async () => {
    await repository.put('p/k', Buffer.from('x'));
    expire('KEY1');
    expect(await repository.inspect('p/k')).toMatchObject({ bytes: 1 });
  });

  it('end the run when the new ones have expired too', async () => {
    proxy.inject({
      when: () => true,
      fault: { kind: 'refused', status: 400, code: 'ExpiredToken' },
    });
    await expect(store(repository, 'p/data', pattern(10))).rejects.toMatchObject({
      code: 'CREDENTIALS',
      retryable: false,
    });
    expect(keys.handedOut).toBe(2);
  });

  it('end the run when nobody hands out new ones', async () => {
    await repository.now();
    expire('KEY1');
    await keys.stop();
    await expect(repository.now()).rejects.toMatchObject({ code: 'CREDENTIALS' });
  });
});
