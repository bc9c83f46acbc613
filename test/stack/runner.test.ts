import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { INTERFACES } from '../../lib/runner/network.ts';
import { FUNCTION_NAMES } from '../../lib/runner/runner-functions.ts';
import { ROOT, readDocument } from '../fixtures/document.ts';
import {
  isAllowed,
  type PolicyStatement,
  policiesOf,
  type Request,
  statementsOf,
} from '../fixtures/policy-evaluator.ts';
import {
  ACCOUNT,
  exampleConfig,
  type Resource,
  resourcesOf,
  type SynthesizedStack,
  synthesize,
} from '../fixtures/stacks.ts';

const MOST_RESOURCES = 500;

let runner: SynthesizedStack;

beforeAll(() => {
  runner = synthesize(exampleConfig()).Runner;
});

describe('schedules', () => {
  const schedules = (stack = runner) =>
    resourcesOf(stack, 'AWS::Scheduler::Schedule').map(({ Properties }) => Properties);
  const events = (stack = runner) =>
    schedules(stack).map(({ Target, ScheduleExpression }) => [
      JSON.parse(Target.Input),
      ScheduleExpression,
    ]);

  it('start each plan of the vault at its time, and none of the plans that do not write there', () => {
    const plans = events().filter(([event]) => event.plan !== undefined);
    expect(plans.map(([{ plan }, expression]) => [plan, expression])).toEqual([
      ['daily', 'cron(0 2 * * ? *)'],
      ['monthly', 'cron(0 3 1 * ? *)'],
      ['archive', expect.stringMatching(/^cron\(\d+ \d+ 1 .+ \? \*\)$/)],
      ['servers', 'cron(30 1 * * ? *)'],
    ]);
    for (const [event] of plans) expect(event.scheduledFor).toBe('<aws.scheduler.scheduled-time>');
  });

  it('look after snapshots, check, digest, drills, prune, old sets, recovery points, ledger and reports', () => {
    const chores = events().filter(([event]) => event.plan === undefined);
    expect(
      chores.map(([{ scheduledFor: _due, ...event }, expression]) => [event, expression]),
    ).toEqual([
      [{}, 'cron(3,23,43 * * * ? *)'],
      [{}, 'cron(17 * * * ? *)'],
      [{ digest: true }, 'cron(47 7 ? * 2 *)'],
      [{ operation: 'drill' }, 'cron(17 3 5 * ? *)'],
      [{}, 'cron(37 5 * * ? *)'],
      [{ operation: 'reread' }, 'cron(52 9 * * ? *)'],
      [{}, 'cron(7 * * * ? *)'],
      [{}, 'cron(27 * * * ? *)'],
      [{}, 'cron(47 4 2 * ? *)'],
    ]);
  });

  it('keep to their minute and their zone, knock at Lambda for a day, and leave what fails in the queue', () => {
    const config = exampleConfig(({ plans }) => {
      plans.daily.timezone = 'Europe/Vienna';
      plans.daily.schedule = '30 4 * * *';
    });
    const all = schedules(synthesize(config).Runner);
    expect(all[0]?.ScheduleExpressionTimezone).toBe('Europe/Vienna');
    for (const { FlexibleTimeWindow, Target } of all) {
      expect(FlexibleTimeWindow).toEqual({ Mode: 'OFF' });
      expect(Target.RetryPolicy.MaximumEventAgeInSeconds).toBe(86_400);
      expect(Target.DeadLetterConfig.Arn['Fn::GetAtt'][0]).toMatch(/^DeadLettersSchedules/);
    }
  });

  it('are two where cron takes either of two days', () => {
    const config = exampleConfig(({ plans }) => {
      plans.daily.schedule = '0 2 1 * mon';
    });
    expect(
      events(synthesize(config).Runner).filter(([event]) => event.plan === 'daily'),
    ).toHaveLength(2);
  });
});

describe('a task', () => {
  const definitions = () =>
    resourcesOf(runner, 'AWS::ECS::TaskDefinition').map(({ Properties }) => Properties);

  it('is the user of the image, can write to its scratch volume alone, has no capability, and is given two minutes to end well', () => {
    const dockerfile = readFileSync(join(ROOT, 'task/Dockerfile'), 'utf8');
    expect(definitions()).toHaveLength(12);
    for (const { ContainerDefinitions, Volumes } of definitions()) {
      const [container, ...others] = ContainerDefinitions;
      expect(others).toEqual([]);
      expect(container).toMatchObject({
        User: /^USER (\S+)$/m.exec(dockerfile)?.[1],
        ReadonlyRootFilesystem: true,
        StopTimeout: 120,
        LinuxParameters: { Capabilities: { Drop: ['ALL'] }, InitProcessEnabled: false },
      });
      expect(container.MountPoints).toEqual([
        { ContainerPath: '/tmp', ReadOnly: false, SourceVolume: Volumes[0].Name },
      ]);
    }
  });

  it('has no secret in its environment', () => {
    for (const { ContainerDefinitions, Family } of definitions())
      expect(
        ContainerDefinitions[0].Environment.map(({ Name }: { Name: string }) => Name).toSorted(),
        Family,
      ).toEqual([
        'HOLDFAST_CONFIG_URI',
        'HOLDFAST_KMS_KEY',
        'HOLDFAST_METRICS_NAMESPACE',
        ...(/-(drill|restore)-/.test(Family) ? ['HOLDFAST_READER_ROLE'] : []),
        ...(/-drill-/.test(Family) ? ['HOLDFAST_SIGNING_KEY'] : []),
        'HOLDFAST_VAULT',
      ]);
  });
});

describe('the functions', () => {
  it('tell their own failures, but for those that a state machine calls and tells of', () => {
    const source = (name: string) => readFileSync(join(ROOT, 'lambdas', `${name}.ts`), 'utf8');
    const silent = FUNCTION_NAMES.filter((name) => !source(name).includes(`tellsAs: `));
    expect(silent).toEqual(['record-outcome', 'notify-failure']);
  });
});

describe('a network', () => {
  it('without a way out gets endpoints for all that a task asks, which let in this account alone', () => {
    const config = exampleConfig(({ aws }) => {
      aws.network = {
        ...aws.network,
        endpoints: true,
        routeTableIds: aws.network.subnetIds.map(() => 'rtb-0a1b2c3d'),
      };
    });
    const endpoints = resourcesOf(synthesize(config).Runner, 'AWS::EC2::VPCEndpoint').map(
      ({ Properties }) => Properties,
    );
    const services = endpoints.map(({ ServiceName }) =>
      ServiceName['Fn::Join'][1].at(-1).replace(/^\./, ''),
    );
    expect(services.toSorted()).toEqual([
      'ecr.api',
      'ecr.dkr',
      'kms',
      'logs',
      's3',
      'secretsmanager',
      'sts',
    ]);
    for (const { PolicyDocument } of endpoints)
      expect(JSON.stringify(PolicyDocument)).toMatch(/aws:(Principal|Resource)Account/);
  });

  it('with endpoints of its own is told by the config which ones they have to be', async () => {
    const setting =
      (await readDocument('docs/CONFIG.md'))
        .split('\n')
        .find((line) => line.startsWith('| `aws.network.endpoints` |')) ?? '';
    expect(INTERFACES.filter((service) => !setting.includes(`\`${service}\``))).toEqual([]);
    expect(setting).toContain('gateway of S3');
  });

  it('has security groups of its own only where the config gives none', () => {
    const config = exampleConfig(({ aws }) => {
      aws.network.securityGroupIds = ['sg-0123456789'];
    });
    const groups = (stack: SynthesizedStack) =>
      resourcesOf(stack, 'AWS::EC2::SecurityGroup').length;
    expect([groups(runner), groups(synthesize(config).Runner)]).toEqual([2, 1]);
  });
});

describe('a function', () => {
  it('is small, bounded and leaves what it fails on in a queue', () => {
    const functions = resourcesOf(runner, 'AWS::Lambda::Function').map(
      ({ Properties }) => Properties,
    );
    expect(functions.map(({ FunctionName }) => FunctionName).toSorted()).toEqual(
      [
        'check',
        'notify-failure',
        'prune',
        'rds-snapshot',
        'record-outcome',
        'report',
        'seal-ledger',
        'start-run',
        'tell-access',
        'watch-recovery-point',
      ].map((name) => `holdfast-clinic-${name}`),
    );
    for (const {
      Runtime,
      ReservedConcurrentExecutions,
      DeadLetterConfig,
      KmsKeyArn,
      TracingConfig,
    } of functions) {
      expect(Runtime).toBe('nodejs24.x');
      expect(ReservedConcurrentExecutions).toBeGreaterThan(0);
      expect(DeadLetterConfig.TargetArn['Fn::GetAtt'][0]).toMatch(/^DeadLettersFunctions/);
      expect(KmsKeyArn).toBeDefined();
      expect(TracingConfig).toEqual({ Mode: 'Active' });
    }
  });

  it('that starts a run has all the time of Lambda to wait for a vault that is away', () => {
    const functions = resourcesOf(runner, 'AWS::Lambda::Function').map(
      ({ Properties }) => Properties,
    );
    expect(
      functions.find(({ FunctionName }) => FunctionName === 'holdfast-clinic-start-run')?.Timeout,
    ).toBe(15 * 60);
  });
});

describe('logs', () => {
  it('are encrypted and end', () => {
    const logs = resourcesOf(runner, 'AWS::Logs::LogGroup').map(({ Properties }) => Properties);
    for (const { KmsKeyId, RetentionInDays, LogGroupName } of logs) {
      expect(KmsKeyId, LogGroupName).toBeDefined();
      expect(RetentionInDays).toBe(365);
      expect(LogGroupName).toMatch(/^\/holdfast\/clinic\//);
    }
  });
});

describe('roles', () => {
  it('never grant to everybody, nor every action', () => {
    for (const { Properties } of [
      ...resourcesOf(runner, 'AWS::IAM::Role'),
      ...resourcesOf(runner, 'AWS::IAM::ManagedPolicy'),
    ]) {
      const document = Properties.AssumeRolePolicyDocument ?? Properties.PolicyDocument;
      for (const { Effect, Principal, Action } of document.Statement as PolicyStatement[]) {
        if (Effect !== 'Allow') continue;
        expect(JSON.stringify(Principal ?? {})).not.toContain('*');
        for (const action of [Action].flat()) expect(action).not.toContain('*');
      }
    }
  });

  it('keep inline policies and those of AWS out', () => {
    for (const { Properties } of resourcesOf(runner, 'AWS::IAM::Role')) {
      expect(Properties.Policies, Properties.RoleName).toBeUndefined();
      expect(JSON.stringify(Properties.ManagedPolicyArns ?? [])).not.toContain(':aws:policy/');
    }
    expect(resourcesOf(runner, 'AWS::IAM::Policy')).toEqual([]);
  });

  it('delete nothing in any bucket and lift no lock', () => {
    for (const action of [
      's3:DeleteObject',
      's3:DeleteObjectVersion',
      's3:BypassGovernanceRetention',
      's3:PutBucketPolicy',
      's3:PutLifecycleConfiguration',
    ])
      for (const { Properties } of resourcesOf(runner, 'AWS::IAM::ManagedPolicy'))
        for (const { Effect, Action } of Properties.PolicyDocument.Statement as PolicyStatement[])
          if (Effect === 'Allow') expect([Action].flat()).not.toContain(action);
  });

  it('pass no role but those of their own tasks, and only to ECS', () => {
    const passes = resourcesOf(runner, 'AWS::IAM::ManagedPolicy').flatMap(({ Properties }) =>
      (Properties.PolicyDocument.Statement as PolicyStatement[]).filter(({ Action }) =>
        [Action].flat().includes('iam:PassRole'),
      ),
    );
    expect(passes).toHaveLength(4);
    for (const { Resource, Condition } of passes) {
      const service = Condition?.StringEquals?.['iam:PassedToService'];
      expect(['ecs-tasks.amazonaws.com', 'ecs.amazonaws.com']).toContain(service);
      for (const role of [Resource].flat()) expect(trustOf(role)).toBe(service);
    }
  });

  it('log in to databases only where a task has to: backups and restores', () => {
    const config = exampleConfig(({ databases }) => {
      databases.clinic = {
        ...databases.clinic,
        url: undefined,
        secret: undefined,
        host: 'db.example.com',
        user: 'backup',
        database: 'clinic',
        iam: true,
      };
    });
    const stack = synthesize(config).Runner;
    const connects = (kind: string) =>
      isAllowed(
        {
          principal: role(kind),
          action: 'rds-db:connect',
          resource: `arn:aws:rds-db:eu-central-1:${ACCOUNT}:dbuser:db-ABC/backup`,
        },
        { resource: [], identity: identityOf(stack, kind) },
      );
    expect(['backup', 'verify', 'drill', 'restore'].filter(connects)).toEqual([
      'backup',
      'restore',
    ]);
    const another = {
      principal: role('backup'),
      action: 'rds-db:connect',
      resource: `arn:aws:rds-db:eu-central-1:${ACCOUNT}:dbuser:db-ABC/postgres`,
    };
    expect(isAllowed(another, { resource: [], identity: identityOf(stack, 'backup') })).toBe(false);
  });

  it('ask RDS for recovery points where each database is, and nowhere else', () => {
    const config = exampleConfig(({ databases, plans }) => {
      const rds = { instance: 'clinic' };
      delete plans.servers;
      databases.clinic = {
        host: 'clinic.c9.eu-west-1.rds.amazonaws.com',
        user: 'backup',
        database: 'clinic',
        iam: true,
        rds,
      };
      databases.lab = { ...databases.lab, secret: 'lab/backup', region: 'us-east-2', rds };
    });
    const identity = identityOf(synthesize(config).Runner, 'watch-recovery-point');
    const asks = (region: string) =>
      isAllowed(
        {
          principal: role('watch-recovery-point'),
          action: 'rds:DescribeDBInstances',
          resource: `arn:aws:rds:${region}:${ACCOUNT}:db:clinic`,
        },
        { resource: [], identity },
      );
    expect(['eu-central-1', 'eu-west-1', 'us-east-2', 'eu-north-1'].filter(asks)).toEqual([
      'eu-west-1',
      'us-east-2',
    ]);
  });

  it('let a backup say of its own set only that it is held: it proves nothing by itself', () => {
    const set = 'arn:aws:s3:::clinic-backups/daily/clinic/20261122T020000Z-7f3a';
    const creates = (name: string) =>
      may('backup', { action: 's3:PutObject', resource: `${set}/${name}` });
    expect(
      ['manifest.json', 'data.dump.zst.esdk', 'hold-20261122T030000Z.json'].filter(creates),
    ).toHaveLength(3);
    expect(
      ['checked', 'proven', 'suspect', 'accepted', 'released', 'disposed']
        .map((mark) => `${mark}-20261122T030000Z.json`)
        .filter(creates),
    ).toEqual([]);
    const ofOddName = {
      action: 's3:PutObject',
      resource:
        'arn:aws:s3:::clinic-backups/daily/proven-things/20261122T020000Z-7f3a/manifest.json',
    };
    expect(may('backup', ofOddName)).toBe(true);
  });

  it('let prune read manifests and marks, and the ciphertext of rows only to who has to', () => {
    const set = 'arn:aws:s3:::clinic-backups/daily/clinic/20261122T020000Z-7f3a';
    const readers = (name: string) =>
      NAMES.filter((kind) => may(kind, { action: 's3:GetObject', resource: `${set}/${name}` }));
    expect(readers('data.dump.zst.esdk')).toEqual([
      'verify',
      'drill-reader',
      'restore-reader',
      'check',
    ]);
    expect(readers('manifest.json')).toEqual(
      NAMES.filter((kind) => !['backup', 'tell-access', 'seal-ledger'].includes(kind)),
    );
  });

  it('unwrap rows in verifications and by the readers of drills and restores alone; prune opens seals, and no other function anything', () => {
    const rows = {
      'kms:EncryptionContext:project': 'clinic',
      'kms:EncryptionContext:object': 'data.dump.zst.esdk',
    };
    const seal = { ...rows, 'kms:EncryptionContext:object': 'manifest.json' };
    const unwraps = (conditions: Record<string, string>) =>
      NAMES.filter((name) =>
        may(name, { action: 'kms:Decrypt', resource: envelope(), conditions }),
      );
    expect(unwraps(rows)).toEqual(['verify', 'drill-reader', 'restore-reader']);
    expect(unwraps(seal)).toEqual(['verify', 'drill-reader', 'restore-reader', 'prune']);
  });
});

describe('a fleet', () => {
  it('of 200 databases with servers and secrets of their own and 13 plans stays below the resources and policies that AWS takes', () => {
    const config = exampleConfig((input) => {
      const names = Array.from({ length: 200 }, (_, index) => `clinic-${index}`);
      input.databases = Object.fromEntries(
        names.map((name) => [
          name,
          {
            secret: `production/databases/postgresql/${name}/holdfast-backup`,
            rds: { instance: `production-postgresql-${name}` },
          },
        ]),
      );
      for (let plan = 0; plan < 12; plan += 1)
        input.plans[`extra-${plan}`] = {
          ...input.plans.daily,
          databases: 'all',
          schedule: `${plan} 3 * * *`,
        };
      for (const plan of Object.values(input.plans) as { databases?: unknown; tables?: unknown }[])
        plan.databases = 'all';
    });
    const fleet = synthesize(config).Runner;
    expect(Object.keys(fleet.resources).length).toBeLessThan(MOST_RESOURCES / 2);
    const policies = resourcesOf(fleet, 'AWS::IAM::ManagedPolicy');
    for (const { Properties } of policies)
      expect(sizeOf(fleet, Properties.PolicyDocument)).toBeLessThanOrEqual(6144);
    for (const [id, { Properties }] of Object.entries(fleet.resources).filter(
      ([, { Type }]) => Type === 'AWS::IAM::Role',
    )) {
      const attached = policies.filter((one) =>
        JSON.stringify(one.Properties.Roles ?? []).includes(id),
      ).length;
      expect(
        attached + (Properties.ManagedPolicyArns?.length ?? 0),
        Properties.RoleName,
      ).toBeLessThanOrEqual(10);
    }
  });
});

const NAMES = [
  'backup',
  'verify',
  'drill',
  'restore',
  'drill-reader',
  'restore-reader',
  'start-run',
  'record-outcome',
  'notify-failure',
  'check',
  'prune',
  'watch-recovery-point',
  'tell-access',
  'seal-ledger',
  'report',
];

function role(kind: string): string {
  return `arn:aws:iam::${ACCOUNT}:role/holdfast-clinic-${kind}`;
}

function may(kind: string, request: Omit<Request, 'principal'>): boolean {
  const handedOver: PolicyStatement = {
    Effect: 'Allow',
    Principal: { AWS: `arn:aws:iam::${ACCOUNT}:root` },
    Action: 'kms:*',
    Resource: '*',
  };
  return isAllowed(
    { principal: role(kind), ...request },
    { resource: [handedOver], identity: identityOf(runner, kind) },
  );
}

function identityOf(stack: SynthesizedStack, kind: string): PolicyStatement[] {
  return policiesOf(stack, `holdfast-clinic-${kind}`);
}

/** The service that may assume a role. */
function trustOf(arn: unknown): string {
  const id = (arn as { 'Fn::GetAtt': [string, string] })['Fn::GetAtt'][0];
  return runner.resources[id]?.Properties.AssumeRolePolicyDocument.Statement[0].Principal.Service;
}

function envelope(): string {
  const [first] = identityOf(runner, 'verify').filter(({ Condition }) =>
    JSON.stringify(Condition ?? {}).includes('EncryptionContext:project'),
  );
  return String([first?.Resource].flat()[0]);
}

/** As IAM counts: without white space. */
function sizeOf(stack: SynthesizedStack, document: Resource['Properties']): number {
  return JSON.stringify({ Version: '2012-10-17', Statement: statementsOf(stack, document) }).length;
}
