import { randomBytes } from 'node:crypto';
import {
  CreateKeyCommand,
  DisableKeyCommand,
  EnableKeyCommand,
  KMSClient,
} from '@aws-sdk/client-kms';
import {
  AddTagsToResourceCommand,
  CreateDBClusterCommand,
  CreateDBInstanceCommand,
  CreateDBSnapshotCommand,
  type DBSnapshot,
  DescribeDBClusterSnapshotsCommand,
  DescribeDBSnapshotsCommand,
  RDSClient,
} from '@aws-sdk/client-rds';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { STACK_ENV } from '../../engine/contract.ts';
import { handler as check } from '../../lambdas/check.ts';
import { handler as prune } from '../../lambdas/prune.ts';
import { handler as rdsSnapshot } from '../../lambdas/rds-snapshot.ts';
import { awsEnvironment } from '../fixtures/aws.ts';
import { makeStackEnvironment, type StackEnvironment } from '../fixtures/stack-environment.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const REPLICA = 'eu-west-1';
const DUE = '2026-11-22T02:00:00Z';
/** Comes by itself on no day of these tests. */
const SELDOM = '0 0 29 2 *';
const AWS = {
  region: 'us-east-1',
  repository: 'cloud',
  replica: { region: REPLICA },
  network: { vpcId: 'vpc-1', subnetIds: ['subnet-1'], availabilityZones: ['us-east-1a'] },
};

let stack: StackEnvironment;
let project: string;
let lines: string[];
let copyKey: string;

const rds = (region = 'us-east-1') => new RDSClient({ ...clientOf(region) });
const kms = (region: string) => new KMSClient({ ...clientOf(region) });

function clientOf(region: string) {
  const { AWS_ENDPOINT_URL: endpoint = '' } = awsEnvironment();
  return { region, endpoint, credentials: { accessKeyId: 'testing', secretAccessKey: 'testing' } };
}

beforeEach(() => {
  project = `ward${randomBytes(4).toString('hex')}`;
  lines = [];
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    lines.push(String(text));
    return true;
  });
});

afterEach(() => {
  vi.unstubAllEnvs();
  vi.useRealTimers();
});

interface Install {
  /** What the databases of the plan are on. */
  servers: Record<string, { instance: string } | { cluster: string }>;
  keep?: object | string;
  replica?: object | 'none';
  schedule?: string;
}

async function install({
  servers,
  keep = '2d',
  replica = AWS.replica,
  schedule = SELDOM,
}: Install): Promise<void> {
  const databases = Object.fromEntries(
    Object.entries(servers).map(([name, server]) => [name, { secret: name, rds: server }]),
  );
  const plans = { servers: { kind: 'snapshot', databases: 'all', schedule, maxAge: '26h', keep } };
  const nightly = { schedule: '0 2 * * *', maxAge: '9w' };
  stack = await makeStackEnvironment({
    project,
    databases,
    plans: { ...plans, nightly },
    aws: { ...AWS, replica },
  });
  const { KeyMetadata } = await kms(REPLICA).send(new CreateKeyCommand({}));
  copyKey = KeyMetadata?.Arn ?? '';
  for (const [name, value] of Object.entries({ ...stack.env, [STACK_ENV.snapshotKey]: copyKey }))
    vi.stubEnv(name, value);
}

/** An instance of a name of its own. */
async function makeInstance({
  ending = '',
  isEncrypted = true,
}: {
  ending?: string;
  isEncrypted?: boolean;
} = {}): Promise<string> {
  return makeInstanceNamed(`main-${randomBytes(4).toString('hex')}${ending}`, { isEncrypted });
}

async function makeInstanceNamed(
  DBInstanceIdentifier: string,
  { isEncrypted = true }: { isEncrypted?: boolean } = {},
): Promise<string> {
  const wish = {
    DBInstanceClass: 'db.t4g.medium',
    Engine: 'postgres',
    AllocatedStorage: 20,
    MasterUsername: 'owner',
    MasterUserPassword: 'not-a-secret',
  };
  await rds().send(
    new CreateDBInstanceCommand({ DBInstanceIdentifier, ...wish, StorageEncrypted: isEncrypted }),
  );
  return DBInstanceIdentifier;
}

/** Ours, oldest first. The first look at a new one still sees it being made. */
async function snapshotsIn(region = 'us-east-1'): Promise<DBSnapshot[]> {
  const { DBSnapshots = [] } = await rds(region).send(
    new DescribeDBSnapshotsCommand({ SnapshotType: 'manual' }),
  );
  return DBSnapshots.filter(({ DBSnapshotIdentifier = '' }) =>
    DBSnapshotIdentifier.startsWith(`holdfast-${project}-`),
  );
}

const tagOf = ({ TagList = [] }: Pick<DBSnapshot, 'TagList'>, name: string) =>
  TagList.find(({ Key }) => Key === name)?.Value;
const take = (scheduledFor = DUE) => rdsSnapshot({ plan: 'servers', scheduledFor });
const tend = () => rdsSnapshot({ scheduledFor: new Date().toISOString() });
const daysLater = (days: number) =>
  vi.useFakeTimers({ now: Date.now() + days * DAY_MS, toFake: ['Date'] });

async function retag(id: string, tags: Record<string, string>): Promise<void> {
  for (const region of ['us-east-1', REPLICA])
    for (const { DBSnapshotArn: ResourceName } of (await snapshotsIn(region)).filter(
      ({ DBSnapshotIdentifier }) => DBSnapshotIdentifier === id,
    ))
      await rds(region).send(
        new AddTagsToResourceCommand({
          ResourceName,
          Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })),
        }),
      );
}

/** Of a snapshot whose plan has left the config, so that its tags alone decide. */
async function letKeepPass(id: string): Promise<void> {
  await retag(id, {
    'holdfast-plan': 'gone',
    'holdfast-keep-until': new Date(Date.now() - 1000).toISOString(),
  });
}

/** Taken, available, copied, and the copy available: as RDS is some hours later. */
async function takeAndCopy(scheduledFor = DUE): Promise<string> {
  const { taken } = await take(scheduledFor);
  for (let look = 0; look < 4; look += 1) await tend();
  return taken[0] ?? '';
}

describe('rds-snapshot', () => {
  it('takes one snapshot of a server for each time of a schedule, however often it is delivered, and however many databases are on it', async () => {
    const instance = await makeInstance();
    await install({ servers: { clinic: { instance }, lab: { instance } } });
    const id = (await take()).taken[0] ?? '';
    expect(id).toBe(`holdfast-${project}-servers-${instance}-20261122t020000z`);
    expect((await take()).taken).toEqual([]);
    expect((await take('2026-11-23T02:00:00Z')).taken).toHaveLength(1);
    const [first, ...others] = await snapshotsIn();
    expect(others).toHaveLength(1);
    expect(first).toMatchObject({ DBSnapshotIdentifier: id, DBInstanceIdentifier: instance });
    expect(tagOf(first ?? {}, 'holdfast-plan')).toBe('servers');
    expect(new Date(tagOf(first ?? {}, 'holdfast-keep-until') ?? '').getTime()).toBeCloseTo(
      Date.now() + 2 * DAY_MS,
      -5,
    );
  });

  it('takes what its schedule asked for in the last hours and nobody took', async () => {
    const instance = await makeInstance();
    const { schedule, due } = anHourAgo();
    await install({ servers: { clinic: { instance } }, schedule });
    expect((await tend()).taken).toEqual([`holdfast-${project}-servers-${instance}-${due}`]);
    expect((await tend()).taken).toEqual([]);
  });

  it('copies it when it is available, once, with the key and the tags, and never waits', async () => {
    const instance = await makeInstance();
    await install({ servers: { clinic: { instance } } });
    const [id = ''] = (await take()).taken;
    expect((await tend()).copied).toEqual([]);
    expect((await tend()).copied).toEqual([id]);
    expect((await tend()).copied).toEqual([]);
    const [copy, ...others] = await snapshotsIn(REPLICA);
    expect(others).toEqual([]);
    expect(copy).toMatchObject({ DBSnapshotIdentifier: id, KmsKeyId: copyKey, Encrypted: true });
    const [own] = await snapshotsIn();
    expect(copy?.TagList).toEqual(own?.TagList);
    const records = [];
    for await (const { key } of stack.repository.list('audit/'))
      records.push(JSON.parse((await stack.repository.get(key)).toString('utf8')));
    expect(records).toMatchObject([
      { operation: 'snapshot', backup: id, status: 'success', notes: 'taken' },
      { operation: 'snapshot', backup: id, notes: 'copied to the region of the replica' },
    ]);
  });

  it('takes and copies those of a cluster', async () => {
    const cluster = `aurora-${randomBytes(4).toString('hex')}`;
    const wish = {
      Engine: 'aurora-postgresql',
      MasterUsername: 'owner',
      MasterUserPassword: 'not-a-secret',
      StorageEncrypted: true,
    };
    await rds().send(new CreateDBClusterCommand({ DBClusterIdentifier: cluster, ...wish }));
    await install({ servers: { clinic: { cluster } } });
    const id = await takeAndCopy();
    expect(id.length).toBeLessThanOrEqual(63);
    const { DBClusterSnapshots = [] } = await rds(REPLICA).send(
      new DescribeDBClusterSnapshotsCommand({ DBClusterSnapshotIdentifier: id }),
    );
    expect(DBClusterSnapshots).toMatchObject([{ KmsKeyId: copyKey, Status: 'available' }]);
  });

  it('tells at once of a server that is not there, with what is still safe, takes the others, and tells its end', async () => {
    const instance = await makeInstance();
    await install({ servers: { clinic: { instance }, gone: { instance: `gone-${instance}` } } });
    expect(await take()).toMatchObject({
      taken: [expect.stringContaining(instance)],
      problems: [expect.stringContaining('gone/servers')],
    });
    const [told] = await stack.told('critical');
    expect(told?.message.alerts).toMatchObject([
      {
        key: 'run/snapshot/servers/gone',
        severity: 'critical',
        runbook: expect.stringContaining('#snapshot-late'),
      },
    ]);
    expect(told?.message.text).toContain(
      `there is no snapshot of DB instance gone-${instance} that could be restored`,
    );
    expect(told?.attributes).toMatchObject({ plan: '["servers"]' });
    await tend();
    expect(await stack.told('critical')).toEqual([]);
    await makeInstanceNamed(`gone-${instance}`);
    expect((await take()).taken).toHaveLength(1);
    expect(await stack.told('critical')).toMatchObject([
      { message: { alerts: [{ kind: 'recovered', key: 'run/snapshot/servers/gone' }] } },
    ]);
  });

  it('tells of a copy that its key does not let it make, and makes it when it does', async () => {
    const instance = await makeInstance();
    await install({ servers: { clinic: { instance } } });
    await kms(REPLICA).send(new DisableKeyCommand({ KeyId: copyKey }));
    await take();
    await tend();
    expect(await tend()).toMatchObject({
      copied: [],
      problems: [expect.stringContaining('KMSKeyNotAccessibleFault')],
    });
    const [told] = await stack.told('critical');
    expect(told?.message.alerts).toMatchObject([
      {
        key: 'run/snapshot-copy/servers/*',
        runbook: expect.stringContaining('#snapshot-not-copied'),
      },
    ]);
    await kms(REPLICA).send(new EnableKeyCommand({ KeyId: copyKey }));
    expect((await tend()).copied).toHaveLength(1);
    expect(await stack.told('critical')).toMatchObject([
      { message: { alerts: [{ kind: 'recovered' }] } },
    ]);
  });

  it('does nothing without snapshot plans, and refuses an order of a plan that is gone', async () => {
    const instance = await makeInstance();
    await install({ servers: { clinic: { instance } } });
    await expect(rdsSnapshot({ plan: 'weekly', scheduledFor: DUE })).rejects.toMatchObject({
      name: 'CONFIG_INVALID',
    });
    stack = await makeStackEnvironment({
      databases: { clinic: { secret: 'a' } },
      plans: { nightly: { schedule: '0 2 * * *' } },
    });
    for (const [name, value] of Object.entries(stack.env)) vi.stubEnv(name, value);
    expect(await tend()).toEqual({ taken: [], copied: [], removed: [], problems: [] });
  });
});

describe('prune', () => {
  it('tags what retention lets go, in both regions, and a week later that and nothing else is removed', async () => {
    const instance = await makeInstance();
    await install({ servers: { clinic: { instance } } });
    const first = await takeAndCopy();
    const second = await takeAndCopy('2026-11-23T02:00:00Z');
    const foreign = `before-the-upgrade-${randomBytes(4).toString('hex')}`;
    await rds().send(
      new CreateDBSnapshotCommand({
        DBSnapshotIdentifier: foreign,
        DBInstanceIdentifier: instance,
      }),
    );
    expect((await prune({})).snapshots).toEqual({ kept: 2, released: [] });
    await letKeepPass(first);
    const { snapshots } = await prune({});
    expect(snapshots).toMatchObject({
      kept: 1,
      released: [expect.stringContaining(':us-east-1:'), expect.stringContaining(`:${REPLICA}:`)],
    });
    expect((await prune({})).snapshots).toEqual({ kept: 1, released: [] });
    expect((await tend()).removed).toEqual([]);
    daysLater(8);
    const { removed } = await tend();
    expect(removed).toHaveLength(2);
    for (const arn of removed) expect(arn.endsWith(`:${first}`)).toBe(true);
    for (const region of ['us-east-1', REPLICA])
      expect(
        (await snapshotsIn(region)).map(({ DBSnapshotIdentifier }) => DBSnapshotIdentifier),
      ).toEqual([second]);
    const { DBSnapshots } = await rds().send(
      new DescribeDBSnapshotsCommand({ DBSnapshotIdentifier: foreign }),
    );
    expect(DBSnapshots).toHaveLength(1);
  });

  it('lets nothing go while younger ones have no copy, nor what somebody holds', async () => {
    const instance = await makeInstance();
    await install({ servers: { clinic: { instance } } });
    const first = await takeAndCopy();
    await take('2026-11-23T02:00:00Z');
    await letKeepPass(first);
    expect((await prune({})).snapshots).toMatchObject({ kept: 2, released: [] });
    for (let look = 0; look < 4; look += 1) await tend();
    expect(await snapshotsIn(REPLICA)).toHaveLength(2);
    await retag(first, { holdfast: 'hold' });
    expect((await prune({})).snapshots).toMatchObject({ kept: 2, released: [] });
  });

  it('lets a snapshot that RDS failed to make go at once, and it is removed', async () => {
    const instance = await makeInstance({ ending: '-failing' });
    await install({ servers: { clinic: { instance } }, replica: 'none' });
    await take();
    await tend();
    await tend();
    expect((await prune({})).snapshots).toMatchObject({
      kept: 0,
      released: [expect.stringContaining(instance)],
    });
    expect((await tend()).removed).toHaveLength(1);
    expect(await snapshotsIn()).toEqual([]);
  });
});

describe('check', () => {
  const verdicts = async () =>
    (await check({})).findings
      .filter(({ plan }) => plan === 'servers')
      .map(({ verdict, severity }) => [verdict, severity]);
  const alerts = async () =>
    (await stack.told('critical'))
      .flatMap(({ message }) => message.alerts)
      .filter(({ key }) => key.includes('/servers/'));

  it('lets a new plan have its time, sees what is fresh and measures its age', async () => {
    const instance = await makeInstance();
    await install({ servers: { clinic: { instance } } });
    expect(await verdicts()).toEqual([['missing', 'ok']]);
    await takeAndCopy();
    expect(await verdicts()).toEqual([['fresh', 'ok']]);
    const ages = lines.map((line) => JSON.parse(line)).filter((line) => line.Plan === 'servers');
    expect(ages.at(-1)).toMatchObject({ Database: 'clinic', AgeSeconds: expect.any(Number) });
    expect(await alerts()).toEqual([]);
  });

  it('tells of a plan that is late and of one whose copy is missing, with what is still safe, and of their end', async () => {
    const instance = await makeInstance();
    await install({ servers: { clinic: { instance } } });
    await take();
    await tend();
    await kms(REPLICA).send(new DisableKeyCommand({ KeyId: copyKey }));
    daysLater(1.5);
    expect(await verdicts()).toEqual([
      ['late', 'critical'],
      ['uncopied', 'warning'],
    ]);
    const [late] = await alerts();
    expect(late).toMatchObject({
      key: 'check/servers/clinic/rds%3Aus-east-1/late',
      runbook: expect.stringContaining('#snapshot-late'),
    });
    expect(late?.detail).toMatch(/the newest snapshot of DB instance \S+ is 36 h old/);
    expect(late?.hint).not.toContain('holdfast remote backup');
    vi.useRealTimers();
    expect(await verdicts()).toEqual([['fresh', 'ok']]);
    expect(await alerts()).toMatchObject([{ kind: 'recovered', key: late?.key }]);
  });

  it('tells of a snapshot that RDS failed to make', async () => {
    const instance = await makeInstance({ ending: '-failing' });
    await install({ servers: { clinic: { instance } } });
    await take();
    await tend();
    await tend();
    expect(await verdicts()).toEqual([
      ['failed', 'critical'],
      ['missing', 'ok'],
    ]);
    expect(await alerts()).toMatchObject([
      { severity: 'critical', title: 'clinic/servers in rds:us-east-1: failed' },
    ]);
  });
});

/** A schedule whose last time was an hour ago, and that time as names have it. */
function anHourAgo(): { schedule: string; due: string } {
  const time = new Date(Date.now() - HOUR_MS);
  const due = `${time.toISOString().slice(0, 16).replace(/[-:]/g, '').toLowerCase()}00z`;
  return { schedule: `${time.getUTCMinutes()} ${time.getUTCHours()} * * *`, due };
}
