import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type DeployedTrial, deployTrial } from '../fixtures/trial.ts';
import { REPLICA_BUCKET } from './trial/replica.ts';

let trial: DeployedTrial;
let Bucket: string;

beforeAll(async () => {
  trial = await deployTrial();
  Bucket = trial.outputs.BucketName ?? '';
});
afterAll(() => trial?.stack.stop());

const s3 = (operation: string, input: object = { Bucket }, region = 'us-east-1') =>
  trial.stack.call('s3', operation, input, region);

describe('the bucket of a deployed stack', () => {
  it('is versioned, locked, private and encrypted with the key of the stack', async () => {
    expect(await s3('GetBucketVersioning')).toMatchObject({ Status: 'Enabled' });
    expect(await s3('GetObjectLockConfiguration')).toMatchObject({
      ObjectLockConfiguration: {
        ObjectLockEnabled: 'Enabled',
        Rule: { DefaultRetention: { Mode: 'GOVERNANCE', Days: 7 } },
      },
    });
    expect(await s3('GetPublicAccessBlock')).toMatchObject({
      PublicAccessBlockConfiguration: { BlockPublicAcls: true },
    });
    expect(await s3('GetBucketEncryption')).toMatchObject({
      ServerSideEncryptionConfiguration: {
        Rules: [
          {
            ApplyServerSideEncryptionByDefault: {
              SSEAlgorithm: 'aws:kms',
              KMSMasterKeyID: trial.outputs.KeyArn,
            },
          },
        ],
      },
    });
    expect(await s3('GetBucketLogging')).toMatchObject({
      LoggingEnabled: { TargetBucket: expect.stringMatching(/^trial-/) },
    });
  });

  it('has the rules that remove, and moves large objects to a cold class', async () => {
    const { Rules } = (await s3('GetBucketLifecycleConfiguration')) as { Rules: object[] };
    expect(Rules).toMatchObject([
      {
        ID: 'released',
        Filter: { And: { Prefix: 'nightly/', Tags: [{ Key: 'holdfast', Value: 'released' }] } },
        Expiration: { Days: 1 },
      },
      {
        ID: 'uploads',
        AbortIncompleteMultipartUpload: { DaysAfterInitiation: 7 },
        Expiration: { ExpiredObjectDeleteMarker: true },
      },
      {
        ID: 'cold',
        Transitions: [{ StorageClass: 'DEEP_ARCHIVE', Days: 1 }],
        NoncurrentVersionExpiration: { NoncurrentDays: 14 },
      },
    ]);
  });

  it('is replicated to the bucket of the other region, which is versioned and locked', async () => {
    expect(await s3('GetBucketReplication')).toMatchObject({
      ReplicationConfiguration: {
        Rules: [{ Status: 'Enabled', Destination: { Bucket: `arn:aws:s3:::${REPLICA_BUCKET}` } }],
      },
    });
    expect(await s3('GetBucketVersioning', { Bucket: REPLICA_BUCKET }, 'us-west-2')).toMatchObject({
      Status: 'Enabled',
    });
    expect(await s3('GetBucketLocation', { Bucket: REPLICA_BUCKET }, 'us-west-2')).toEqual({
      LocationConstraint: 'us-west-2',
    });
  });

  it('has its whole policy, and can be used although the policy denies what is not TLS', async () => {
    const { Policy } = (await s3('GetBucketPolicy')) as { Policy: string };
    expect(JSON.parse(Policy).Statement[0]).toMatchObject({
      Effect: 'Deny',
      Condition: { Bool: { 'aws:SecureTransport': 'false' } },
    });
    await s3('PutObject', { Bucket, Key: 'nightly/x' });
    expect(await s3('HeadObject', { Bucket, Key: 'nightly/x' })).toMatchObject({
      ObjectLockMode: 'GOVERNANCE',
    });
  });
});

describe('the rest of a deployed stack', () => {
  it('has one key in both regions: what one wrapped, the other unwraps, while it is enabled', async () => {
    const { CiphertextBlob, Plaintext } = await trial.stack.call<Record<string, string>>(
      'kms',
      'GenerateDataKey',
      {
        KeyId: trial.outputs.KeyArn,
        KeySpec: 'AES_256',
      },
    );
    expect(trial.replica.KeyArn).toMatch(/^arn:aws:kms:us-west-2:.*:key\/mrk-/);
    const opened = await trial.stack.call(
      'kms',
      'Decrypt',
      { CiphertextBlob, KeyId: trial.replica.KeyArn },
      'us-west-2',
    );
    expect(opened).toMatchObject({ Plaintext });
    await trial.stack.call('kms', 'DisableKey', { KeyId: trial.outputs.KeyArn });
    const used = trial.stack.call('kms', 'Decrypt', { CiphertextBlob });
    await expect(used).rejects.toMatchObject({ name: 'DisabledException' });
    await trial.stack.call('kms', 'EnableKey', { KeyId: trial.outputs.KeyArn });
  });

  it('stores the config as an object that a task can read', async () => {
    const [, , bucket, key] = trial.outputs.ConfigUrl?.split('/') ?? [];
    const { Body } = await trial.stack.call<{ Body: string }>('s3', 'GetObject', {
      Bucket: bucket,
      Key: key,
    });
    expect(Body).toContain('class TrialVault');
  });

  it('has its schedule, alarm, dashboard, trail and log group', async () => {
    const { stack, outputs } = trial;
    expect(await stack.call('scheduler', 'GetSchedule', { Name: 'trial-Nightly' })).toMatchObject({
      ScheduleExpression: 'cron(0 2 * * ? *)',
      State: 'ENABLED',
      Target: { Input: '{"say":"Nightly"}', RetryPolicy: { MaximumRetryAttempts: 3 } },
    });
    expect(
      await stack.call('cloudwatch', 'DescribeAlarms', {
        AlarmTypes: ['MetricAlarm', 'CompositeAlarm'],
      }),
    ).toMatchObject({
      MetricAlarms: [{ AlarmName: 'trial-age', Threshold: 26, TreatMissingData: 'breaching' }],
      CompositeAlarms: [
        { AlarmName: 'trial-any', AlarmRule: expect.stringContaining(':alarm:trial-age') },
      ],
    });
    expect(await stack.call('cloudwatch', 'ListDashboards')).toMatchObject({
      DashboardEntries: [{}],
    });
    expect(await stack.call('cloudtrail', 'GetTrail', { Name: 'trial' })).toMatchObject({
      Trail: { IsMultiRegionTrail: true, LogFileValidationEnabled: true },
    });
    const logGroups = await stack.call('logs', 'DescribeLogGroups', {
      logGroupNamePrefix: outputs.TaskLogGroup,
    });
    expect(logGroups).toMatchObject({ logGroups: [{ retentionInDays: 30 }] });
  });

  it('has the whole task definition', async () => {
    const { taskDefinitionArns } = await trial.stack.call<{ taskDefinitionArns: string[] }>(
      'ecs',
      'ListTaskDefinitions',
    );
    const taskDefinition = taskDefinitionArns.find((arn) => !arn.includes('Absent'));
    expect(
      await trial.stack.call('ecs', 'DescribeTaskDefinition', { taskDefinition }),
    ).toMatchObject({
      taskDefinition: {
        cpu: '512',
        memory: '1024',
        networkMode: 'awsvpc',
        ephemeralStorage: { sizeInGiB: 30 },
        taskRoleArn: expect.stringMatching(/^arn:aws:iam::/),
        containerDefinitions: [
          {
            name: 'program',
            environment: expect.arrayContaining([{ name: 'GREETING', value: 'hello' }]),
          },
        ],
      },
    });
  });
});

describe('a second deployment', () => {
  it('changes function, task, machine, schedule and lifecycle; the third takes back what the second added', async () => {
    expect(await seen()).toEqual({
      answer: 'first',
      task: 1,
      hour: '2',
      schedules: ['trial-Nightly'],
      days: 1,
    });
    await trial.update({ TRIAL_ANSWER: 'second', TRIAL_EXTRA: '1' });
    expect(await seen()).toEqual({
      answer: 'second',
      task: 2,
      hour: '3',
      schedules: ['trial-Extra', 'trial-Nightly'],
      days: 2,
    });
    await trial.update({});
    expect(await seen()).toEqual({
      answer: 'first',
      task: 3,
      hour: '2',
      schedules: ['trial-Nightly'],
      days: 1,
    });
  });

  it('of what nobody knows fails and says what it was', async () => {
    await expect(trial.update({ TRIAL_UNKNOWN: '1' })).rejects.toThrow(
      /the local AWS does not know the type AWS::Athena::WorkGroup/,
    );
    const { Stacks } = await trial.stack.call<{ Stacks: object[] }>(
      'cloudformation',
      'DescribeStacks',
      { StackName: 'Trial' },
    );
    expect(Stacks).toMatchObject([{ StackStatus: 'UPDATE_ROLLBACK_COMPLETE' }]);
  });
});

/** What a deployment changes: what the function answers, the revision of the task that the machine runs, the schedules, the lifecycle. */
async function seen() {
  const { stack, outputs } = trial;
  const { Payload } = await stack.call<{ Payload: string }>('lambda', 'Invoke', {
    FunctionName: outputs.FunctionName,
    Payload: '{}',
  });
  const machine = { stateMachineArn: outputs.MachineArn };
  const { definition } = await stack.call<{ definition: string }>(
    'stepfunctions',
    'DescribeStateMachine',
    machine,
  );
  const nightly = await stack.call<{ ScheduleExpression: string }>('scheduler', 'GetSchedule', {
    Name: 'trial-Nightly',
  });
  const { Schedules } = await stack.call<{ Schedules: { Name: string }[] }>(
    'scheduler',
    'ListSchedules',
  );
  const { Rules } = (await s3('GetBucketLifecycleConfiguration')) as {
    Rules: { Expiration?: { Days: number } }[];
  };
  return {
    answer: JSON.parse(Payload).answer,
    task: Number(/task-definition\/TrialRunsTask\w+:(\d+)/.exec(definition)?.[1]),
    hour: nightly.ScheduleExpression.split(' ')[1],
    schedules: Schedules.map(({ Name }) => Name).sort(),
    days: Rules[0]?.Expiration?.Days,
  };
}
