import { DeleteBucketReplicationCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { parseConfig } from '../../engine/config/parse-config.ts';
import { replicaGuardsBySid } from '../../engine/domain/stack/vault-guards.ts';
import { scoreDatabases } from '../../engine/operations/check/score-databases.ts';
import { check } from '../../engine/operations/check.ts';
import { makeBucket, type TestBucket } from '../fixtures/aws.ts';
import { type CheckScene, CheckScenes, daysAgo } from '../fixtures/check-scene.ts';
import { type S3FaultProxy, startS3FaultProxy } from '../fixtures/s3-fault-proxy.ts';
import { type VaultSettings, vaultSettings } from '../fixtures/vault-settings.ts';

const SETTINGS = 'check/*/*/local/settings';
const OF_REPLICA = 'check/*/*/replica%20in%20us-west-2/settings';
const UNCOPIED = 'check/nightly/clinic/local/uncopied';
const KEY = 'arn:aws:kms:us-east-1:123456789012:key/0f1e';

let scenes: CheckScenes;

beforeAll(async () => {
  scenes = await CheckScenes.make();
});
afterAll(() => scenes?.remove());

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
  let scene: CheckScene;

  let send: VaultSettings;
  let away: TestBucket;
  let sendAway: VaultSettings;
  let storeKeys: { vault: string | undefined; replica: string | undefined };

  beforeAll(async () => {
    vault = await makeBucket({ lockDays: 7 });
    proxy = await startS3FaultProxy();
    send = vaultSettings(vault, { project: 'ward' });
    await send.all({ replica: undefined });
    away = await makeBucket({ lockDays: 7, name: `${vault.name}-replica` });
    sendAway = vaultSettings(away, { project: 'ward', guards: replicaGuardsBySid('governance') });
    await sendAway.all({ replica: undefined });
    await send.replication(away.name);
    scene = scenes.on(vault.repository({ endpoint: proxy.endpoint }));
    scene.surroundings = {
      replica: { name: 'replica in us-west-2', repository: away.repository() },
      storeKeys: async () => storeKeys,
    };
    scene.use({ repositories: { local: { bucket: vault.name } }, aws: AWS });
    await scene.putSet({ days: 1 });
  });
  beforeEach(() => {
    proxy.heal();
    storeKeys = { vault: undefined, replica: undefined };
  });
  afterAll(() => proxy?.stop());

  it('that is set up as its config asks is silent', async () => {
    expect(await scene.told()).toEqual([]);
  });

  it('takes as few requests as docs/COST.md counts', async () => {
    await scene.told();
    const before = proxy.seen.length;
    await scene.told();
    const asked = Map.groupBy(proxy.seen.slice(before), ({ key, operation }) =>
      key === '' ? 'of the bucket' : operation,
    );
    const counts = [...asked].map(([what, { length }]) => [what, length]);
    // Five listings of plans, their sets and records, and six settings; the manifest three times; how far the manifest and the one object were copied.
    expect(Object.fromEntries(counts)).toEqual({
      ...{ 'of the bucket': 11, GetObject: 3, HeadObject: 2 },
    });
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
    await send.lock(7);
    proxy.heal();
    await scene.told();
  });

  it.each<[string, () => Promise<unknown>, () => Promise<unknown>, string]>([
    [
      'shorter locks',
      () => sendAway.lock(1),
      () => sendAway.lock(7),
      'new objects are locked in mode governance for 1 d',
    ],
    [
      'a policy that lets others write',
      () => sendAway.policy(sendAway.statements().slice(0, -1)),
      () => sendAway.policy(),
      'the bucket policy lacks OnlyOurCopies',
    ],
    [
      'a lifecycle rule that removes by age',
      () => sendAway.lifecycle({ ObjectSizeGreaterThan: 1 }),
      () => sendAway.lifecycle(),
      'lifecycle rule released-nightly removes',
    ],
    [
      'another key than the one of the stack',
      async () => {
        storeKeys = { vault: undefined, replica: KEY };
      },
      async () => {
        storeKeys = { vault: undefined, replica: undefined };
      },
      `and the config asks for ${KEY}`,
    ],
  ])('names %s in the replica, once, and its end once', async (_what, change, restore, detail) => {
    expect((await scene.told()).filter((one) => !one.startsWith('recovered'))).toEqual([]);
    await change();
    expect(await scene.told()).toEqual([`problem ${OF_REPLICA}`]);
    expect(scene.details).toEqual([expect.stringContaining(detail)]);
    expect(await scene.told()).toEqual([]);
    await restore();
    expect(await scene.told()).toEqual([`recovered ${OF_REPLICA}`]);
    expect(await scene.told()).toEqual([]);
  });

  it('takes the key of the stack by its ARN, and no other', async () => {
    await send.encryption('aws:kms', KEY);
    storeKeys = { vault: KEY, replica: undefined };
    expect(await scene.told()).toEqual([]);
    await send.encryption('aws:kms', `${KEY}2`);
    expect(await scene.told()).toEqual([`problem ${SETTINGS}`]);
    expect(scene.details).toEqual([`the default key is ${KEY}2, and the config asks for ${KEY}`]);
    await send.encryption('aws:kms', KEY);
    expect(await scene.told()).toEqual([`recovered ${SETTINGS}`]);
  });

  const answers = (value: string, of = '') =>
    proxy.inject({
      when: ({ operation, key }) => operation === 'HeadObject' && key.endsWith(of),
      fault: { kind: 'with', header: 'x-amz-replication-status', value },
    });

  it.each([
    ['FAILED', 'critical'],
    ['PENDING', 'warning'],
  ])('rings when one object of the newest set is %s for more than an hour', async (status, severity) => {
    answers(status, 'data.dump.zst.esdk');
    answers('COMPLETED');
    expect(await scene.told(new Date(daysAgo(1).getTime() + 3_590_000))).toEqual([]);
    expect(await scene.told()).toEqual([`problem ${UNCOPIED}`]);
    const found = scene.findings.find(({ verdict }) => verdict === 'uncopied');
    expect(found).toMatchObject({
      severity,
      detail: expect.stringContaining('data.dump.zst.esdk'),
    });
    expect(await scene.told()).toEqual([]);
    proxy.heal();
    answers('COMPLETED');
    expect(await scene.told()).toEqual([`recovered ${UNCOPIED}`]);
    expect(await scene.told()).toEqual([]);
  });

  it('says that S3 may not be asked how far a set was copied, and judges the rest', async () => {
    proxy.inject({
      when: ({ operation }) => operation === 'HeadObject',
      fault: { kind: 'refused', status: 403, code: 'AccessDenied' },
    });
    expect(await scene.told()).toEqual([`problem ${UNCOPIED}`]);
    const verdicts = scene.findings.map(({ verdict }) => verdict);
    expect(verdicts).toEqual(expect.arrayContaining(['fresh', 'uncopied']));
    proxy.heal();
    expect(await scene.told()).toEqual([`recovered ${UNCOPIED}`]);
  });

  it('counts the replica as a copy once S3 says that every object was copied', async () => {
    const config = parseConfig(
      {
        project: 'ward',
        databases: { clinic: { fromEnvironment: true } },
        repositories: { local: { bucket: vault.name } },
        plans: { nightly: { keep: '400d' } },
        aws: AWS,
      },
      { origin: 'the test' },
    );
    const repositories = [{ name: 'local', repository: scene.repository }];
    const card = async () => {
      const clock = { now: () => daysAgo(0) };
      const result = await check({ repositories, clock }, config, { asksVault: false });
      const [scored] = await scoreDatabases(result, { repositories, config });
      return scored;
    };
    const replica = { repository: 'replica in us-west-2', region: 'us-west-2' };
    expect((await card())?.copies).toMatchObject([{}, { ...replica, set: null, isReached: false }]);
    expect((await card())?.rule321.copies).toBe(2);
    answers('PENDING', 'manifest.json');
    answers('COMPLETED');
    expect((await card())?.copies).toMatchObject([{}, { ...replica, set: null, isReached: true }]);
    proxy.heal();
    answers('COMPLETED');
    const scored = await card();
    expect(scored?.copies).toMatchObject([
      { account: '123456789012', region: 'us-east-1' },
      { ...replica, account: '123456789012', lock: 'unknown', lastReadAt: null, provenAt: null },
    ]);
    expect(scored?.copies[1]?.set).toBe(scored?.copies[0]?.set);
    expect(scored?.rule321).toMatchObject({ copies: 3, media: ['object storage'], isMet: true });
  });
});
