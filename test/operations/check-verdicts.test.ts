import { chmod, mkdir, rename, symlink, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { askKeyFile } from '../../engine/adapters/key-file-state.ts';
import type { DrillReport } from '../../engine/domain/drill-report.ts';
import { type Finding, VERDICTS, type Verdict } from '../../engine/domain/finding.ts';
import { checkSnapshots } from '../../engine/operations/check-snapshots.ts';
import { noteRehearsal } from '../../engine/operations/drill/rehearsals.ts';
import { type CheckScene, CheckScenes, daysAgo, SCENE_PLACES } from '../fixtures/check-scene.ts';
import { type S3FaultProxy, startS3FaultProxy } from '../fixtures/s3-fault-proxy.ts';
import { makeSnapshot } from '../fixtures/snapshots.ts';

/** A condition as it comes and goes; `make` and `mend` change what lies in the repository, the config or the clock. */
interface Condition {
  /** Where it can be made; everywhere unless given. */
  only?: (typeof SCENE_PLACES)[number];
  key: string;
  make(scene: CheckScene): Promise<unknown>;
  mend(scene: CheckScene): Promise<unknown>;
}

const OF_PLAN = 'check/nightly/clinic/local';
const OF_DATABASE = 'check/*/clinic/local';
const OF_PLACE = 'check/*/*/local';
const GIB = 1024 ** 3;
const KEEP = { keep: '400d' };

let scenes: CheckScenes;
let proxy: S3FaultProxy;

beforeAll(async () => {
  scenes = await CheckScenes.make();
  proxy = await startS3FaultProxy();
});
afterAll(async () => {
  await proxy?.stop();
  await scenes?.remove();
});

const checked = async (scene: CheckScene, days: number, wish: object = {}, content = {}) => {
  const set = await scene.putSet({ days, ...wish });
  await scene.putMark(set, { mark: 'checked', days: days - 0.05, content });
  return set;
};
const anomaly = (code: string, measure: string, severity: string) => ({
  anomalies: [{ code, severity, measure, table: null, value: 900, median: 300, sets: 30 }],
});
const deviating = (code: string, measure: string): Condition => ({
  key: `${OF_PLAN}/${code}`,
  make: (scene) => checked(scene, 0.4, {}, anomaly(code, measure, 'warning')),
  mend: (scene) => checked(scene, 0.2),
});
const damaged: { address?: Awaited<ReturnType<CheckScene['putSet']>> } = {};
const configured = (key: string, made: object, mended: object = {}): Condition => ({
  key,
  make: async (scene) => scene.use(made),
  mend: async (scene) => scene.use(mended),
});
const suspected = (days: number, key: string): Condition => ({
  key,
  make: async (scene) => {
    damaged.address = await scene.putSet({ days });
    await scene.putMark(damaged.address, {
      ...{ mark: 'suspect', days: 0.3, kind: 'damage' },
      content: { operation: 'verify', reason: 'data.dump.zst.esdk was altered' },
    });
  },
  mend: async (scene) => {
    if (damaged.address) await scene.putMark(damaged.address, { mark: 'checked', days: 0.2 });
  },
});

/** Of each verdict that anybody is told of. */
const CONDITIONS: Record<Exclude<Verdict, 'fresh' | 'exceptions'>, Condition> = {
  late: {
    key: `${OF_PLAN}/late`,
    make: async (scene) => {
      scene.use({ plans: { nightly: { ...KEEP, maxAge: '26h' } } });
      scene.now = daysAgo(-2);
    },
    mend: (scene) => checked(scene, -1.8),
  },
  missing: {
    key: 'check/weekly/clinic/local/missing',
    make: async (scene) => scene.use({ plans: { nightly: KEEP, weekly: KEEP } }),
    mend: (scene) => scene.putSet({ days: 0.1, plan: 'weekly' }),
  },
  clock: {
    key: `${OF_PLAN}/clock`,
    make: (scene) => scene.putSet({ days: -1 }),
    mend: async (scene) => {
      scene.now = daysAgo(-2);
    },
  },
  suspect: suspected(0.4, `${OF_PLAN}/suspect`),
  shrunk: {
    key: `${OF_PLAN}/shrunk`,
    make: async (scene) => {
      const content = anomaly('shrunk', 'all-rows', 'critical');
      damaged.address = await checked(scene, 0.4, {}, content);
      await scene.putMark(damaged.address, {
        ...{ mark: 'suspect', days: 0.36, kind: 'anomaly', content },
      });
    },
    mend: async (scene) => {
      if (damaged.address) await scene.putMark(damaged.address, { mark: 'accepted', days: 0.1 });
    },
  },
  swollen: deviating('swollen', 'bytes'),
  slow: deviating('slow', 'seconds'),
  corrupt: {
    key: `${OF_PLAN}/corrupt`,
    make: async (scene) => {
      damaged.address = await scene.putSet({ days: 0.4, isCut: true });
    },
    mend: async (scene) => damaged.address && scene.putData(damaged.address),
  },
  unread: {
    key: `${OF_PLAN}/unread`,
    make: async (scene) => {
      damaged.address = await checked(scene, 60);
    },
    mend: async (scene) => {
      if (damaged.address) await scene.putMark(damaged.address, { mark: 'checked', days: 0.1 });
    },
  },
  hidden: {
    only: 'a folder',
    key: 'check/weekly/*/local/hidden',
    make: (scene) => symlink('/nowhere/at/all', join(scene.repository.location, 'weekly')),
    mend: (scene) => unlink(join(scene.repository.location, 'weekly')),
  },
  forged: {
    key: `${OF_PLAN}/forged`,
    make: async (scene) => {
      damaged.address = await scene.putSet({ days: 0.4 });
      await scene.putMark(damaged.address, { mark: 'released', days: 0.3 });
    },
    mend: async (scene) => {
      if (damaged.address) await scene.putMark(damaged.address, { mark: 'hold', days: 0.2 });
    },
  },
  frozen: suspected(3, `${OF_DATABASE}/frozen`),
  empty: {
    key: `${OF_PLAN}/empty`,
    make: (scene) =>
      scene.putSet({
        days: 0.4,
        manifest: {
          largeObjects: 0,
          tables: [{ schema: 'public', name: 'users', oid: 16390, kind: 'table', rows: 0 }],
        },
      }),
    mend: (scene) => scene.putSet({ days: 0.2 }),
  },
  'other-server': {
    key: `${OF_DATABASE}/other-server`,
    make: (scene) => scene.putSet({ days: 0.4, manifest: { source: elsewhere() } }),
    mend: (scene) => scene.putSet({ days: 0.2, manifest: { source: elsewhere() } }),
  },
  unproven: {
    key: `${OF_DATABASE}/unproven`,
    make: async (scene) => {
      scene.now = daysAgo(-40);
    },
    mend: async (scene) => {
      const set = await checked(scene, -39);
      await scene.putMark(set, { mark: 'proven', days: -39.5 });
    },
  },
  rto: {
    key: `${OF_DATABASE}/rto`,
    make: async (scene) => {
      const drilled = await scene.putSet({ days: 0.9, bytes: GIB });
      const content = { restoreSeconds: 3600 };
      await scene.putMark(drilled, { mark: 'proven', days: 0.4, content });
      await scene.putSet({ days: 0.3, bytes: 5 * GIB });
    },
    mend: (scene) => scene.putSet({ days: 0.2, bytes: GIB }),
  },
  unattainable: configured(`${OF_PLAN}/unattainable`, {
    plans: { nightly: { ...KEEP, schedule: '0 2 * * *', maxAge: '1h' } },
  }),
  unnamed: {
    only: 'a bucket',
    key: 'check/old/*/local/unnamed',
    make: async (scene) => {
      await scene.putSet({ days: 0.4, plan: 'old' });
      scene.use({ ...IN_AWS, aws: aws([]) });
    },
    mend: async (scene) => scene.use({ ...IN_AWS, aws: aws(['old']) }),
  },
  failed: snapshots('failed'),
  uncopied: snapshots('uncopied'),
  absent: {
    only: 'a folder',
    key: `${OF_PLACE}/absent`,
    make: ({ repository: { location } }) => rename(location, `${location}.away`),
    mend: ({ repository: { location } }) => rename(`${location}.away`, location),
  },
  disk: {
    only: 'a folder',
    key: `${OF_PLACE}/disk`,
    make: async (scene) => {
      scene.use({ diskFull: 0.95 });
      const value = async () => ({ freeBytes: 1, totalBytes: 100 });
      Object.defineProperty(scene.repository, 'freeSpace', { value, configurable: true });
    },
    mend: async (scene) => {
      scene.use({});
      Reflect.deleteProperty(scene.repository, 'freeSpace');
    },
  },
  runbook: configured(
    'check/*/*/config/runbook',
    { runbook: { review: '90d' } },
    {
      runbook: { review: '90d', reviewed: '2026-11-20' },
      contacts: [{ name: 'Ada', role: 'on call', phone: '+4366012345678' }],
    },
  ),
  rehearsal: {
    key: 'check/*/*/config/rehearsal',
    make: ({ repository }) =>
      repository.put('audit/2025/11/20/20251120T020000Z-7f3a-backup.json', Buffer.from('{}')),
    mend: ({ repository }) =>
      noteRehearsal(repository, {
        reportKey: 'drills/clinic/x.json',
        report: {
          backup: { id: '20261121T020000Z-7f3a', database: 'clinic' },
          ...{ tester: 'Ada', completedAt: daysAgo(0.1).toISOString() },
        } as DrillReport,
      }),
  },
  settings: {
    only: 'a folder',
    key: `${OF_PLACE}/settings`,
    make: ({ repository }) => chmod(join(repository.location, 'nightly'), 0o777),
    mend: ({ repository }) => chmod(join(repository.location, 'nightly'), 0o700),
  },
  key: {
    key: 'check/*/*/key%20file/key',
    make: () => chmod(keyFile(), 0o644),
    mend: () => chmod(keyFile(), 0o600),
  },
  unreachable: {
    only: 'a bucket',
    key: `${OF_PLAN}/unreachable`,
    make: async () =>
      proxy.inject({
        when: ({ query }) => query.has('list-type'),
        fault: { kind: 'refused', status: 403, code: 'AccessDenied' },
      }),
    mend: async () => proxy.heal(),
  },
};

const keyFile = () => join(scenes.folder, 'key');

function elsewhere() {
  return {
    ...{ systemIdentifier: '1111111111111111111', databaseOid: 16384, databaseName: 'clinic' },
    ...{ address: 'db2.example:5432/clinic', serverVersion: '17.12', serverVersionNum: 170012 },
    ...{ encoding: 'UTF8', collate: 'C.UTF-8', ctype: 'C.UTF-8', localeProvider: 'libc' as const },
    ...{ icuLocale: null, sizeBytes: 12_345_678 },
  };
}

const IN_AWS = { repositories: { local: { bucket: 'made-by-the-test' } } };
function aws(formerPlans: string[]) {
  return {
    ...{ account: '123456789012', region: 'us-east-1', repository: 'local', replica: 'none' },
    network: {
      ...{ vpcId: 'vpc-0123456789abcdef0', subnetIds: ['subnet-0123456789abcdef0'] },
      availabilityZones: ['us-east-1a'],
    },
    formerPlans,
  };
}

/** Of RDS, whose stand-in takes no snapshot that fails: what its listing would be. */
function snapshots(verdict: 'failed' | 'uncopied'): Condition {
  const took = (status: Snapshot['status']) => makeSnapshot({ startedAt: daysAgo(2), status });
  const show = (scene: CheckScene, isWell: boolean) => {
    const own = took(isWell || verdict === 'uncopied' ? 'available' : 'failed');
    const copies = isWell || verdict === 'failed' ? [took('available')] : [];
    scene.more = async () => (await checkSnapshots(...inRds(own, copies))).findings;
  };
  return {
    key: `check/nightly/clinic/rds%3Aeu-${verdict === 'failed' ? 'central' : 'west'}-1/${verdict}`,
    make: async (scene) => show(scene, false),
    mend: async (scene) => show(scene, true),
  };
}

type Checked = Parameters<typeof checkSnapshots>;
type Snapshot = ReturnType<typeof makeSnapshot>;

function inRds(own: Snapshot, copies: Snapshot[]): Checked {
  const region = (name: string, listed: Snapshot[]) =>
    ({ region: name, list: async () => listed }) as unknown as Checked[0]['own'];
  const there = copies.map((one) => ({ ...one, arn: one.arn.replace('central', 'west') }));
  const config = {
    databases: { clinic: { rds: { instance: 'main' } } },
    snapshotPlans: {
      nightly: {
        ...{ kind: 'snapshot', databases: ['clinic'], schedule: '0 2 * * *', timezone: 'UTC' },
        ...{ keep: { for: 86_400, atLeast: 1 }, maxAge: 30 * 86_400 },
      },
    },
  } as unknown as Checked[0]['config'];
  return [
    {
      ...{ project: 'ward', config, clock: { now: () => daysAgo(0) } },
      ...{ own: region('eu-central-1', [own]), replica: region('eu-west-1', there) },
    },
    { beginOf: () => undefined },
  ];
}

async function usual(place: (typeof SCENE_PLACES)[number]): Promise<CheckScene> {
  const scene = scenes.in(place, { endpoint: proxy.endpoint });
  const set = await checked(scene, 1);
  await scene.putMark(set, { mark: 'proven', days: 0.8 });
  await mkdir(scenes.folder, { recursive: true });
  await writeFile(keyFile(), 'a key', { mode: 0o600 });
  await chmod(keyFile(), 0o600);
  const id = keyFile();
  scene.keys = [{ name: 'key file', id, stakes: 'none', ask: () => askKeyFile(id) }];
  expect(await scene.told()).toEqual([]);
  return scene;
}

const made = Object.entries(CONDITIONS).flatMap(([verdict, condition]) =>
  SCENE_PLACES.filter((place) => (condition.only ?? place) === place).map(
    (place) => [verdict as Verdict, place, condition] as const,
  ),
);

describe('a condition', () => {
  it.each(made)('%s in %s is found, named, told once, and its end told once', async (...of) => {
    const [verdict, place, { key, make, mend }] = of;
    const scene = await usual(place);
    await make(scene);
    expect(await scene.told()).toContain(`problem ${key}`);
    const found = scene.findings.find((one) => one.verdict === verdict) as Finding;
    expect(found.severity).not.toBe('ok');
    expect(found.detail).not.toBe('');
    expect(found.hint, 'what to do').not.toBeNull();
    expect(await scene.told(), 'told once').toEqual([]);
    await mend(scene);
    expect(await scene.told()).toContain(`recovered ${key}`);
    expect(
      (await scene.told()).filter((one) => one.endsWith(key)),
      'its end once',
    ).toEqual([]);
  });

  it('exists for every verdict but those that are always well', () => {
    expect([...Object.keys(CONDITIONS), 'fresh', 'exceptions'].sort()).toEqual(
      [...VERDICTS].sort(),
    );
  });
});

describe.each(SCENE_PLACES)('what is well in %s', (place) => {
  it('is found and told to nobody: fresh, exceptions', async () => {
    const scene = await usual(place);
    const exceptions = [
      { type: 'TABLE', schema: 'public', name: 'maps', lacks: 'extension postgis' },
    ];
    const set = await checked(scene, 0.5);
    await scene.putMark(set, { mark: 'proven', days: 0.3, content: { exceptions } });
    expect(await scene.told()).toEqual([]);
    expect(scene.findings.map(({ verdict, severity }) => `${verdict} ${severity}`)).toEqual(
      expect.arrayContaining(['fresh ok', 'exceptions ok']),
    );
  });
});
