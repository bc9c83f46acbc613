import { readFile, writeFile } from 'node:fs/promises';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ErrorCode } from '../../engine/errors.ts';
import { type BucketScene, dropScans, setBucketScene } from '../fixtures/bucket-scene.ts';
import {
  type CredentialsEndpoint,
  startCredentialsEndpoint,
} from '../fixtures/credentials-endpoint.ts';
import { expectFailure } from '../fixtures/failure.ts';
import type { Fault, FaultRule } from '../fixtures/s3-fault-proxy.ts';
import { stateOf } from '../fixtures/set.ts';

const MIB = 1024 * 1024;
const refused = (status: number, code: string, region?: string): Fault => ({
  kind: 'refused',
  status,
  code,
  ...(region === undefined ? {} : { region }),
});

/** Each ends before the attempts of one request do. */
const PASSING: FaultRule[] = [
  { when: 'CreateMultipartUpload', times: 1, fault: refused(500, 'InternalError') },
  {
    when: ({ query }) => query.get('partNumber') === '1',
    times: 1,
    fault: refused(503, 'SlowDown'),
  },
  {
    when: ({ query }) => query.get('partNumber') === '2',
    times: 2,
    fault: { kind: 'dropped', afterBytes: 3 * MIB },
  },
  { when: 'CompleteMultipartUpload', times: 1, fault: { kind: 'answer lost' } },
  {
    when: ({ operation, key }) => operation === 'PutObject' && key.endsWith('manifest.json'),
    times: 1,
    fault: { kind: 'answer lost' },
  },
  {
    when: ({ operation, key }) => operation === 'GetObject' && key.includes('/data.'),
    times: 3,
    fault: { kind: 'truncated', afterBytes: MIB },
  },
];

interface Lasting {
  rule: FaultRule;
  code: ErrorCode;
  status: 1 | 75;
  /** Whether the store still takes an audit record. */
  isRecorded: boolean;
}

const LASTING: Record<string, Lasting> = {
  'asks to slow down for ever': {
    rule: { when: 'UploadPart', fault: refused(503, 'SlowDown') },
    code: 'REPOSITORY_UNREACHABLE',
    status: 75,
    isRecorded: true,
  },
  'drops every part': {
    rule: { when: 'UploadPart', fault: { kind: 'dropped', afterBytes: MIB } },
    code: 'REPOSITORY_UNREACHABLE',
    status: 75,
    isRecorded: true,
  },
  'refuses parts': {
    rule: { when: 'UploadPart', fault: refused(403, 'AccessDenied') },
    code: 'ACCESS_DENIED',
    status: 1,
    isRecorded: true,
  },
  'refuses the completion': {
    rule: { when: 'CompleteMultipartUpload', fault: refused(403, 'AccessDenied') },
    code: 'ACCESS_DENIED',
    status: 1,
    isRecorded: true,
  },
  'refuses the manifest': {
    rule: { when: ({ key }) => key.endsWith('manifest.json'), fault: refused(403, 'AccessDenied') },
    code: 'ACCESS_DENIED',
    status: 1,
    isRecorded: true,
  },
  'has a KMS key that is disabled': {
    rule: { when: 'CreateMultipartUpload', fault: refused(400, 'KMS.DisabledException') },
    code: 'KEY_UNUSABLE',
    status: 1,
    isRecorded: true,
  },
  'has a KMS key that is pending deletion': {
    rule: { when: 'CreateMultipartUpload', fault: refused(400, 'KMS.KMSInvalidStateException') },
    code: 'KEY_UNUSABLE',
    status: 1,
    isRecorded: true,
  },
  'finds our clock off': {
    rule: { when: () => true, fault: refused(403, 'RequestTimeTooSkewed') },
    code: 'CLOCK_OFF',
    status: 1,
    isRecorded: false,
  },
  'is in another region': {
    rule: { when: () => true, fault: refused(301, 'PermanentRedirect', 'eu-west-1') },
    code: 'REPOSITORY_UNREACHABLE',
    status: 1,
    isRecorded: false,
  },
  'refuses expired credentials': {
    rule: { when: () => true, fault: refused(400, 'ExpiredToken') },
    code: 'CREDENTIALS',
    status: 1,
    isRecorded: false,
  },
};

/** Objects of a set are published before its manifest; without one they are nothing, and retention sweeps them. */
const isWithoutManifest = (keys: string[]) => keys.every((key) => !key.endsWith('manifest.json'));

describe('a backup to a bucket', () => {
  let scene: BucketScene;
  let keys: CredentialsEndpoint | undefined;

  beforeEach(async () => {
    scene = await setBucketScene();
  });
  afterEach(async () => {
    await scene.remove();
    await keys?.stop();
    keys = undefined;
  });
  afterAll(dropScans);

  it('survives what passes, and so does reading it back', async () => {
    const { proxy, workspace, bucket } = scene;
    for (const rule of PASSING) proxy.inject(rule);
    const finished = await workspace.run(['backup', '--json']);
    expect(finished).toMatchObject({ status: 0, stderr: expect.not.stringContaining('"code"') });
    const { id } = finished.json<{ id: string }>();
    expect(await workspace.run(['verify', id, '--json'])).toMatchObject({ status: 0 });
    expect(await stateOf(workspace, id)).toBe('CHECKED');
    expect(proxy.faults).toBe(9);
    expect(proxy.mistakes).toEqual([]);
    expect(
      (await scene.auditRecords()).map(({ operation, status }) => [operation, status]),
    ).toEqual([
      ['backup', 'success'],
      ['verify', 'success'],
    ]);
    expect(await bucket.repository().abandonUnfinished('')).toEqual([]);
  });

  it.each([
    ['ListMultipartUploads', 403, 'AccessDenied'],
    ['ListMultipartUploads', 501, 'NotImplemented'],
  ])('is taken where %s answers %i, and a note says what stays', async (when, status, code) => {
    scene.proxy.inject({ when, fault: refused(status, code) });
    const finished = await scene.workspace.run(['backup', '--json']);
    expect(finished).toMatchObject({ status: 0 });
    expect(finished.stderr).toContain('what dead runs left open in s3 was not cleaned up');
    expect(scene.proxy.faults).toBe(1);
  });

  it.each(Object.keys(LASTING))('fails cleanly when the store %s', async (what) => {
    const { rule, code, status, isRecorded } = LASTING[what] as Lasting;
    scene.proxy.inject(rule);
    const finished = await scene.workspace.run(['backup', '--json']);
    expectFailure(finished, { code, status });
    expect(finished.stderr).not.toMatch(/Credential=|Signature=|testing/);
    scene.proxy.heal();
    expect(isWithoutManifest(await scene.leftovers())).toBe(true);
    expect(await scene.bucket.repository().abandonUnfinished('')).toEqual([]);
    const records = (await scene.auditRecords()).map((record) => ({
      status: record.status,
      code: record.error?.code,
    }));
    expect(records).toEqual(isRecorded ? [{ status: 'failed', code }] : []);
    const { sets } =
      (await scene.workspace.run(['list', '--json'])).json<{
        repositories: { sets: unknown[] }[];
      }>().repositories[0] ?? {};
    expect(sets).toEqual([]);
  });

  it('that may not abort its upload says so, and the next one removes it or says so again', async () => {
    scene.proxy.inject({ when: 'CompleteMultipartUpload', fault: refused(403, 'AccessDenied') });
    const mayNotAbort = refused(403, 'AccessDenied');
    scene.proxy.inject({ when: 'AbortMultipartUpload', fault: mayNotAbort });
    const failed = await scene.workspace.run(['backup', '--json']);
    expectFailure(failed, { code: 'ACCESS_DENIED', status: 1 });
    expect(failed.stderr).toMatch(/an unfinished upload of \S+ stays in s3:\S+ until .*Abort/);
    scene.proxy.heal();
    scene.proxy.inject({ when: 'AbortMultipartUpload', fault: mayNotAbort });
    const next = await scene.workspace.run(['backup', '--json']);
    expect(next, next.stderr).toMatchObject({ status: 0 });
    expect(next.stderr).toMatch(/what dead runs left open in s3 was not cleaned up: .*Abort/);
    scene.proxy.heal();
    const last = await scene.workspace.run(['backup', '--json']);
    expect(last.stderr).toMatch(/removed what run \S+, which died, had left unfinished/);
    expect(await scene.bucket.repository().abandonUnfinished('')).toEqual([]);
  });

  it.each([
    ['PutObject', 'ignores If-None-Match'],
    ['CompleteMultipartUpload', 'ignores If-None-Match at the end of an upload in parts'],
  ])('is refused before anything is written where %s replaces an object', async (when, words) => {
    const fault: Fault = { kind: 'without', header: 'if-none-match' };
    scene.proxy.inject({ when, fault });
    const finished = await scene.workspace.run(['backup', '--json']);
    const { message } = expectFailure(finished, { code: 'STORE_UNFIT', status: 1 });
    expect(message.endsWith(words)).toBe(true);
    expect(await scene.leftovers()).toEqual([]);
  });

  it('gets new credentials when the old ones expire in its midst', async () => {
    await scene.remove();
    keys = await startCredentialsEndpoint();
    scene = await setBucketScene({ env: keys.env });
    const { proxy } = scene;
    const hasSentParts = () => proxy.seen.some(({ operation }) => operation === 'UploadPart');
    proxy.inject({
      when: ({ accessKeyId }) => accessKeyId === 'KEY1' && hasSentParts(),
      fault: refused(400, 'ExpiredToken'),
    });
    expect(await scene.workspace.run(['backup', '--json'])).toMatchObject({ status: 0 });
    expect(proxy.faults).toBeGreaterThan(0);
    expect(proxy.seen.at(-1)?.accessKeyId).toBe('KEY2');
  });

  it('says that the bucket is not there', async () => {
    const finished = await scene.workspace.run([
      'backup',
      '--json',
      '--config',
      await elsewhere(scene),
    ]);
    const { message } = expectFailure(finished, { code: 'REPOSITORY_UNREACHABLE' });
    expect(message).toBe('there is no bucket there-is-none');
  });
});

/** The same config with the name of a bucket that nobody has. */
async function elsewhere({ workspace }: BucketScene): Promise<string> {
  const path = `${workspace.folder}/elsewhere.yaml`;
  const config = JSON.parse(await readFile(`${workspace.folder}/holdfast.yaml`, 'utf8')) as object;
  await writeFile(
    path,
    JSON.stringify({ ...config, repositories: { s3: { bucket: 'there-is-none' } } }),
  );
  return path;
}
