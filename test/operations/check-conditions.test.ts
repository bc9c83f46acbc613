import { chmod } from 'node:fs/promises';
import { join } from 'node:path';
import { CopyObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { backupId } from '../../engine/domain/backup-id.ts';
import type { DrillReport } from '../../engine/domain/drill-report.ts';
import { objectKey } from '../../engine/domain/key.ts';
import { noteRehearsal } from '../../engine/operations/drill/rehearsals.ts';
import { CheckScenes, DATA, daysAgo, SCENE_PLACES } from '../fixtures/check-scene.ts';

const GIB = 1024 ** 3;

let scenes: CheckScenes;

beforeAll(async () => {
  scenes = await CheckScenes.make();
});
afterAll(() => scenes?.remove());

const UNREAD = 'check/nightly/clinic/local/unread';
const RTO = 'check/*/clinic/local/rto';
const SETTINGS = 'check/*/*/local/settings';
const REHEARSAL = 'check/*/*/config/rehearsal';

describe.each(SCENE_PLACES)('a check of %s', (place) => {
  it('names a set that nobody has read for 45 days, once, and its end once', async () => {
    const scene = scenes.in(place);
    const old = await scene.putSet({ days: 60 });
    await scene.putMark(old, { mark: 'checked', days: 50 });
    const young = await scene.putSet({ days: 8 });
    await scene.putMark(young, { mark: 'proven', days: 7 });
    expect(await scene.told(daysAgo(6))).toEqual([]);
    expect(await scene.told()).toEqual([`problem ${UNREAD}`]);
    expect(await scene.told()).toEqual([]);
    await scene.putMark(old, { mark: 'checked', days: 0 });
    expect(await scene.told()).toEqual([`recovered ${UNREAD}`]);
    expect(await scene.told()).toEqual([]);
  });

  it('takes a drill for a reading where it read this copy', async () => {
    const scene = scenes.in(place);
    const old = await scene.putSet({ days: 60 });
    await scene.putMark(old, { mark: 'checked', days: 50 });
    await scene.putMark(old, { mark: 'proven', days: 9, content: { provenIn: 'elsewhere' } });
    await scene.putMark(await scene.putSet({ days: 1 }), { mark: 'proven', days: 0.5 });
    expect(await scene.told()).toEqual([`problem ${UNREAD}`]);
    await scene.putMark(old, { mark: 'proven', days: 8, content: { restoreSeconds: 9 } });
    expect(await scene.told()).toEqual([`recovered ${UNREAD}`]);
  });

  it('names a restore that would take longer than it may, once, and its end once', async () => {
    const scene = scenes.in(place);
    const drilled = await scene.putSet({ days: 9, bytes: GIB });
    const content = { restoreSeconds: 3600 };
    await scene.putMark(drilled, { mark: 'proven', days: 8, content });
    await scene.putSet({ days: 2, bytes: 3 * GIB });
    expect(await scene.told()).toEqual([]);
    const large = await scene.putSet({ days: 1, bytes: 5 * GIB });
    expect(await scene.told()).toEqual([`problem ${RTO}`]);
    expect(await scene.told()).toEqual([]);
    await scene.putMark(large, { mark: 'proven', days: 0.5, content: { restoreSeconds: 7200 } });
    expect(await scene.told()).toEqual([`recovered ${RTO}`]);
    expect(await scene.told()).toEqual([]);
  });

  it('names a year without a full rehearsal, once, and its end once, and leaves a young installation alone', async () => {
    const scene = scenes.in(place);
    await scene.putMark(await scene.putSet({ days: 1 }), { mark: 'proven', days: 0.5 });
    const record = (days: number) => {
      const id = `${backupId(daysAgo(days), '7f3a')}`;
      const day = daysAgo(days).toISOString().slice(0, 10).replaceAll('-', '/');
      return scene.repository.put(`audit/${day}/${id}-backup.json`, Buffer.from('{}'));
    };
    const rehearse = (days: number) =>
      noteRehearsal(scene.repository, {
        reportKey: 'drills/clinic/x.json',
        report: {
          backup: { id: backupId(daysAgo(days), '7f3a'), database: 'clinic' },
          tester: '=cmd|<script>',
          completedAt: daysAgo(days).toISOString(),
        } as DrillReport,
      });
    await record(364);
    expect(await scene.told()).toEqual([]);
    await record(366);
    expect(await scene.told()).toEqual([`problem ${REHEARSAL}`]);
    expect(await scene.told()).toEqual([]);
    await rehearse(400);
    expect(await scene.told()).toEqual([]);
    await rehearse(0.1);
    expect(await scene.told()).toEqual([`recovered ${REHEARSAL}`]);
    expect(await scene.told()).toEqual([]);
    expect(await scene.told(daysAgo(-366))).toContain(`problem ${REHEARSAL}`);
  });
});

it('a check asks nobody to read what lies in a cold storage class', async () => {
  const scene = scenes.in('a bucket');
  const old = await scene.putSet({ days: 60 });
  await scene.putMark(await scene.putSet({ days: 1 }), { mark: 'proven', days: 0.5 });
  expect(await scene.told()).toEqual([`problem ${UNREAD}`]);
  const prefix = scene.repository.location.split('/').at(-1);
  const key = `${prefix}/${objectKey(old, DATA)}`;
  const { bucket } = scenes;
  await bucket.client.send(
    new CopyObjectCommand({
      Bucket: bucket.name,
      Key: key,
      CopySource: `${bucket.name}/${key}`,
      StorageClass: 'DEEP_ARCHIVE',
    }),
  );
  expect(await scene.told()).toEqual([`recovered ${UNREAD}`]);
});

it('a check names a folder that every user may write in, once, and its end once', async () => {
  const scene = scenes.in('a folder');
  await scene.putSet({ days: 1 });
  const plan = join(scene.repository.location, 'nightly');
  expect(await scene.told()).toEqual([]);
  await chmod(plan, 0o777);
  expect(await scene.told()).toEqual([`problem ${SETTINGS}`]);
  expect(await scene.told()).toEqual([]);
  await chmod(plan, 0o700);
  expect(await scene.told()).toEqual([`recovered ${SETTINGS}`]);
  expect(await scene.told()).toEqual([]);
});
