import { beforeAll, describe, expect, it } from 'vitest';
import { STACK_ENV } from '../../engine/contract.ts';
import { snapshotName } from '../../engine/domain/snapshot-name.ts';
import { FUNCTION_NAMES } from '../../lib/runner/runner-functions.ts';
import { TASK_KINDS } from '../../lib/runner/task-roles.ts';
import {
  isAllowed,
  type PolicyStatement,
  policiesOf,
  type Request,
  statementsOf,
} from '../fixtures/policy-evaluator.ts';
import {
  ACCOUNT,
  type ExampleInput,
  exampleConfig,
  resourcesOf,
  type SynthesizedStack,
  synthesize,
} from '../fixtures/stacks.ts';

const ROLES = [...FUNCTION_NAMES, ...TASK_KINDS];
const HERE = 'eu-central-1';
const THERE = 'eu-west-1';
const OURS = { 'aws:ResourceTag/holdfast-project': 'clinic' };
const RELEASED = { 'aws:ResourceTag/holdfast': 'released' };
const HELD = { 'aws:ResourceTag/holdfast': 'hold' };
const BORN = {
  'aws:RequestTag/holdfast-project': 'clinic',
  'aws:TagKeys':
    'holdfast-project,holdfast-plan,holdfast-scheduled-for,holdfast-keep-until,holdfast-keep-at-least',
};
const RELEASING = {
  'aws:RequestTag/holdfast': 'released',
  'aws:TagKeys': 'holdfast,holdfast-released-at',
};

let stacks: ReturnType<typeof synthesize>;
let runner: SynthesizedStack;

beforeAll(() => {
  stacks = synthesize(exampleConfig(withCluster));
  runner = stacks.Runner;
});

/** A second server, of the other kind. */
function withCluster({ databases, plans }: ExampleInput): void {
  databases.analytics = { secret: 'analytics', rds: { cluster: 'analytics' } };
  plans.servers.databases = ['clinic', 'analytics'];
}

const rds = (region: string, resource: string) => `arn:aws:rds:${region}:${ACCOUNT}:${resource}`;
const snapshotIn = (region: string, kind: 'instance' | 'cluster' = 'instance') => {
  const name = snapshotName({
    project: 'clinic',
    plan: 'servers',
    server: { kind, id: 'clinic' },
    scheduledFor: new Date(0),
  });
  return rds(region, `${kind === 'instance' ? 'snapshot' : 'cluster-snapshot'}:${name}`);
};

function whoMay(request: Omit<Request, 'principal'>, stack = runner): string[] {
  const handedOver: PolicyStatement = {
    Effect: 'Allow',
    Principal: { AWS: `arn:aws:iam::${ACCOUNT}:root` },
    Action: 'kms:*',
    Resource: '*',
  };
  return ROLES.filter((name) => {
    const identity = policiesOf(stack, `holdfast-clinic-${name}`);
    return isAllowed(
      { principal: `arn:aws:iam::${ACCOUNT}:role/holdfast-clinic-${name}`, ...request },
      { resource: [handedOver], identity },
    );
  });
}

describe('a snapshot', () => {
  it('is taken by one function alone, of the servers of the config, under names of ours', () => {
    const takes = (resource: string, action = 'rds:CreateDBSnapshot') =>
      whoMay({ action, resource });
    expect(takes(rds(HERE, 'db:clinic'))).toEqual(['rds-snapshot']);
    expect(takes(snapshotIn(HERE))).toEqual(['rds-snapshot']);
    expect(takes(rds(HERE, 'cluster:analytics'), 'rds:CreateDBClusterSnapshot')).toEqual([
      'rds-snapshot',
    ]);
    for (const other of [
      rds(HERE, 'db:payroll'),
      rds(HERE, 'snapshot:before-the-upgrade'),
      rds(HERE, 'snapshot:holdfast-ward-a'),
      rds(THERE, 'db:clinic'),
    ])
      expect(takes(other), other).toEqual([]);
    expect(takes(rds(HERE, 'cluster:payroll'), 'rds:CreateDBClusterSnapshot')).toEqual([]);
  });

  it('is removed only when somebody else has let it go, by a function that can not let it go, in both regions', () => {
    for (const [region, kind, action] of [
      [HERE, 'instance', 'rds:DeleteDBSnapshot'],
      [THERE, 'instance', 'rds:DeleteDBSnapshot'],
      [HERE, 'cluster', 'rds:DeleteDBClusterSnapshot'],
      [THERE, 'cluster', 'rds:DeleteDBClusterSnapshot'],
    ] as const) {
      const resource = snapshotIn(region, kind);
      expect(whoMay({ action, resource, conditions: { ...OURS, ...RELEASED } })).toEqual([
        'rds-snapshot',
      ]);
      expect(whoMay({ action, resource, conditions: OURS })).toEqual([]);
      expect(whoMay({ action, resource, conditions: { ...OURS, ...HELD } })).toEqual([]);
      expect(
        whoMay({
          action,
          resource,
          conditions: { ...RELEASED, 'aws:ResourceTag/holdfast-project': 'clinic-eu' },
        }),
      ).toEqual([]);
      expect(
        whoMay({
          action: 'rds:AddTagsToResource',
          resource,
          conditions: { ...OURS, ...RELEASING },
        }),
      ).toEqual(['prune']);
      expect(
        whoMay({
          action: 'rds:AddTagsToResource',
          resource,
          conditions: { ...OURS, ...HELD, ...RELEASING },
        }),
      ).toEqual([]);
    }
    const another = {
      action: 'rds:DeleteDBSnapshot',
      resource: rds(HERE, 'snapshot:before-the-upgrade'),
      conditions: { ...OURS, ...RELEASED },
    };
    expect(whoMay(another)).toEqual([]);
  });

  it('keeps the tags that it was born with: prune may write its own two, and whoever takes it none any more', () => {
    const tags = (conditions: Record<string, string>) =>
      whoMay({ action: 'rds:AddTagsToResource', resource: snapshotIn(HERE), conditions });
    expect(tags({ ...OURS, ...RELEASING, 'aws:TagKeys': 'holdfast,holdfast-keep-until' })).toEqual(
      [],
    );
    expect(tags({ ...OURS, 'aws:RequestTag/holdfast': 'hold', 'aws:TagKeys': 'holdfast' })).toEqual(
      [],
    );
    expect(tags(BORN)).toEqual(['rds-snapshot']);
    for (const more of [OURS, { ...OURS, ...HELD }, { ...OURS, ...RELEASED }])
      expect(tags({ ...more, ...BORN }), JSON.stringify(more)).toEqual([]);
    for (const state of ['released', 'hold'])
      expect(
        tags({
          ...BORN,
          'aws:RequestTag/holdfast': state,
          'aws:TagKeys': `${BORN['aws:TagKeys']},holdfast`,
        }),
        state,
      ).toEqual([]);
    expect(tags({ ...BORN, 'aws:TagKeys': `${BORN['aws:TagKeys']},holdfast-released-at` })).toEqual(
      [],
    );
    expect(tags({ ...BORN, 'aws:RequestTag/holdfast-project': 'ward' })).toEqual([]);
    for (const action of [
      'rds:RemoveTagsFromResource',
      'rds:ModifyDBSnapshotAttribute',
      'rds:RestoreDBInstanceFromDBSnapshot',
      'rds:DeleteDBInstance',
      'rds:DeleteDBCluster',
    ])
      expect(
        whoMay({ action, resource: snapshotIn(HERE), conditions: { ...OURS, ...RELEASED } }),
        action,
      ).toEqual([]);
  });

  it('is copied from the one region into the other, with keys that only RDS uses on its behalf', () => {
    for (const resource of [snapshotIn(HERE), snapshotIn(THERE)])
      expect(whoMay({ action: 'rds:CopyDBSnapshot', resource })).toEqual(['rds-snapshot']);
    for (const resource of [snapshotIn(HERE, 'cluster'), snapshotIn(THERE, 'cluster')])
      expect(whoMay({ action: 'rds:CopyDBClusterSnapshot', resource })).toEqual(['rds-snapshot']);
    const resource = `arn:aws:kms:${HERE}:${ACCOUNT}:key/1`;
    const viaRds = { 'kms:ViaService': `rds.${HERE}.amazonaws.com` };
    expect(
      whoMay({
        action: 'kms:CreateGrant',
        resource,
        conditions: { ...viaRds, 'kms:GrantIsForAWSResource': 'true' },
      }),
    ).toEqual(['rds-snapshot']);
    expect(whoMay({ action: 'kms:CreateGrant', resource, conditions: viaRds })).toEqual([]);
    expect(whoMay({ action: 'kms:Decrypt', resource })).toEqual([]);
  });

  it('is seen by check, by the task that checks, by prune and by the function itself', () => {
    for (const region of [HERE, THERE])
      expect(
        whoMay({ action: 'rds:DescribeDBSnapshots', resource: rds(region, 'snapshot:any') }),
      ).toEqual(['check', 'prune', 'rds-snapshot', 'verify']);
  });
});

describe('the role that takes snapshots', () => {
  it('has policies that IAM takes, with as many servers of the longest names as synth lets through', () => {
    const project = 'c'.repeat(30);
    const { Runner } = synthesize(
      exampleConfig((input) => {
        const servers = Array.from({ length: 8 * 48 }, (_, index) => [
          `d${index}`,
          `${'c'.repeat(59)}${String(index).padStart(4, '0')}`,
        ]);
        delete input.databases.clinic.restoreAs;
        for (const [name = '', cluster] of servers)
          input.databases[name] = { secret: name, rds: { cluster } };
        input.plans.servers.databases = servers.map(([name]) => name);
        Object.assign(input, { project });
        Object.assign(input.repositories.cloud, { region: 'us-gov-west-1' });
        Object.assign(input.aws, { region: 'us-gov-west-1', replica: 'none' });
      }),
    );
    const sizes = resourcesOf(Runner, 'AWS::IAM::ManagedPolicy').map(
      ({ Properties }) =>
        JSON.stringify(statementsOf(Runner, Properties.PolicyDocument)).length +
        '{"Version":"2012-10-17","Statement":}'.length,
    );
    expect(Math.max(...sizes)).toBeLessThanOrEqual(6144);
    const [id] =
      Object.entries(Runner.resources).find(
        ([, { Properties }]) => Properties?.RoleName === `holdfast-${project}-rds-snapshot`,
      ) ?? [];
    const attached = resourcesOf(Runner, 'AWS::IAM::ManagedPolicy').filter(({ Properties }) =>
      JSON.stringify(Properties.Roles ?? []).includes(`"${id}"`),
    );
    expect(attached).toHaveLength(10);
  });
});

describe('the stack', () => {
  const environment = (stack: SynthesizedStack) =>
    resourcesOf(stack, 'AWS::Lambda::Function').find(
      ({ Properties }) => Properties.FunctionName === 'holdfast-clinic-rds-snapshot',
    )?.Properties.Environment.Variables;

  it('tells the function the key of the copies, also where the replica is a bucket of another account', () => {
    expect(environment(runner)[STACK_ENV.snapshotKey]).toMatchObject({
      'Fn::GetStackOutput': { OutputName: 'SseKeyArn' },
    });
    const far = synthesize(
      exampleConfig(({ aws }) => {
        const keyArn =
          'arn:aws:kms:eu-west-1:210987654321:key/0b1c2d3e-4f56-7890-abcd-ef0123456789';
        aws.replica = {
          region: THERE,
          bucketArn: 'arn:aws:s3:::far-away',
          keyArn,
          account: '210987654321',
        };
      }),
    );
    expect(Object.keys(far.Replica.outputs)).toContain('SseKeyArn');
    expect(resourcesOf(far.Replica, 'AWS::S3::Bucket')).toEqual([]);
  });

  it('copies nothing without a replica, and asks in one region alone', () => {
    const stack = synthesize(
      exampleConfig(({ aws }) => {
        aws.replica = 'none';
      }),
    ).Runner;
    expect(environment(stack)[STACK_ENV.snapshotKey]).toBeUndefined();
    expect(whoMay({ action: 'rds:CopyDBSnapshot', resource: snapshotIn(HERE) }, stack)).toEqual([]);
    expect(
      whoMay({ action: 'rds:DescribeDBSnapshots', resource: rds(THERE, 'snapshot:any') }, stack),
    ).toEqual([]);
    expect(
      whoMay({ action: 'rds:DescribeDBSnapshots', resource: rds(HERE, 'snapshot:any') }, stack),
    ).toContain('check');
  });

  it('without snapshot plans has nothing to do in RDS but look at recovery points', () => {
    const stack = synthesize(
      exampleConfig(({ plans }) => {
        delete plans.servers;
      }),
    ).Runner;
    const actions = resourcesOf(stack, 'AWS::IAM::ManagedPolicy')
      .flatMap(({ Properties }) => Properties.PolicyDocument.Statement as PolicyStatement[])
      .flatMap(({ Action }) => Action)
      .filter((action) => action.startsWith('rds:'));
    expect(actions.toSorted()).toEqual(['rds:DescribeDBClusters', 'rds:DescribeDBInstances']);
    const inputs = resourcesOf(stack, 'AWS::Scheduler::Schedule').map(
      ({ Properties }) => Properties.Target,
    );
    expect(inputs.filter(({ Arn }) => JSON.stringify(Arn).includes('rdssnapshot'))).toEqual([]);
  });
});
