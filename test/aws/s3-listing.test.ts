import { join } from 'node:path';
import { CreateMultipartUploadCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { StoredObject } from '../../engine/ports/repository.ts';
import { type LocalAws, startLocalAws } from '../../setup/moto.ts';
import { makeBucket, openUploads, repositoryIn } from '../fixtures/aws.ts';
import { startS3FaultProxy } from '../fixtures/s3-fault-proxy.ts';

describe('a listing of more than one page', () => {
  let filled: LocalAws;

  beforeAll(async () => {
    filled = await startLocalAws(() => undefined, {
      program: join(import.meta.dirname, '../fixtures/filled-aws.py'),
    });
  });
  afterAll(() => filled.stop());

  it('shows 20,000 sets, each once, in their order', async () => {
    const objects = await collect(
      repositoryIn({ bucket: 'many-sets', endpoint: filled.endpoint }).list('daily/'),
    );
    expect(objects).toHaveLength(20_000);
    expect(objects.map(({ key }) => key)).toEqual(
      Array.from(
        { length: 20_000 },
        (_, number) => `daily/clinic/${String(number).padStart(5, '0')}/manifest.json`,
      ),
    );
    expect(new Set(objects.map(({ bytes }) => bytes))).toEqual(new Set([10]));
  });

  it('names 20,000 prefixes of one level, each once, in their order', async () => {
    const repository = repositoryIn({ bucket: 'many-sets', endpoint: filled.endpoint });
    expect(await repository.prefixes('daily/clinic/')).toEqual(
      Array.from(
        { length: 20_000 },
        (_, number) => `daily/clinic/${String(number).padStart(5, '0')}/`,
      ),
    );
    expect(await repository.prefixes('')).toEqual(['daily/']);
  });

  it('shows every version, and objects that a delete marker hides', async () => {
    const repository = repositoryIn({ bucket: 'many-versions', endpoint: filled.endpoint });
    expect(await collect(repository.list(''))).toHaveLength(600);
    const versions = await collect(repository.listVersions(''));
    expect(versions).toHaveLength(1_400);
    expect(
      versions.filter(({ key }) => key === 'daily/clinic/00000/data').map(({ bytes }) => bytes),
    ).toEqual([11, 5]);
    expect(
      versions.filter(({ key }) => key === 'daily/clinic/00699/data').map(({ bytes }) => bytes),
    ).toEqual([11, 5]);
  });
});

describe('a sweep of more open uploads than a page shows', () => {
  it('aborts them all', async () => {
    const bucket = await makeBucket();
    for (const number of [1, 2, 3, 4, 5]) {
      await bucket.client.send(
        new CreateMultipartUploadCommand({ Bucket: bucket.name, Key: `p/d/s/data-${number}` }),
      );
    }
    const proxy = await startS3FaultProxy();
    // moto shows all uploads on one page; S3 shows 1,000.
    proxy.inject({
      when: 'ListMultipartUploads',
      fault: {
        kind: 'answered',
        body: (text, { query }) =>
          pageOf(text, { after: query.get('key-marker') ?? '', uploads: 2 }),
      },
    });
    const swept = await bucket.repository({ endpoint: proxy.endpoint }).abandonUnfinished('p/');
    await proxy.stop();
    expect(swept).toEqual([1, 2, 3, 4, 5].map((number) => `p/d/s/data-${number}`));
    expect(await openUploads(bucket)).toEqual([]);
  });
});

interface Page {
  after: string;
  uploads: number;
}

/** Cuts a listing of uploads down to one page of it. */
function pageOf(text: string, { after, uploads }: Page): string {
  const all = text.match(/<Upload>.*?<\/Upload>/gs) ?? [];
  const keyIn = (upload: string) => /<Key>(.*?)<\/Key>/.exec(upload)?.[1] ?? '';
  const rest = all
    .toSorted((one, other) => (keyIn(one) < keyIn(other) ? -1 : 1))
    .filter((upload) => keyIn(upload) > after);
  const page = rest.slice(0, uploads);
  const isTruncated = rest.length > page.length;
  const next = isTruncated
    ? `<NextKeyMarker>${keyIn(page.at(-1) ?? '')}</NextKeyMarker><NextUploadIdMarker>x</NextUploadIdMarker>`
    : '';
  return `<ListMultipartUploadsResult><IsTruncated>${isTruncated}</IsTruncated>${next}${page.join('')}</ListMultipartUploadsResult>`;
}

async function collect(source: AsyncIterable<StoredObject>): Promise<StoredObject[]> {
  const all: StoredObject[] = [];
  for await (const one of source) all.push(one);
  return all;
}
