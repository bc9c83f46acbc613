import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DeployedStack } from '../../demo/aws/deployed-stack.ts';
import { deployLocally, LOCAL, writeLocalConfig } from '../../demo/aws/local-deployment.ts';
import { LocalStack } from '../../setup/local-stack.ts';

const LONG = 300_000;
const DUE = '2026-11-22T02:00:00Z';
const DATABASES = {
  clinic: { secret: 'clinic/backup', region: LOCAL.region, rds: { instance: 'clinic' } },
};
const PLANS = {
  nightly: { schedule: '0 2 * * *', keep: '90d' },
  servers: { kind: 'snapshot', schedule: '0 0 29 2 *', keep: '14d' },
};

interface Tended {
  taken: string[];
  copied: string[];
  problems: string[];
}

// One story: a second try of one part would begin in the midst of it.
describe('a plan of snapshots, deployed by cdk deploy into a local AWS', { retry: 0 }, () => {
  let stack: LocalStack;
  let folder: string;
  let deployed: DeployedStack;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'hf-snapshots-'));
    stack = await LocalStack.start({
      regions: [LOCAL.region, LOCAL.replica],
      retrySeconds: 1,
      programs: {},
    });
    const wish = {
      DBInstanceIdentifier: 'clinic',
      DBInstanceClass: 'db.t4g.medium',
      Engine: 'postgres',
      AllocatedStorage: 20,
    };
    const owner = {
      MasterUsername: 'owner',
      MasterUserPassword: 'not-a-secret',
      StorageEncrypted: true,
    };
    await stack.call('rds', 'CreateDBInstance', { ...wish, ...owner });
    await writeLocalConfig(folder, {
      network: await stack.network(),
      databases: DATABASES,
      plans: PLANS,
    });
    deployed = new DeployedStack(
      await deployLocally(stack, { HOLDFAST_CONFIG: join(folder, 'holdfast.yaml') }),
    );
  }, LONG);
  afterAll(async () => {
    await stack?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  const tend = (event: object = {}) =>
    deployed.invoke<Tended>('rds-snapshot', { scheduledFor: DUE, ...event });

  it('has its snapshot taken by the bundled function, once, and copied with the key of the replica', async () => {
    const { taken } = await tend({ plan: 'servers' });
    expect(taken).toEqual(['holdfast-clinic-servers-clinic-20261122t020000z']);
    expect(await tend({ plan: 'servers' })).toEqual({
      taken: [],
      copied: [],
      removed: [],
      problems: [],
    });
    expect((await tend()).copied).toEqual(taken);
    const { DBSnapshots } = await stack.call<{
      DBSnapshots: { KmsKeyId: string; Encrypted: boolean }[];
    }>('rds', 'DescribeDBSnapshots', { SnapshotType: 'manual' }, LOCAL.replica);
    expect(DBSnapshots).toMatchObject([
      { Encrypted: true, KmsKeyId: deployed.outputs.ClinicReplica?.SseKeyArn },
    ]);
  });

  it('is fresh when it is checked, and nothing of it is let go', async () => {
    const { findings } = await deployed.invoke<{ findings: { plan: string; verdict: string }[] }>(
      'check',
      {},
    );
    expect(findings.filter(({ plan }) => plan === 'servers').map(({ verdict }) => verdict)).toEqual(
      ['fresh'],
    );
    expect(await deployed.invoke('prune', {})).toMatchObject({
      snapshots: { kept: 1, released: [] },
    });
    expect(await deployed.pages()).toEqual([]);
  });
});
