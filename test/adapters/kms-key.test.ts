import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { findKmsKey } from '../../engine/adapters/kms-key.ts';
import { SecretLogin } from '../../engine/adapters/secret-login.ts';

const KEYS = { AWS_ACCESS_KEY_ID: 'key', AWS_SECRET_ACCESS_KEY: 'secret', AWS_REGION: 'us-east-1' };
const KEY = 'arn:aws:kms:eu-west-3:123456789012:key/7f3a';
const ALIAS = 'arn:aws:kms:eu-west-3:123456789012:alias/backups';

interface Heard {
  url: string;
  authorization: string;
}

describe('a KMS key', () => {
  let stop: () => void = () => undefined;

  /** A server that answers every call of KMS with this; undefined never answers. */
  async function startKms(answer: { status: number; body: object } | undefined) {
    const heard: Heard[] = [];
    const server = createServer(({ url = '', headers: { authorization = '' } }, response) => {
      heard.push({ url, authorization });
      if (answer !== undefined)
        response
          .writeHead(answer.status, { 'content-type': 'application/x-amz-json-1.1' })
          .end(JSON.stringify(answer.body));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    stop = () => {
      server.closeAllConnections();
      server.close();
    };
    return { heard, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
  }
  const described = { status: 200, body: { KeyMetadata: { KeyId: '7f3a', Arn: KEY } } };

  afterEach(() => {
    stop();
    stop = () => undefined;
  });

  it('is asked for in the region that the ARN of its alias names', async () => {
    const { heard, url } = await startKms(described);
    expect(await findKmsKey(ALIAS, { env: { ...KEYS, AWS_ENDPOINT_URL: url } })).toMatchObject({
      arn: KEY,
    });
    expect(heard).toMatchObject([{ authorization: expect.stringContaining('/eu-west-3/kms/') }]);
  });

  it('costs no request by the ARN of the key itself, and one in the region of the environment by its alias', async () => {
    const { heard, url } = await startKms(described);
    const env = { ...KEYS, AWS_ENDPOINT_URL_KMS: url };
    expect(await findKmsKey(KEY, { env })).toMatchObject({ arn: KEY });
    expect(heard).toEqual([]);
    expect(await findKmsKey('alias/backups', { env })).toMatchObject({ arn: KEY });
    expect(heard).toMatchObject([{ authorization: expect.stringContaining('/us-east-1/kms/') }]);
  });

  it('that is not there is told by its name, region and account, and not to be enabled', async () => {
    const { url } = await startKms({
      status: 400,
      body: { __type: 'NotFoundException', message: 'Alias is not found.' },
    });
    const failure = await findKmsKey('alias/nosuch', {
      env: { ...KEYS, AWS_ENDPOINT_URL: url },
    }).catch((error: unknown) => error);
    expect(failure).toMatchObject({
      code: 'KEY_UNUSABLE',
      message: expect.stringContaining('there is no such key'),
      hint: expect.stringMatching(/name.*region.*account/),
    });
    expect(failure).not.toMatchObject({ hint: expect.stringContaining('enable-key') });
  });

  it('whose service never answers is given up for a passing reason', async () => {
    const { heard, url } = await startKms(undefined);
    const found = findKmsKey('alias/backups', {
      env: { ...KEYS, AWS_ENDPOINT_URL: url },
      requestTimeoutMs: 50,
    });
    await expect(found).rejects.toMatchObject({
      code: 'KEY_UNUSABLE',
      retryable: true,
      message: expect.stringContaining('TimeoutError'),
    });
    expect(heard.length).toBeGreaterThan(1);
  }, 30_000);

  it('is asked for through the proxy of the environment', async () => {
    const { heard, url } = await startKms(described);
    await findKmsKey('alias/backups', {
      env: { ...KEYS, AWS_ENDPOINT_URL: 'http://kms.invalid', HTTP_PROXY: url },
    });
    expect(heard).toMatchObject([{ url: 'http://kms.invalid/' }]);
  });

  it('and a secret name the variable of an endpoint that is no URL', async () => {
    const env = { ...KEYS, AWS_ENDPOINT_URL: 'localhost:9000' };
    const refusal = {
      code: 'CONFIG_INVALID',
      message: expect.stringContaining('AWS_ENDPOINT_URL is not the URL'),
    };
    await expect(findKmsKey('alias/backups', { env })).rejects.toMatchObject(refusal);
    expect(() => new SecretLogin({ secret: 'clinic', region: undefined, env })).toThrow(
      expect.objectContaining(refusal),
    );
  });
});
