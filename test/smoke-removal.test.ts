import { describe, expect, it } from 'vitest';
import type { CallAws } from '../demo/aws/deployed-stack.ts';
import { removeAll } from '../setup/smoke/removal.ts';

const PROJECT = 'smoke-1';
const CDK = expect.stringMatching(/^the stacks CDKToolkit/);

interface Call {
  name: string;
  input: Record<string, unknown>;
  region: string;
}

type Answer = (call: Call) => unknown;

/** What is asked of an account, and what stays in it; an Error is thrown. */
async function remove(
  answer: Answer,
  databaseSecret?: string,
): Promise<{ stays: string[]; calls: Call[]; said: string[] }> {
  const calls: Call[] = [];
  const said: string[] = [];
  const call: CallAws = async <Given>(
    service: string,
    operation: string,
    input: object = {},
    region = 'eu-central-1',
  ) => {
    const made = { name: `${service} ${operation}`, input: input as Call['input'], region };
    calls.push(made);
    const given = answer(made);
    if (given instanceof Error) throw given;
    return given as Given;
  };
  const settings = { region: 'eu-central-1', replica: 'eu-west-1', databaseSecret };
  const remains = {
    call,
    settings,
    project: PROJECT,
    bucket: 'vault',
    patience: { pollMs: 1, minuteMs: 1000 },
  };
  const stays = await removeAll(remains, (text) => said.push(text));
  return { stays, calls, said };
}

function coded(name: string, message = 'no'): Error {
  return Object.assign(new Error(message), { name });
}

const ABSENT: Record<string, unknown> = {
  'kms ListAliases': { Aliases: [] },
  'stepfunctions ListStateMachines': { stateMachines: [] },
  'ecs ListTasks': coded('ClusterNotFoundException'),
  'cloudformation ListStackResources': coded(
    'ValidationError',
    'Stack with id Smoke1Runner does not exist',
  ),
  'cloudformation DescribeStacks': coded(
    'ValidationError',
    'Stack with id Smoke1Runner does not exist',
  ),
  'cloudtrail DeleteTrail': coded('TrailNotFoundException'),
  's3 ListObjectVersions': coded('NoSuchBucket'),
  'logs DescribeLogGroups': {},
  'sqs GetQueueUrl': coded('QueueDoesNotExist'),
  'secretsmanager DeleteSecret': coded('ResourceNotFoundException'),
  'rds DeleteDBInstance': coded('DBInstanceNotFoundFault'),
  'ec2 DescribeSecurityGroups': { SecurityGroups: [] },
};

/** An account in which nothing is left but what `answers` tells of. */
function nothingBut(answers: Record<string, Answer>): Answer {
  return (call) => answers[call.name]?.(call) ?? ABSENT[call.name] ?? {};
}

describe('what the smoke test removes', () => {
  it('is nothing, and nothing stays but what is the CDK’s, where nothing was made', async () => {
    const { stays } = await remove(nothingBut({}));
    expect(stays).toEqual([CDK]);
  });

  it('stays where the right to remove it lacks, each thing by its name', async () => {
    const { stays } = await remove(() => coded('AccessDenied'));
    const all = [
      'keys in eu-central-1',
      'keys in eu-west-1',
      'what runs',
      ...['stack Smoke1Runner', 'stack Smoke1Vault', 'stack Smoke1Replica', 'stack Smoke1Keys'],
      ...[
        'trail holdfast-smoke-1-trail in eu-central-1',
        'trail holdfast-smoke-1-trail in eu-west-1',
      ],
      ...[
        'vault',
        'vault-trail',
        'vault-logs',
        'vault-replica',
        'vault-replica-trail',
        'vault-replica-logs',
      ].map((name) => `bucket ${name}:`),
      ...['queue smoke-1-critical', 'queue smoke-1-warning'],
      ...['secret smoke-1/database', 'database smoke-1', 'security group smoke-1'],
    ];
    for (const one of all)
      expect(stays).toContainEqual(expect.stringMatching(new RegExp(`^${one}.*AccessDenied`)));
  });

  it.each([
    'NetworkingError',
    'ThrottlingException',
    'ValidationError',
  ])('is not taken for absent because of %s', async (code) => {
    const { stays } = await remove(
      nothingBut({ 'cloudformation DescribeStacks': () => coded(code, 'Rate exceeded') }),
    );
    expect(stays.filter((one) => one.includes(code))).toHaveLength(4);
  });
});

describe('a bucket of the smoke test', () => {
  /** Two looks at each bucket: one version, then none. */
  function buckets(deleteBucket: Answer): Answer {
    const looked = new Map<unknown, number>();
    return nothingBut({
      's3 ListObjectVersions': ({ input: { Bucket } }) => {
        looked.set(Bucket, (looked.get(Bucket) ?? 0) + 1);
        return (looked.get(Bucket) ?? 0) % 2 === 1
          ? { Versions: [{ Key: 'k', VersionId: 'v' }] }
          : {};
      },
      's3 DeleteBucket': deleteBucket,
    });
  }

  it('is emptied with a word about locks only where there are locks: S3 refuses it elsewhere', async () => {
    const { calls } = await remove(buckets(() => ({})));
    const deletions = calls
      .filter(({ name }) => name === 's3 DeleteObjects')
      .map(({ input }) => input);
    const bypassed = new Map(
      deletions.map(({ Bucket, BypassGovernanceRetention: bypass }) => [Bucket, bypass]),
    );
    expect(Object.fromEntries(bypassed)).toEqual({
      ...{ vault: true, 'vault-trail': true, 'vault-logs': undefined },
      ...{ 'vault-replica': true, 'vault-replica-trail': true, 'vault-replica-logs': undefined },
    });
  });

  it('is emptied once more when a log came late', async () => {
    const late = new Set(['vault-logs']);
    const { stays, calls } = await remove(
      buckets(({ input: { Bucket } }) =>
        late.delete(String(Bucket)) ? coded('BucketNotEmpty') : {},
      ),
    );
    expect(stays).toEqual([CDK]);
    expect(
      calls.filter(
        ({ name, input }) => name === 's3 DeleteObjects' && input.Bucket === 'vault-logs',
      ),
    ).toHaveLength(2);
  });

  it('stays, and is named, when it does not get empty', async () => {
    const { stays } = await remove(
      buckets(({ input }) => (input.Bucket === 'vault-logs' ? coded('BucketNotEmpty') : {})),
    );
    expect(stays).toEqual([expect.stringMatching(/^bucket vault-logs: BucketNotEmpty/), CDK]);
  });
});

describe('keys of the smoke test', () => {
  const others = Array.from({ length: 100 }, (_, at) => ({
    AliasName: `alias/other-${at}`,
    TargetKeyId: `other-${at}`,
  }));
  const own = ['', '-sse'].map((end) => ({
    AliasName: `alias/holdfast-${PROJECT}${end}`,
    TargetKeyId: `key${end}`,
  }));
  const strange = { AliasName: `alias/holdfast-${PROJECT}1`, TargetKeyId: 'of-another-project' };
  const states: Record<string, string> = { key: 'PendingReplicaDeletion', 'key-sse': 'Enabled' };

  it('are found behind a hundred others, scheduled once, and told with the days that they wait', async () => {
    const { stays, calls } = await remove(
      nothingBut({
        'kms ListAliases': ({ region, input: { Marker } }) => {
          if (region === 'eu-west-1') return { Aliases: [], Truncated: false };
          return Marker === 'more'
            ? { Aliases: [strange, ...own] }
            : { Aliases: others, Truncated: true, NextMarker: 'more' };
        },
        'kms DeleteAlias': () => coded('NotFoundException'),
        'kms DescribeKey': ({ input }) => ({
          KeyMetadata: { KeyState: states[String(input.KeyId)] },
        }),
      }),
    );
    const scheduled = calls
      .filter(({ name }) => name === 'kms ScheduleKeyDeletion')
      .map(({ input }) => input);
    expect(scheduled).toEqual([{ KeyId: 'key-sse', PendingWindowInDays: 7 }]);
    expect(stays).toEqual([
      expect.stringMatching(
        /^2 KMS keys, .* 7 days from now, the one that has a copy in eu-west-1 14;/,
      ),
      CDK,
    ]);
  });
});

describe('a stack of the smoke test that was broken off', () => {
  it('leaves no key that has no alias yet, also one that it made while it was being removed', async () => {
    const keys = [{ ResourceType: 'AWS::KMS::Key', PhysicalResourceId: 'first' }];
    const statuses = ['CREATE_IN_PROGRESS', 'DELETE_IN_PROGRESS', 'DELETE_COMPLETE'];
    const { stays, calls } = await remove(
      nothingBut({
        'cloudformation DescribeStacks': ({ input }) =>
          input.StackName === 'Smoke1Keys'
            ? { Stacks: [{ StackStatus: statuses.shift() }] }
            : undefined,
        'cloudformation ListStackResources': ({ input }) =>
          input.StackName === 'Smoke1Keys' ? { StackResourceSummaries: [...keys] } : undefined,
        'cloudformation DeleteStack': () =>
          keys.push({ ResourceType: 'AWS::KMS::Key', PhysicalResourceId: 'second' }),
        'kms DescribeKey': () => ({ KeyMetadata: { KeyState: 'Enabled' } }),
      }),
    );
    const scheduled = calls
      .filter(({ name }) => name === 'kms ScheduleKeyDeletion')
      .map(({ input }) => input.KeyId);
    expect(scheduled).toEqual(['first', 'second']);
    expect(stays).toEqual([expect.stringMatching(/^2 KMS keys/), CDK]);
  });
});

describe('a database that the smoke test began to make', () => {
  it('goes part by part, whatever stays of the others', async () => {
    const { stays, calls } = await remove(
      nothingBut({
        'secretsmanager DeleteSecret': () => coded('AccessDenied'),
        'rds DeleteDBInstance': () => coded('InvalidParameterCombination'),
        'ec2 DescribeSecurityGroups': () => ({ SecurityGroups: [{ GroupId: 'sg-1' }] }),
      }),
    );
    expect(stays).toEqual([
      expect.stringMatching(/^secret /),
      expect.stringMatching(/^database /),
      CDK,
    ]);
    expect(calls).toContainEqual(
      expect.objectContaining({ name: 'ec2 DeleteSecurityGroup', input: { GroupId: 'sg-1' } }),
    );
  });

  it('is asked again while it is being made, and its group while it is in use', async () => {
    const deletions = [coded('InvalidDBInstanceStateFault'), {}, coded('DBInstanceNotFoundFault')];
    const groups = [coded('DependencyViolation'), {}];
    const { stays } = await remove(
      nothingBut({
        'rds DeleteDBInstance': () => deletions.shift(),
        'ec2 DescribeSecurityGroups': () => ({ SecurityGroups: [{ GroupId: 'sg-1' }] }),
        'ec2 DeleteSecurityGroup': () => groups.shift(),
      }),
    );
    expect({ stays, deletions, groups }).toEqual({ stays: [CDK], deletions: [], groups: [] });
  });

  it('is left alone where it is the caller’s', async () => {
    const { calls } = await remove(nothingBut({}), 'clinic/backup');
    expect(calls.filter(({ name }) => /^(rds|secretsmanager|ec2) /.test(name))).toEqual([]);
  });
});

describe('what the stacks of the smoke test let stay', () => {
  const role = { ResourceType: 'AWS::IAM::Role', PhysicalResourceId: 'Smoke1Replica-Forwarding' };
  const policy = { ResourceType: 'AWS::IAM::ManagedPolicy', PhysicalResourceId: 'arn:policy' };
  const rule = { ResourceType: 'AWS::Events::Rule', PhysicalResourceId: 'Smoke1Replica-Touched' };
  const gone = { ResourceType: 'AWS::IAM::Role', PhysicalResourceId: 'Smoke1Replica-Gone' };
  const unmade = { ResourceType: 'AWS::IAM::Role' };

  it('goes too where IAM has it, and is named where it stays', async () => {
    let isThere = true;
    const { stays, calls } = await remove(
      nothingBut({
        'cloudformation ListStackResources': ({ region, input }) => {
          if (region !== 'eu-west-1') return { StackResourceSummaries: [] };
          return input.NextToken === 'more'
            ? { StackResourceSummaries: [policy, unmade] }
            : { StackResourceSummaries: [rule, role, gone], NextToken: 'more' };
        },
        'cloudformation DescribeStacks': ({ region }) =>
          region === 'eu-west-1' && isThere ? { Stacks: [{ StackStatus: 'X' }] } : undefined,
        'cloudformation DeleteStack': () => {
          isThere = false;
          return {};
        },
        'iam GetRole': ({ input }) =>
          input.RoleName === 'Smoke1Replica-Gone' ? coded('NoSuchEntityException') : {},
        'iam ListAttachedRolePolicies': () => ({ AttachedPolicies: [{ PolicyArn: 'arn:policy' }] }),
      }),
    );
    const done = calls
      .filter(({ name }) => /^iam D/.test(name))
      .map(({ name, input }) => [name, input]);
    expect(done).toEqual([
      ['iam DetachRolePolicy', { RoleName: 'Smoke1Replica-Forwarding', PolicyArn: 'arn:policy' }],
      ['iam DeleteRole', { RoleName: 'Smoke1Replica-Forwarding' }],
      ['iam DeletePolicy', { PolicyArn: 'arn:policy' }],
    ]);
    expect(stays).toEqual([
      expect.stringMatching(/^EventBridge rule Smoke1Replica-Touched in eu-west-1/),
      CDK,
    ]);
  });

  it.each([
    [
      'stays with the buckets whose locks it lifts',
      coded('AccessDenied'),
      [/^bucket vault:/, /^role holdfast-smoke-1-break-glass/],
      [],
    ],
    ['goes when they are gone', {}, [], ['holdfast-smoke-1-break-glass']],
  ])('as break-glass role %s', async (_what, answer, staying, deleted) => {
    const breakGlass = {
      ResourceType: 'AWS::IAM::Role',
      PhysicalResourceId: 'holdfast-smoke-1-break-glass',
    };
    let isThere = true;
    const { stays, calls } = await remove(
      nothingBut({
        'cloudformation ListStackResources': ({ input }) =>
          input.StackName === 'Smoke1Keys' ? { StackResourceSummaries: [breakGlass] } : {},
        'cloudformation DescribeStacks': ({ input }) =>
          input.StackName === 'Smoke1Keys' && isThere ? { Stacks: [{}] } : undefined,
        'cloudformation DeleteStack': () => {
          isThere = false;
        },
        's3 ListObjectVersions': ({ input }) => (input.Bucket === 'vault' ? answer : undefined),
      }),
    );
    expect(stays).toEqual([...staying.map((one) => expect.stringMatching(one)), CDK]);
    expect(
      calls.filter(({ name }) => name === 'iam DeleteRole').map(({ input }) => input.RoleName),
    ).toEqual(deleted);
  });

  it('is tried once more when CloudFormation could not remove it, and told with its reason', async () => {
    const { stays, calls } = await remove(
      nothingBut({
        'cloudformation DescribeStacks': ({ input }) =>
          input.StackName === 'Smoke1Runner'
            ? { Stacks: [{ StackStatus: 'DELETE_FAILED', StackStatusReason: 'tasks run' }] }
            : undefined,
      }),
    );
    expect(calls.filter(({ name }) => name === 'cloudformation DeleteStack')).toHaveLength(2);
    expect(stays).toEqual(['stack Smoke1Runner: Error: tasks run', CDK]);
  });
});
