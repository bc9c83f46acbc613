import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { HeadObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { AuditRecord } from '../../engine/domain/audit-record.ts';
import {
  awsEnvironment,
  type BucketWish,
  lockFromNowOn,
  makeBucket,
  type TestBucket,
} from '../fixtures/aws.ts';
import { makeDatabase, type TestDatabase } from '../fixtures/database.ts';
import { expectFailure } from '../fixtures/failure.ts';
import { makeWorkspace, type Workspace } from '../fixtures/holdfast.ts';
import {
  endUndoWindow,
  expireReleased,
  isTagged,
  keysWithVersions,
  undoRelease,
} from '../fixtures/lifecycle.ts';
import { decisionOf, plantMark, prune, run } from '../fixtures/pruned.ts';
import { startS3FaultProxy } from '../fixtures/s3-fault-proxy.ts';
import { backUp } from '../fixtures/set.ts';

const DAY_MS = 86_400_000;

describe('prune, in a bucket', () => {
  let database: TestDatabase;
  let workspace: Workspace;
  let bucket: TestBucket;

  beforeAll(async () => {
    database = await makeDatabase({ sql: 'CREATE TABLE t AS SELECT 1 AS i' });
  });
  afterAll(() => database.drop());
  beforeEach(async () => {
    workspace = await makeWorkspace({ databaseUrl: database.url, env: awsEnvironment() });
  });
  afterEach(() => workspace.remove());

  async function useBucket(keep: string, wish: BucketWish = { isVersioned: true }): Promise<void> {
    bucket = await makeBucket(wish);
    await keepFor(keep);
  }

  async function keepFor(keep: string, settings: object = {}): Promise<void> {
    const config = {
      project: 'test',
      databases: { clinic: { fromEnvironment: true, drill: { enabled: false } } },
      repositories: { offsite: { bucket: bucket.name, prefix: 'backups', ...settings } },
      plans: { default: { keep } },
    };
    await writeFile(join(workspace.folder, 'holdfast.yaml'), JSON.stringify(config));
  }

  /** Two sets whose keep has passed; the younger one is CHECKED. */
  async function twoSets(): Promise<[string, string]> {
    const [older, younger] = [await backUp(workspace), await backUp(workspace)];
    await run(workspace, ['verify', younger]);
    await sleep(1_000);
    return [older, younger];
  }

  async function keysOf(id: string): Promise<string[]> {
    const keys: string[] = [];
    for await (const { key } of bucket
      .repository({ prefix: 'backups' })
      .list(`default/clinic/${id}/`))
      keys.push(key);
    return keys.map((key) => `backups/${key}`);
  }

  async function auditsOf(id: string): Promise<AuditRecord[]> {
    const repository = bucket.repository({ prefix: 'backups' });
    const records: AuditRecord[] = [];
    for await (const { key } of repository.list('audit/'))
      records.push(JSON.parse((await repository.get(key)).toString()) as AuditRecord);
    return records.filter(({ operation, backup }) => operation === 'prune' && backup === id);
  }

  it('tags what is released and removes nothing; the store removes it, and then the marks go too', async () => {
    await useBucket('1s');
    const [older, younger] = await twoSets();
    const before = await keysOf(older);
    expect(await prune(workspace, { isApplied: true })).toMatchObject({ disposed: [] });
    expect(await keysOf(older)).toEqual(expect.arrayContaining(before));
    for (const key of before) expect(await isTagged(bucket, key), key).toBe(true);
    for (const key of await keysOf(younger)) expect(await isTagged(bucket, key), key).toBe(false);
    expect((await auditsOf(older)).map(({ notes }) => notes)).toEqual([
      expect.stringContaining('for its undo window'),
    ]);

    const marked = await keysOf(older);
    expect(decisionOf(await prune(workspace, { isApplied: true }), older)).toBe(
      'release released-before',
    );
    expect(await keysOf(older)).toEqual(marked);

    await expireReleased(bucket);
    expect(await prune(workspace, { isApplied: true })).toMatchObject({ disposed: [] });
    expect((await keysOf(older)).every((key) => key.includes('/released-'))).toBe(true);

    await endUndoWindow(bucket);
    expect(await prune(workspace, { isApplied: true })).toMatchObject({ disposed: [older] });
    expect((await auditsOf(older)).map(({ notes }) => notes)).toContainEqual(
      expect.stringContaining('nothing is left'),
    );
    for (const key of await keysOf(older)) expect(await isTagged(bucket, key), key).toBe(true);

    await expireReleased(bucket);
    await endUndoWindow(bucket);
    expect((await keysWithVersions(bucket)).filter((key) => key.includes(`/${older}/`))).toEqual(
      [],
    );
    expect(await prune(workspace, { isApplied: true })).toMatchObject({ disposed: [] });
    expect(await auditsOf(older)).toHaveLength(2);
    expect(decisionOf(await prune(workspace), younger)).toBe('keep too-few-proven');
  });

  it('finishes a release that died before every object was tagged', async () => {
    await useBucket('1s');
    const [older] = await twoSets();
    const repository = bucket.repository({ prefix: 'backups' });
    await plantMark(workspace, { id: older, mark: 'released', at: new Date(), repository });
    await repository.release([`default/clinic/${older}/manifest.json`]);
    await expireReleased(bucket);
    await prune(workspace, { isApplied: true });
    for (const key of await keysOf(older))
      expect(await isTagged(bucket, key), key).toBe(!key.includes('/released-'));
  });

  it('can be undone within the window, as docs/RETENTION.md says', async () => {
    await useBucket('1s');
    const [older] = await twoSets();
    await prune(workspace, { isApplied: true });
    await expireReleased(bucket);
    await prune(workspace, { isApplied: true });
    expectFailure(await workspace.run(['show', older, '--json']), {
      code: 'SET_NOT_FOUND',
      status: 2,
    });
    await undoRelease(bucket, `backups/default/clinic/${older}/`);
    await run(workspace, ['hold', older]);
    await run(workspace, ['verify', older]);
    expect(decisionOf(await prune(workspace, { isApplied: true }), older)).toBe('keep held');
  });

  it('locks what is not CHECKED for four weeks, and asks again only when two of them are over', async () => {
    await useBucket('30d', { lockDays: 7 });
    const id = await backUp(workspace);
    expect(await prune(workspace, { isApplied: true })).toMatchObject({ locked: 1 });
    for (const key of await keysOf(id)) expect(await daysLocked(key), key).toBeCloseTo(28, 0);
    expect(await prune(workspace, { isApplied: true })).toMatchObject({ locked: 0 });
  });

  it('leaves the lock to verify, which locks a set to its keep', async () => {
    await useBucket('60d', { lockDays: 7 });
    const id = await backUp(workspace);
    const keys = await keysOf(id);
    await run(workspace, ['verify', id]);
    for (const key of keys) expect(await daysLocked(key), key).toBeCloseTo(60, 0);
    expect(await prune(workspace, { isApplied: true })).toMatchObject({ locked: 0 });
  });

  it('leaves a set locked for no longer than its plan keeps today, whatever the manifest says that its writer made', async () => {
    await useBucket('900y', { lockDays: 7 });
    const id = await backUp(workspace);
    const keys = await keysOf(id);
    await keepFor('60d');
    await run(workspace, ['verify', id]);
    for (const key of keys) expect(await daysLocked(key), key).toBeCloseTo(60, 0);
    expect(decisionOf(await prune(workspace, { isApplied: true }), id)).toMatch(/^keep/);
  });

  it('lengthens the lock of a set that stays beyond its keep', async () => {
    await useBucket('1s', { lockDays: 7 });
    const id = await backUp(workspace);
    await run(workspace, ['verify', id]);
    await sleep(1_000);
    expect(await prune(workspace, { isApplied: true })).toMatchObject({ locked: 1 });
    for (const key of await keysOf(id)) expect(await daysLocked(key), key).toBeCloseTo(28, 0);
  });

  it('locks what was CHECKED before the bucket had locks', async () => {
    await useBucket('30d');
    const id = await backUp(workspace);
    await run(workspace, ['verify', id]);
    expect(await prune(workspace, { isApplied: true })).toMatchObject({ locked: 0 });
    const keys = await keysOf(id);
    await lockFromNowOn(bucket);
    expect(await prune(workspace, { isApplied: true })).toMatchObject({ locked: 1 });
    for (const key of keys) expect(await daysLocked(key), key).toBeCloseTo(28, 0);
    expect(await prune(workspace, { isApplied: true })).toMatchObject({ locked: 0 });
  });

  it('fails where it may not know of the locks, and locks nothing blindly', async () => {
    await useBucket('30d', { lockDays: 7 });
    await backUp(workspace);
    const proxy = await startS3FaultProxy();
    proxy.inject({
      when: 'GetRetention',
      fault: { kind: 'refused', status: 403, code: 'AccessDenied' },
    });
    const finished = await workspace.run(
      ['prune', '--apply', '--json'],
      awsEnvironment({ endpoint: proxy.endpoint }),
    );
    await proxy.stop();
    expect(expectFailure(finished, { code: 'ACCESS_DENIED', isReported: true }).message).toContain(
      's3:GetObjectRetention',
    );
    expect(proxy.seen.filter(({ operation }) => operation === 'Retention')).toEqual([]);
  });

  it('deletes what is released where the config says so, the manifest first', async () => {
    await useBucket('1s', {});
    const [older, younger] = await twoSets();
    const kept = await keysOf(younger);
    const proxy = await startS3FaultProxy();
    await keepFor('1s', { endpoint: proxy.endpoint, retention: 'delete' });
    expect(await prune(workspace, { isApplied: true })).toMatchObject({ disposed: [older] });
    await proxy.stop();
    const deleted = proxy.seen
      .filter(({ operation, key }) => operation === 'DeleteObject' && !key.endsWith('.not-there'))
      .map(({ key }) => key.replace(/^.*\//, ''));
    expect(deleted[0]).toBe('manifest.json');
    expect(deleted.at(-1)).toMatch(/^(released|disposed)-/);
    expect(await keysOf(older)).toEqual([]);
    expect(await keysOf(younger)).toEqual(kept);
    expect(await auditsOf(older)).toMatchObject([
      { notes: expect.stringContaining('nothing is left') },
    ]);
  });

  it('marks nothing where the store will not let it release', async () => {
    await useBucket('1s', { lockDays: 1 });
    const [older] = await twoSets();
    const before = await keysOf(older);
    const proxy = await startS3FaultProxy();
    const faults = [
      [
        { kind: 'refused', status: 501, code: 'NotImplemented' },
        'STORE_UNFIT',
        'retention: delete',
      ],
      [
        { kind: 'refused', status: 403, code: 'AccessDenied' },
        'ACCESS_DENIED',
        's3:GetObjectTagging',
      ],
      // The store takes the request for tags as one for the object, and would replace it by tags.
      [{ kind: 'answered', body: () => '{"format":1}' }, 'STORE_UNFIT', 'retention: delete'],
    ] as const;
    for (const [fault, code, word] of faults) {
      proxy.inject({ when: 'Tagging', times: 1, fault });
      const env = awsEnvironment({ endpoint: proxy.endpoint });
      const finished = await workspace.run(['prune', '--apply', '--json'], env);
      expect(expectFailure(finished, { code, isReported: true }).hint).toContain(word);
      expect(await keysOf(older)).toEqual(before);
    }
    await proxy.stop();
    expect(proxy.seen.filter(({ operation }) => operation === 'Tagging')).toHaveLength(3);
    await keepFor('1s', { retention: 'delete' });
    const finished = await workspace.run(['prune', '--apply', '--json']);
    expect(expectFailure(finished, { code: 'STORE_UNFIT', isReported: true }).message).toContain(
      'Object Lock',
    );
    expect(await keysOf(older)).toEqual(before);
  });

  it('tells people what was released before from what is to be released', async () => {
    await useBucket('1s');
    await twoSets();
    expect((await workspace.run(['prune'])).stdout).toContain('1 kept, 1 to be released: `');
    await prune(workspace, { isApplied: true });
    expect((await workspace.run(['prune'])).stdout).toMatch(
      /\n1 kept, 1 released before, 0 to be released\n$/,
    );
  });

  async function daysLocked(key: string): Promise<number> {
    const { ObjectLockRetainUntilDate: until } = await bucket.client.send(
      new HeadObjectCommand({ Bucket: bucket.name, Key: key }),
    );
    return ((until?.getTime() ?? 0) - Date.now()) / DAY_MS;
  }
});
