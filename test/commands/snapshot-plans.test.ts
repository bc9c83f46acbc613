import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeConfig } from '../fixtures/config.ts';
import { makeDatabase, type TestDatabase } from '../fixtures/database.ts';
import { expectFailure } from '../fixtures/failure.ts';
import { makeWorkspace, type Workspace } from '../fixtures/holdfast.ts';

describe('a machine whose config has a plan of snapshots', () => {
  let database: TestDatabase;
  let workspace: Workspace;

  beforeAll(async () => {
    database = await makeDatabase({ sql: 'CREATE TABLE t (i int); INSERT INTO t VALUES (1)' });
    workspace = await makeWorkspace();
    await writeConfig(workspace, {
      databases: { clinic: { url: database.url, rds: { instance: 'main' } } },
      plans: {
        nightly: { schedule: '0 2 * * *' },
        servers: { kind: 'snapshot', schedule: '30 1 * * *' },
      },
    });
  });
  afterAll(async () => {
    await workspace.remove();
    await database.drop();
  });

  it('takes none, and says who does', async () => {
    const failure = expectFailure(await workspace.run(['backup', '--plan', 'servers', '--json']), {
      code: 'USAGE',
      status: 2,
    });
    expect(failure.message).toContain('plan "servers" is of kind snapshot');
    expect(failure.hint).toContain('cdk deploy');
  });

  it('takes the other plan without being told which', async () => {
    const taken = await workspace.run(['backup', '--json']);
    expect(taken.json<{ plan: string }>()).toMatchObject({ plan: 'nightly' });
  });

  it('says that it does not judge them, and judges the rest', async () => {
    const checked = await workspace.run(['check', '--json']);
    expect(checked.status).toBe(0);
    expect(checked.stderr).toContain('snapshot plans (servers) are judged by the stack');
    expect(
      checked
        .json<{ findings: { plan: string | null }[] }>()
        .findings.filter(({ plan }) => plan === 'servers'),
    ).toEqual([]);
  });

  it('restores into no database that they alone take, as the stack has no login for it', async () => {
    const far = await makeWorkspace();
    const login = { host: 'db.example.com', user: 'backup', iam: true };
    await writeConfig(far, {
      databases: { clinic: login, lab: { ...login, rds: { instance: 'lab' } } },
      repositories: { cloud: { bucket: 'clinic-backups' } },
      plans: {
        nightly: { databases: ['clinic'] },
        servers: { kind: 'snapshot', databases: ['lab'], schedule: '30 1 * * *' },
      },
      aws: {
        region: 'eu-central-1',
        repository: 'cloud',
        replica: 'none',
        network: { vpcId: 'vpc-1', subnetIds: ['subnet-1'], availabilityZones: ['eu-central-1a'] },
      },
    });
    try {
      const failure = expectFailure(
        await far.run(['remote', 'restore', 'latest', '--to', 'lab', '--json']),
        { code: 'USAGE', status: 2 },
      );
      expect(failure.message).toBe(
        'the stack has no login for database "lab": no plan that writes to its vault takes it',
      );
      expect(failure.hint).toContain('(clinic), or the ARN of a secret');
    } finally {
      await far.remove();
    }
  });

  it('schedules none of them', async () => {
    const scheduled = await workspace.run(['schedule', '--kind', 'cron', '--json']);
    const { entries, notes } = scheduled.json<{ entries: { name: string }[]; notes: string[] }>();
    expect(notes).toContain(
      'plan servers is of kind snapshot: the stack takes those, and no machine',
    );
    expect(entries.filter(({ name }) => name.includes('servers'))).toEqual([]);
  });
});
