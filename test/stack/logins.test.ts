import { describe, expect, it } from 'vitest';
import { isAllowed, policiesOf, statementsOf } from '../fixtures/policy-evaluator.ts';
import {
  ACCOUNT,
  exampleConfig,
  resourcesOf,
  type SynthesizedStack,
  synthesize,
} from '../fixtures/stacks.ts';

const ELSEWHERE = '210987654321';
const TASKS = ['backup', 'restore'];

describe('the login of a task with IAM', () => {
  it.each([
    { host: 'db.example.com', user: 'backup', iam: true },
    { url: 'postgresql://backup@db.example.com/clinic', iam: true },
    { url: 'postgresql://db.example.com/clinic?user=backup', iam: true },
    { url: 'host=db.example.com user=backup dbname=clinic', iam: true },
  ])('is of the one user that the config names: %j', (database) => {
    const runner = runnerWith({ clinic: database });
    const users = ['backup', 'postgres', 'rds_superuser'].map(
      (user) => `arn:aws:rds-db:eu-central-1:${ACCOUNT}:dbuser:db-ABC/${user}`,
    );
    for (const task of TASKS)
      expect(
        users.map((resource) => may(runner, task, 'rds-db:connect', resource)),
        task,
      ).toEqual([true, false, false]);
  });

  it('of many users fills policies that IAM takes', () => {
    const users = Array.from({ length: 150 }, (_, index) => `backup-of-clinic-${index}`);
    const runner = runnerWith(
      Object.fromEntries(users.map((user) => [user, { host: 'db.example.com', user, iam: true }])),
    );
    const policies = resourcesOf(runner, 'AWS::IAM::ManagedPolicy').map(({ Properties }) =>
      statementsOf(runner, Properties.PolicyDocument),
    );
    for (const Statement of policies)
      expect(JSON.stringify({ Version: '2012-10-17', Statement }).length).toBeLessThanOrEqual(6144);
    for (const user of users)
      expect(
        may(
          runner,
          'backup',
          'rds-db:connect',
          `arn:aws:rds-db:eu-central-1:${ACCOUNT}:dbuser:db-ABC/${user}`,
        ),
        user,
      ).toBe(true);
  });

  it('is refused at synth without a user, since its role could log in as everybody', () => {
    expect(() =>
      runnerWith({ clinic: { url: 'postgresql://db.example.com/clinic', iam: true } }),
    ).toThrow('databases.clinic.user: is needed with iam');
  });
});

describe('the secret of a database', () => {
  const PARTIAL = `arn:aws:secretsmanager:eu-west-1:${ELSEWHERE}:secret:clinic-backup`;
  const KEY = `arn:aws:kms:eu-west-1:${ELSEWHERE}:key/abc`;
  const through = (region: string) => ({
    'kms:ViaService': `secretsmanager.${region}.amazonaws.com`,
  });

  it('is readable by an ARN without its end also where the name ends as if it were whole', () => {
    const runner = runnerWith({ clinic: { secret: PARTIAL } });
    for (const task of TASKS) {
      expect(may(runner, task, 'secretsmanager:GetSecretValue', `${PARTIAL}-aB3xY9`), task).toBe(
        true,
      );
      expect(
        may(runner, task, 'secretsmanager:GetSecretValue', `${PARTIAL}-other-aB3xY9`),
        task,
      ).toBe(false);
    }
  });

  it('opens with a key of its own account and region, through Secrets Manager alone', () => {
    const runner = runnerWith({ clinic: { secret: PARTIAL } });
    for (const task of TASKS) {
      expect(may(runner, task, 'kms:Decrypt', KEY, through('eu-west-1')), task).toBe(true);
      expect(may(runner, task, 'kms:Decrypt', KEY, through('eu-central-1')), task).toBe(false);
      expect(may(runner, task, 'kms:Decrypt', KEY), task).toBe(false);
      expect(
        may(
          runner,
          task,
          'kms:Decrypt',
          KEY.replace(ELSEWHERE, '999999999999'),
          through('eu-west-1'),
        ),
        task,
      ).toBe(false);
    }
  });

  it('is one of too many where their ARNs fill more policies than a role takes, which synth says', () => {
    const names = Array.from({ length: 500 }, (_, index) => `clinic-${index}`);
    const fleet = Object.fromEntries(
      names.map((name) => [name, { secret: `${PARTIAL}/${name}-aB3xY9` }]),
    );
    expect(() => runnerWith(fleet)).toThrow('databases: the ARNs of 500 secrets fill');
  });
});

describe('the login of restores', () => {
  const SECRET = `arn:aws:secretsmanager:eu-central-1:${ACCOUNT}:secret:clinic-restore-aB3xY9`;
  const OWN = `arn:aws:secretsmanager:eu-central-1:${ACCOUNT}:secret:clinic-backup-aB3xY9`;
  const READ = 'secretsmanager:GetSecretValue';
  const token = (user: string) => `arn:aws:rds-db:eu-central-1:${ACCOUNT}:dbuser:db-ABC/${user}`;

  it('has a secret that the role of the restore task alone may read', () => {
    const runner = runnerWith({
      clinic: { secret: 'clinic-backup', restoreAs: { secret: 'clinic-restore' } },
    });
    const readers = rolesOf(runner).filter((role) => mayAs(runner, role, READ, SECRET));
    expect(readers).toEqual(['holdfast-clinic-restore']);
    expect(may(runner, 'backup', READ, OWN)).toBe(true);
    expect(may(runner, 'restore', READ, OWN)).toBe(true);
  });

  it('has a user whose IAM tokens the role of the restore task alone may make', () => {
    const runner = runnerWith({
      clinic: {
        host: 'db.example.com',
        database: 'clinic',
        user: 'backup',
        iam: true,
        restoreAs: { user: 'clinic_restore', iam: true },
      },
    });
    const makers = rolesOf(runner).filter((role) =>
      mayAs(runner, role, 'rds-db:connect', token('clinic_restore')),
    );
    expect(makers).toEqual(['holdfast-clinic-restore']);
    expect(may(runner, 'backup', 'rds-db:connect', token('backup'))).toBe(true);
  });

  it.each([
    { restoreAs: { user: 'clinic_restore' }, says: 'databases.clinic.restoreAs: has no login' },
    {
      restoreAs: { user: 'clinic_restore', passwordEnv: 'PW' },
      says: 'databases.clinic.restoreAs.passwordEnv: a task in AWS has no such variable',
    },
    {
      restoreAs: { user: 'clinic_*', iam: true },
      says: 'databases.clinic.restoreAs.user: "clinic_*" stands for several users',
    },
  ])('is refused at synth where a task can not use it: $restoreAs', ({ restoreAs, says }) => {
    expect(() => runnerWith({ clinic: { secret: 'clinic-backup', restoreAs } })).toThrow(says);
  });

  it('counts for the policies that the role of restores takes', () => {
    const arn = `arn:aws:secretsmanager:eu-central-1:${ACCOUNT}:secret:`;
    const fleet = Object.fromEntries(
      Array.from({ length: 200 }, (_, index) => [
        `clinic-${index}`,
        { secret: `${arn}backup-${index}`, restoreAs: { secret: `${arn}restore-${index}` } },
      ]),
    );
    expect(() => runnerWith(fleet)).toThrow('databases: the ARNs of 400 secrets fill 7 policies');
  });
});

/** The names of all roles that the stack makes. */
function rolesOf(runner: SynthesizedStack): string[] {
  return resourcesOf(runner, 'AWS::IAM::Role')
    .map(({ Properties }) => Properties.RoleName)
    .filter((name) => typeof name === 'string')
    .sort();
}

function runnerWith(databases: Record<string, object>): SynthesizedStack {
  const config = exampleConfig((input) => {
    input.databases = databases;
    input.plans = { daily: { ...input.plans.daily, databases: 'all' } };
    delete input.aws.cold;
  });
  return synthesize(config).Runner;
}

function may(
  runner: SynthesizedStack,
  task: string,
  action: string,
  resource: string,
  conditions = {},
): boolean {
  return mayAs(runner, `holdfast-clinic-${task}`, action, resource, conditions);
}

function mayAs(
  runner: SynthesizedStack,
  role: string,
  action: string,
  resource: string,
  conditions = {},
): boolean {
  const principal = `arn:aws:iam::${ACCOUNT}:role/${role}`;
  const keyPolicy = [
    {
      Effect: 'Allow' as const,
      Principal: { AWS: `arn:aws:iam::${ACCOUNT}:root` },
      Action: 'kms:*',
      Resource: '*',
    },
  ];
  return isAllowed(
    { principal, action, resource, conditions },
    { resource: keyPolicy, identity: policiesOf(runner, role) },
  );
}
