import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AwsConfig } from '../../engine/config/aws-schema.ts';
import type { Config } from '../../engine/config/schema.ts';
import type { BackupId } from '../../engine/domain/backup-id.ts';
import { readerPolicy } from '../../engine/domain/reader-policy.ts';
import { stackFindings } from '../../engine/domain/stack-mistakes.ts';
import { statementsOf } from '../fixtures/policy-evaluator.ts';
import {
  type ExampleInput,
  exampleConfig,
  NOW,
  type Resource,
  type SynthesizedStack,
  synthesize,
} from '../fixtures/stacks.ts';

interface NameRule {
  property: string;
  pattern: RegExp;
}

const rule = (property: string, pattern: RegExp): NameRule => ({ property, pattern });
const SAFE = (most: number) => new RegExp(`^[A-Za-z0-9_.-]{1,${most}}$`);

/** Names that a template gives, and what AWS takes (service quotas and API references). */
const RULES: Record<string, NameRule[]> = {
  'AWS::IAM::Role': [
    rule('RoleName', /^[\w+=,.@-]{1,64}$/),
    rule('Description', /^[\t\n\r\x20-\x7e\xa1-\xff]{0,1000}$/),
  ],
  'AWS::S3::Bucket': [rule('BucketName', /^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/)],
  'AWS::KMS::Alias': [rule('AliasName', /^alias\/[A-Za-z0-9/_-]{1,250}$/)],
  'AWS::KMS::Key': [rule('Description', /^.{0,8192}$/)],
  'AWS::KMS::ReplicaKey': [rule('Description', /^.{0,8192}$/)],
  'AWS::CloudTrail::Trail': [rule('TrailName', /^[A-Za-z0-9][A-Za-z0-9._-]{1,126}[A-Za-z0-9]$/)],
  'AWS::SNS::Topic': [rule('TopicName', SAFE(256))],
  'AWS::SQS::Queue': [rule('QueueName', SAFE(80))],
  'AWS::DynamoDB::Table': [rule('TableName', SAFE(255))],
  'AWS::Lambda::Function': [
    rule('FunctionName', /^[A-Za-z0-9_-]{1,64}$/),
    rule('Description', /^.{0,256}$/),
  ],
  'AWS::Logs::LogGroup': [rule('LogGroupName', /^[\w./#-]{1,512}$/)],
  'AWS::ECS::Cluster': [rule('ClusterName', /^[A-Za-z0-9_-]{1,255}$/)],
  'AWS::ECS::TaskDefinition': [rule('Family', /^[A-Za-z0-9_-]{1,255}$/)],
  'AWS::StepFunctions::StateMachine': [rule('StateMachineName', /^[A-Za-z0-9_-]{1,80}$/)],
  'AWS::Scheduler::ScheduleGroup': [rule('Name', /^[\w.-]{1,64}$/)],
  'AWS::Scheduler::Schedule': [
    rule('Name', /^[\w.-]{1,64}$/),
    rule('Description', /^.{0,512}$/),
    rule('ScheduleExpression', /^.{1,256}$/),
  ],
  'AWS::Events::Rule': [rule('Name', /^[\w.-]{1,64}$/), rule('Description', /^.{0,512}$/)],
  'AWS::CloudWatch::Alarm': [
    rule('AlarmName', /^[\x20-\x7e]{1,255}$/),
    rule('AlarmDescription', /^.{0,1024}$/s),
  ],
  'AWS::CloudWatch::CompositeAlarm': [
    rule('AlarmName', /^[\x20-\x7e]{1,255}$/),
    rule('AlarmDescription', /^.{0,1024}$/s),
  ],
  'AWS::CloudWatch::Dashboard': [rule('DashboardName', /^[A-Za-z0-9_-]{1,255}$/)],
  'AWS::EC2::SecurityGroup': [
    rule('GroupDescription', /^[A-Za-z0-9. _\-:/()#,@[\]+=&;{}!$*]{0,255}$/),
  ],
  'AWS::IAM::ManagedPolicy': [rule('Description', /^.{0,1000}$/)],
};
/** Properties that are a name of what they stand at. */
const NAMING = /^(Name|.*Name|Family|.*Description)$/;
const MOST_OF_A_POLICY = 6144;
const MOST_OF_A_SESSION_POLICY = 2048;
const MOST_RULES = 1000;
const MOST_RESOURCES = 500;

describe('every name that a template gives is one that AWS takes', () => {
  it.each([
    ['where all are as long as no mistake forbids', () => LONGEST],
    ['where plans are as many as no mistake forbids', () => MANY],
    ['where plans differ in what an id would leave out', () => ALIKE],
  ])('%s', (_, wish) => {
    const config = exampleConfig((input) => rename(input, wish()));
    expect(mistakesIn(config)).toEqual([]);
    assertAllNames(config);
  });

  it('and the policy of a session that reads a set of theirs', () => {
    const { project, bucket, prefix, plans, databases } = LONGEST;
    const [plan = ''] = plans;
    for (const database of [...databases, '$'.repeat(100), '"'.repeat(100)]) {
      const set = { plan, database, id: '20261122T020000Z-7f3a' as BackupId };
      const key =
        'arn:aws-us-gov:kms:ap-southeast-2:123456789012:key/mrk-1234abcd12ab34cd56ef1234567890ab';
      const policy = readerPolicy({
        partition: 'aws-us-gov',
        region: 'ap-southeast-2',
        bucket,
        prefix,
        key,
        project,
        set,
      });
      expect(policy.length).toBeLessThanOrEqual(MOST_OF_A_SESSION_POLICY);
    }
  });

  it('whatever project, plans, databases and bucket are called', () => {
    fc.assert(
      fc.property(names, (wish) => {
        const config = exampleConfig((input) => rename(input, wish));
        fc.pre(mistakesIn(config).length === 0);
        assertAllNames(config);
      }),
      { numRuns: 6 },
    );
  }, 240_000);
});

describe('a schedule of two expressions', () => {
  it('takes no name from another plan', () => {
    const config = exampleConfig((input) => {
      input.plans.daily.schedule = '0 2 1 * mon';
      for (const name of ['daily-1', 'daily-2']) input.plans[name] = { ...input.plans.monthly };
    });
    const schedules = Object.values(synthesize(config).Runner.resources).filter(
      ({ Type }) => Type === 'AWS::Scheduler::Schedule',
    );
    const plans = schedules
      .map(({ Properties }) => JSON.parse(Properties.Target.Input).plan)
      .filter((plan) => plan !== undefined);
    expect(plans.filter((plan: string) => plan.startsWith('daily')).sort()).toEqual([
      'daily',
      'daily',
      'daily-1',
      'daily-2',
    ]);
  });
});

interface Wish {
  project: string;
  bucket: string;
  prefix: string;
  plans: string[];
  former: string[];
  databases: string[];
}

/** The longest of all that no mistake forbids. */
const LONGEST: Wish = {
  project: `P${'x'.repeat(29)}`,
  bucket: 'b'.repeat(49),
  prefix: 'p'.repeat(100),
  plans: Array.from({ length: 9 }, (_, index) => `${'n'.repeat(58)}${10 + index}`),
  former: ['я'.repeat(40)],
  databases: ['~'.repeat(100), 'clinic'],
};

/** As many plans as no mistake forbids. */
const MANY: Wish = {
  ...{
    project: 'clinic',
    bucket: 'clinic-backups',
    prefix: 'p',
    former: [],
    databases: ['clinic'],
  },
  plans: Array.from({ length: 93 }, (_, index) => `n${index}`),
};

/** Names that differ in what an id would leave out. */
const ALIKE: Wish = {
  project: 'a-',
  bucket: 'clinic-backups',
  prefix: 'x',
  plans: [
    'daily',
    'Daily',
    'dai-ly',
    'dai_ly',
    'daily-',
    'daily_',
    'check',
    'prune',
    'plan-daily',
    'daily-1',
    'late',
    '-',
  ],
  former: ['Daily sets', 'Daily%20sets'],
  databases: ['clinic', 'Clinic', 'clinic ', 'cli/nic', 'cli%2Fnic'].filter(
    (name) => name.trim() === name,
  ),
};

const letters = (pattern: string, maxLength: number) =>
  fc.stringMatching(new RegExp(`^${pattern}$`)).map((text) => text.slice(0, maxLength));
const names: fc.Arbitrary<Wish> = fc.record({
  project: letters('[A-Za-z][A-Za-z0-9-]{0,29}', 30),
  bucket: letters('[a-z0-9][a-z0-9-]{1,47}[a-z0-9]', 49),
  prefix: letters('[A-Za-z0-9_-]{1,100}', 100),
  plans: fc.uniqueArray(letters('[A-Za-z0-9_-]{1,60}', 60), { minLength: 1, maxLength: 12 }),
  former: fc.uniqueArray(fc.string({ minLength: 1, maxLength: 200, unit: 'binary' }), {
    maxLength: 2,
  }),
  databases: fc.uniqueArray(letters('[!-~]([ -~]{0,98}[!-~])?', 100), {
    minLength: 1,
    maxLength: 3,
  }),
});

function rename(
  input: ExampleInput,
  { project, bucket, prefix, plans, former, databases }: Wish,
): void {
  input.project = project;
  Object.assign(input.repositories.cloud, { bucket, prefix });
  const { daily } = input.plans;
  input.plans = Object.fromEntries(
    plans.map((name, index) => [
      name,
      {
        ...daily,
        databases: 'all',
        schedule: `${index % 60} ${2 + Math.floor(index / 60)} 1 * mon`,
      },
    ]),
  );
  input.databases = Object.fromEntries(
    databases.map((name) => [name, { secret: 'clinic/backup' }]),
  );
  input.aws.cold = {};
  input.aws.formerPlans = former;
}

function mistakesIn(config: Config): string[] {
  return stackFindings(config as Config & { aws: AwsConfig }, { now: NOW }).mistakes;
}

function assertAllNames(config: Config): void {
  for (const stack of Object.values(synthesize(config))) {
    expect(Object.keys(stack.resources).length).toBeLessThanOrEqual(MOST_RESOURCES);
    for (const one of Object.entries(stack.resources)) assertNames(stack, one);
  }
}

function assertNames(
  stack: SynthesizedStack,
  [id, { Type, Properties = {} }]: [string, Resource],
): void {
  const rules = RULES[Type] ?? [];
  for (const [property, value] of Object.entries(Properties)) {
    if (
      !NAMING.test(property) ||
      typeof value !== 'string' ||
      Type.startsWith('Custom::') ||
      REFERENCES.includes(`${Type} ${property}`)
    )
      continue;
    const known = rules.find((one) => one.property === property);
    if (known === undefined)
      throw new Error(`no rule of AWS is written down for ${property} of ${Type} (${value})`);
    expect(value, `${id}: ${Type} ${property}`).toMatch(known.pattern);
  }
  if (Type === 'AWS::IAM::ManagedPolicy') {
    const policy = JSON.stringify({
      Version: '2012-10-17',
      Statement: statementsOf(stack, Properties.PolicyDocument),
    });
    expect(policy.length, id).toBeLessThanOrEqual(MOST_OF_A_POLICY);
  }
  const lifecycle = Properties.LifecycleConfiguration?.Rules as { Id: string }[] | undefined;
  if (lifecycle === undefined) return;
  expect(lifecycle.length).toBeLessThanOrEqual(MOST_RULES);
  expect(new Set(lifecycle.map(({ Id }) => Id)).size, id).toBe(lifecycle.length);
  for (const { Id } of lifecycle) expect(Id.length).toBeLessThanOrEqual(255);
}

/** Names of something else. */
const REFERENCES: string[] = [
  'AWS::Scheduler::Schedule GroupName',
  'AWS::CloudWatch::Alarm MetricName',
  'AWS::EC2::VPCEndpoint ServiceName',
];
