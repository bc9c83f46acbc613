import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeS3Client } from '../../engine/adapters/s3-client.ts';
import { S3Repository } from '../../engine/adapters/s3-repository.ts';
import { surveySets } from '../../engine/operations/catalog.ts';
import { SMALL_OBJECT_BYTES } from '../../engine/ports/repository.ts';

const KEYS = { AWS_ACCESS_KEY_ID: 'key', AWS_SECRET_ACCESS_KEY: 'secret', AWS_REGION: 'us-east-1' };
const MIB = 1024 * 1024;
const CHUNK = Buffer.alloc(256 * 1024, ' ');
/** What the buffers of two sockets take before the client has read anything. */
const IN_BUFFERS = 16 * MIB;
const MANIFEST = 'nightly/clinic/20261130T020000Z-7f3a/manifest.json';
const LISTING = `<?xml version="1.0" encoding="UTF-8"?><ListBucketResult><IsTruncated>false</IsTruncated>
  <Contents><Key>${MANIFEST}</Key><Size>9</Size><LastModified>2026-11-30T02:00:00.000Z</LastModified>
  </Contents></ListBucketResult>`;

/** A store that gives an object of any size, or of another size than it says. */
describe('a small object of a bucket', () => {
  let server: Server;
  let repository: S3Repository;
  let sent: number;
  let answer: { says: number | undefined; has: number };

  beforeEach(async () => {
    sent = 0;
    server = createServer((request, response) => {
      if (request.url?.includes('list-type')) return void response.end(LISTING);
      const { says } = answer;
      response.writeHead(200, { etag: '"e"', ...(says && { 'content-length': says }) });
      give(response);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    repository = new S3Repository({
      ...{ client: makeS3Client({ env: KEYS, endpoint }), bucket: 'ward' },
      ...{ isOtherStore: true, baseDelayMs: 1 },
    });
  });
  afterEach(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  function give(response: ServerResponse): void {
    while (!response.destroyed && sent < answer.has) {
      const chunk = CHUNK.subarray(0, Math.min(CHUNK.length, answer.has - sent));
      sent += chunk.length;
      if (!response.write(chunk)) return void response.once('drain', () => give(response));
    }
    response.end();
  }

  it('is not read at all where the store says that it is larger than 64 MB', async () => {
    answer = { says: SMALL_OBJECT_BYTES + 1, has: SMALL_OBJECT_BYTES + 1 };
    await expect(repository.get(MANIFEST)).rejects.toMatchObject({
      code: 'OBJECT_DAMAGED',
      message: expect.stringContaining(`${SMALL_OBJECT_BYTES + 1} bytes`),
    });
    expect(sent).toBeLessThan(IN_BUFFERS);
  });

  it('is read as far as the limit where the store says nothing, or goes on for ever', async () => {
    answer = { says: undefined, has: Number.POSITIVE_INFINITY };
    await expect(repository.get(MANIFEST)).rejects.toMatchObject({ code: 'OBJECT_DAMAGED' });
    expect(sent).toBeGreaterThan(SMALL_OBJECT_BYTES);
    expect(sent).toBeLessThan(SMALL_OBJECT_BYTES + IN_BUFFERS);
  });

  it('is read where it has exactly that size', async () => {
    answer = { says: SMALL_OBJECT_BYTES, has: SMALL_OBJECT_BYTES };
    expect(await repository.get(MANIFEST)).toHaveLength(SMALL_OBJECT_BYTES);
  });

  it('makes its set SUSPECT where it is the manifest, and nothing of it is read', async () => {
    answer = { says: SMALL_OBJECT_BYTES + 1, has: SMALL_OBJECT_BYTES + 1 };
    const [set] = await surveySets(repository, ({ state, problem }) => ({ state, problem }));
    expect(set).toMatchObject({ state: 'SUSPECT', problem: expect.stringContaining('bytes') });
    expect(sent).toBeLessThan(IN_BUFFERS);
  });
});
