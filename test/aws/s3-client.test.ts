import { createServer, request as forward } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, inject, it } from 'vitest';
import { makeS3Client, type S3ClientOptions } from '../../engine/adapters/s3-client.ts';
import { makeBucket } from '../fixtures/aws.ts';

const KEYS = { AWS_ACCESS_KEY_ID: 'key', AWS_SECRET_ACCESS_KEY: 'secret' };
const OTHER = 'https://store.example:9000';

describe('the client of a bucket', () => {
  it.each<[what: string, options: Partial<S3ClientOptions>, isPathStyle: boolean]>([
    ['AWS', {}, false],
    [
      'an endpoint of AWS',
      { endpoint: 'https://bucket.vpce-1.s3.eu-west-1.vpce.amazonaws.com' },
      false,
    ],
    ['another store', { endpoint: OTHER }, true],
    [
      'another store that takes buckets in its host name',
      { endpoint: OTHER, pathStyle: false },
      false,
    ],
    ['another store of the environment', { env: { ...KEYS, AWS_ENDPOINT_URL_S3: OTHER } }, true],
  ])('names the bucket where %s expects it', (_what, options, isPathStyle) => {
    const { config } = makeS3Client({ env: { ...KEYS, AWS_REGION: 'eu-west-1' }, ...options });
    expect(config.forcePathStyle).toBe(isPathStyle);
  });

  it.each<[what: string, options: Partial<S3ClientOptions>, region: string]>([
    ['the config', { region: 'eu-west-1', env: { ...KEYS, AWS_REGION: 'us-west-2' } }, 'eu-west-1'],
    [
      'AWS_REGION',
      { env: { ...KEYS, AWS_REGION: 'us-west-2', AWS_DEFAULT_REGION: 'eu-west-3' } },
      'us-west-2',
    ],
    ['AWS_DEFAULT_REGION', { env: { ...KEYS, AWS_DEFAULT_REGION: 'eu-west-3' } }, 'eu-west-3'],
    ['nobody, for a store that knows none', { endpoint: OTHER, env: KEYS }, 'us-east-1'],
  ])('takes the region from %s', async (_what, options, region) => {
    expect(await makeS3Client({ env: KEYS, ...options }).config.region()).toBe(region);
  });

  it.each([
    ['AWS_ENDPOINT_URL', 'minio'],
    ['AWS_ENDPOINT_URL_S3', 'localhost:9000'],
    ['AWS_ENDPOINT_URL', 'ftp://store.example'],
    ['AWS_ENDPOINT_URL', 'http://'],
  ])('refuses an endpoint that is no URL, and names its variable: %s=%s', (name, text) => {
    expect(() => makeS3Client({ env: { ...KEYS, [name]: text } })).toThrow(
      expect.objectContaining({
        code: 'CONFIG_INVALID',
        message: expect.stringContaining(`${name} is not the URL`),
      }),
    );
  });

  it('does not mind variables that the config overrules', () => {
    expect(
      makeS3Client({ endpoint: OTHER, env: { ...KEYS, AWS_ENDPOINT_URL: 'minio' } }).config
        .forcePathStyle,
    ).toBe(true);
  });

  it('takes keys from the environment that it is given, which an env file adds to', async () => {
    const { config } = makeS3Client({
      env: { ...KEYS, AWS_SESSION_TOKEN: 'token' },
      region: 'eu-west-1',
    });
    expect(await config.credentials()).toMatchObject({
      accessKeyId: 'key',
      secretAccessKey: 'secret',
      sessionToken: 'token',
    });
  });

  it('goes through the proxy of the environment, and around it where NO_PROXY says so', async () => {
    const bucket = await makeBucket();
    const asked: string[] = [];
    const proxy = createServer((request, response) => {
      asked.push(request.url ?? '');
      const { pathname, search } = new URL(request.url ?? '');
      const { method } = request;
      const { host: _host, ...headers } = request.headers;
      request.pipe(
        forward(
          new URL(pathname + search, inject('aws').endpoint),
          { method, headers },
          (answer) => {
            response.writeHead(answer.statusCode ?? 500, answer.headers);
            answer.pipe(response);
          },
        ),
      );
    });
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    const HTTP_PROXY = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
    await bucket
      .repository({ endpoint: 'http://store.invalid', env: { HTTP_PROXY } })
      .put('p/k', Buffer.from('x'));
    await bucket
      .repository({ env: { HTTP_PROXY, NO_PROXY: '127.0.0.1' } })
      .put('p/around', Buffer.from('y'));
    proxy.closeAllConnections();
    proxy.close();
    expect(asked).toEqual([`http://store.invalid/${bucket.name}/p/k?x-id=PutObject`]);
    expect((await bucket.repository().get('p/k')).toString()).toBe('x');
  });
});
