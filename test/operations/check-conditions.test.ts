import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CopyObjectCommand, DeleteBucketReplicationCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AlertStateFile } from '../../engine/adapters/alert-state-file.ts';
import { FolderRepository } from '../../engine/adapters/folder-repository.ts';
import { parseConfig } from '../../engine/config/parse-config.ts';
import { backupId } from '../../engine/domain/backup-id.ts';
import type { DrillReport } from '../../engine/domain/drill-report.ts';
import { manifestKey, objectKey, type SetAddress } from '../../engine/domain/key.ts';
import { observeCheck } from '../../engine/domain/observations.ts';
import { type Mark, markName } from '../../engine/domain/set/mark-name.ts';
import { checkRehearsal } from '../../engine/operations/check/check-rehearsal.ts';
import { check, withFindings } from '../../engine/operations/check.ts';
import { noteRehearsal } from '../../engine/operations/drill/rehearsals.ts';
import { tell } from '../../engine/operations/tell.ts';
import type { Repository } from '../../engine/ports/repository.ts';
import { makeBucket, type TestBucket } from '../fixtures/aws.ts';
import { logicalManifest, storedObject } from '../fixtures/manifests.ts';
import { type S3FaultProxy, startS3FaultProxy } from '../fixtures/s3-fault-proxy.ts';
import { type VaultSettings, vaultSettings } from '../fixtures/vault-settings.ts';

const DAY = 86_400_000;
const NOW = Date.parse('2026-11-22T12:00:00Z');
const daysAgo = (days: number) => new Date(NOW - days * DAY);
const GIB = 1024 ** 3;
const DATA = 'data.dump.zst.esdk';

interface Scene {
  repository: Repository;
  /** What one check told, each in a word; nothing where it told nothing. */
  told(now?: Date): Promise<string[]>;
  /** Of the findings about settings of the last check. */
  details: string[];
}

let folder: string;
let bucket: TestBucket;
let scenes = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hf-conditions-'));
  bucket = await makeBucket();
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const PLACES = {
  'a folder': (name: string) => new FolderRepository(join(folder, name)),
  'a bucket': (prefix: string) => bucket.repository({ prefix }),
} satisfies Record<string, (name: string) => Repository>;

function sceneIn(place: keyof typeof PLACES): Scene {
  scenes += 1;
  return sceneOf(PLACES[place](`scene-${scenes}`));
}

function sceneOf(repository: Repository, parts: object = {}): Scene {
  scenes += 1;
  const name = `state-${scenes}`;
  const details: string[] = [];
  const config = parseConfig(
    {
      project: 'ward',
      databases: { clinic: { fromEnvironment: true } },
      repositories: { local: { folder: 'a' } },
      plans: { nightly: { keep: '400d' } },
      objectives: { rto: '4h', rpo: '24h' },
      diskFull: 1,
      ...parts,
    },
    { origin: 'the test' },
  );
  const told = async (now = new Date(NOW)) => {
    const alerts: string[] = [];
    const places = [{ name: 'local', repository, acceptsOverwrites: false }];
    const judged = await check({ repositories: places, clock: { now: () => now } }, config);
    const rehearsal = await checkRehearsal({ repositories: places }, judged, config);
    const { findings } = withFindings(judged, rehearsal);
    details.splice(0);
    for (const { verdict, detail } of findings) if (verdict === 'settings') details.push(detail);
    const alerting = {
      notifiers: [
        {
          channel: 'command' as const,
          deliver: async (message: { alerts: readonly { key: string; kind: string }[] }) => {
            alerts.push(...message.alerts.map(({ key, kind }) => `${kind} ${key}`));
          },
        },
      ],
      memory: new AlertStateFile(join(folder, `${name}.json`)),
      coolDownSeconds: 400 * 86_400,
      origin: { project: 'ward', host: 'h', config: 'holdfast.yaml' },
    };
    const complaints = await tell(
      alerting,
      observeCheck(findings, { at: now, repository: undefined }),
    );
    expect(complaints).toEqual([]);
    return alerts;
  };
  return { repository, told, details };
}

async function putSet(
  { repository }: Scene,
  { days, bytes = 1000 }: { days: number; bytes?: number },
): Promise<SetAddress> {
  const startedAt = daysAgo(days);
  const address = { plan: 'nightly', database: 'clinic', id: backupId(startedAt, '7f3a') };
  const object = storedObject({ storedBytes: 3, plaintextBytes: bytes });
  const manifest = logicalManifest({
    ...address,
    startedAt: startedAt.toISOString(),
    objects: [object],
  });
  await repository.put(objectKey(address, DATA), Buffer.from('abc'));
  await repository.put(
    manifestKey(address),
    Buffer.from(JSON.stringify({ ...manifest, seal: 'x' })),
  );
  return address;
}

async function putMark(
  { repository }: Scene,
  address: SetAddress,
  { mark, days, content = {} }: { mark: Mark; days: number; content?: object },
) {
  const key = objectKey(address, markName(mark, daysAgo(days)));
  await repository.put(key, Buffer.from(JSON.stringify(content)));
}

const UNREAD = 'check/nightly/clinic/local/unread';
const RTO = 'check/*/clinic/local/rto';
const SETTINGS = 'check/*/*/local/settings';
const REHEARSAL = 'check/*/*/config/rehearsal';

describe.each(Object.keys(PLACES) as (keyof typeof PLACES)[])('a check of %s', (place) => {
  it('names a set that nobody has read for 45 days, once, and its end once', async () => {
    const scene = sceneIn(place);
    const old = await putSet(scene, { days: 60 });
    await putMark(scene, old, { mark: 'checked', days: 50 });
    const young = await putSet(scene, { days: 8 });
    await putMark(scene, young, { mark: 'proven', days: 7 });
    expect(await scene.told(daysAgo(6))).toEqual([]);
    expect(await scene.told()).toEqual([`problem ${UNREAD}`]);
    expect(await scene.told()).toEqual([]);
    await putMark(scene, old, { mark: 'checked', days: 0 });
    expect(await scene.told()).toEqual([`recovered ${UNREAD}`]);
    expect(await scene.told()).toEqual([]);
  });

  it('takes a drill for a reading where it read this copy', async () => {
    const scene = sceneIn(place);
    const old = await putSet(scene, { days: 60 });
    await putMark(scene, old, { mark: 'checked', days: 50 });
    await putMark(scene, old, { mark: 'proven', days: 9, content: { provenIn: 'elsewhere' } });
    await putMark(scene, await putSet(scene, { days: 1 }), { mark: 'proven', days: 0.5 });
    expect(await scene.told()).toEqual([`problem ${UNREAD}`]);
    await putMark(scene, old, { mark: 'proven', days: 8, content: { restoreSeconds: 9 } });
    expect(await scene.told()).toEqual([`recovered ${UNREAD}`]);
  });

  it('names a restore that would take longer than it may, once, and its end once', async () => {
    const scene = sceneIn(place);
    const drilled = await putSet(scene, { days: 9, bytes: GIB });
    const content = { restoreSeconds: 3600 };
    await putMark(scene, drilled, { mark: 'proven', days: 8, content });
    await putSet(scene, { days: 2, bytes: 3 * GIB });
    expect(await scene.told()).toEqual([]);
    const large = await putSet(scene, { days: 1, bytes: 5 * GIB });
    expect(await scene.told()).toEqual([`problem ${RTO}`]);
    expect(await scene.told()).toEqual([]);
    await putMark(scene, large, { mark: 'proven', days: 0.5, content: { restoreSeconds: 7200 } });
    expect(await scene.told()).toEqual([`recovered ${RTO}`]);
    expect(await scene.told()).toEqual([]);
  });

  it('names a year without a full rehearsal, once, and its end once, and leaves a young installation alone', async () => {
    const scene = sceneIn(place);
    await putMark(scene, await putSet(scene, { days: 1 }), { mark: 'proven', days: 0.5 });
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
    expect(await scene.told(new Date(NOW + 366 * DAY))).toContain(`problem ${REHEARSAL}`);
  });
});

it('a check asks nobody to read what lies in a cold storage class', async () => {
  const scene = sceneIn('a bucket');
  const old = await putSet(scene, { days: 60 });
  await putMark(scene, await putSet(scene, { days: 1 }), { mark: 'proven', days: 0.5 });
  expect(await scene.told()).toEqual([`problem ${UNREAD}`]);
  const prefix = scene.repository.location.split('/').at(-1);
  const key = `${prefix}/${objectKey(old, DATA)}`;
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
  const scene = sceneIn('a folder');
  await putSet(scene, { days: 1 });
  const plan = join(scene.repository.location, 'nightly');
  expect(await scene.told()).toEqual([]);
  await chmod(plan, 0o777);
  expect(await scene.told()).toEqual([`problem ${SETTINGS}`]);
  expect(await scene.told()).toEqual([]);
  await chmod(plan, 0o700);
  expect(await scene.told()).toEqual([`recovered ${SETTINGS}`]);
  expect(await scene.told()).toEqual([]);
});

describe('a check of a vault', () => {
  const AWS = {
    account: '123456789012',
    region: 'us-east-1',
    repository: 'local',
    replica: { region: 'us-west-2' },
    network: {
      vpcId: 'vpc-0123456789abcdef0',
      subnetIds: ['subnet-0123456789abcdef0'],
      availabilityZones: ['us-east-1a'],
    },
  };
  let vault: TestBucket;
  let proxy: S3FaultProxy;
  let scene: Scene;

  let send: VaultSettings;

  beforeAll(async () => {
    vault = await makeBucket({ lockDays: 7 });
    proxy = await startS3FaultProxy();
    send = vaultSettings(vault, { project: 'ward' });
    await send.all({ replica: `${vault.name}-replica` });
    scene = sceneOf(vault.repository({ endpoint: proxy.endpoint }), {
      repositories: { local: { bucket: vault.name } },
      aws: AWS,
    });
    await putSet(scene, { days: 1 });
  });
  afterAll(() => proxy?.stop());

  it('that is set up as its config asks is silent', async () => {
    expect(await scene.told()).toEqual([]);
  });

  it.each<[string, () => Promise<unknown>, () => Promise<unknown>, string]>([
    [
      'shorter locks',
      () => send.lock(1),
      () => send.lock(7),
      'new objects are locked in mode governance for 1 d, and the config asks for governance and 7 d',
    ],
    [
      'a lifecycle rule that removes by age',
      () => send.lifecycle({ ObjectSizeGreaterThan: 1 }),
      () => send.lifecycle(),
      'lifecycle rule released-nightly removes what retention has not released',
    ],
    [
      'a policy without a guard',
      () => send.policy(send.statements().slice(1)),
      () => send.policy(),
      'the bucket policy lacks NothingIsRemoved',
    ],
    [
      'no replication',
      () => vault.client.send(new DeleteBucketReplicationCommand({ Bucket: vault.name })),
      () => send.replication(`${vault.name}-replica`),
      'nothing is replicated to',
    ],
    [
      'another default key',
      () => send.encryption('AES256'),
      () => send.encryption('aws:kms'),
      'the default encryption is AES256',
    ],
    [
      'a setting that may not be read',
      async () =>
        proxy.inject({
          when: ({ query }) => query.has('policy'),
          fault: { kind: 'refused', status: 403, code: 'AccessDenied' },
        }),
      async () => proxy.heal(),
      'not known: the bucket policy (s3:GetBucketPolicy is denied)',
    ],
  ])('names %s, once, and its end once', async (_what, change, restore, detail) => {
    await change();
    expect(await scene.told()).toEqual([`problem ${SETTINGS}`]);
    expect(scene.details).toEqual([expect.stringContaining(detail)]);
    expect(await scene.told()).toEqual([]);
    await restore();
    expect(await scene.told()).toEqual([`recovered ${SETTINGS}`]);
    expect(await scene.told()).toEqual([]);
  });

  it('names a setting that may not be read beside one that is wrong', async () => {
    await send.lock(1);
    proxy.inject({
      when: ({ query }) => query.has('policy'),
      fault: { kind: 'refused', status: 403, code: 'AccessDenied' },
    });
    await scene.told();
    expect(scene.details).toEqual([
      expect.stringMatching(/locked in mode .*; not known: the bucket policy/),
    ]);
  });
});
