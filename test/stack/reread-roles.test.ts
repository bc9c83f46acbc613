import { beforeAll, describe, expect, it } from 'vitest';
import { TASK_SIZES } from '../../engine/contract.ts';
import { FUNCTION_NAMES } from '../../lib/runner/runner-functions.ts';
import {
  isAllowed,
  type PolicyStatement,
  policiesOf,
  policiesOfRole,
  type Request,
} from '../fixtures/policy-evaluator.ts';
import {
  ACCOUNT,
  exampleConfig,
  resourcesOf,
  type SynthesizedStack,
  synthesize,
} from '../fixtures/stacks.ts';

const REGION = 'eu-central-1';
const SET = 'arn:aws:s3:::clinic-backups/daily/clinic/20261122T020000Z-7f3a';

let runner: SynthesizedStack;
let machine: PolicyStatement[];

beforeAll(() => {
  runner = synthesize(exampleConfig()).Runner;
  machine = policiesOfRole(runner, roleOfMachine('reread'));
});

function roleOfMachine(name: string): string {
  const found = resourcesOf(runner, 'AWS::StepFunctions::StateMachine').find(
    ({ Properties }) => Properties.StateMachineName === `holdfast-clinic-${name}`,
  );
  return found?.Properties.RoleArn['Fn::GetAtt'][0];
}

const asMachine = (request: Omit<Request, 'principal'>) =>
  isAllowed({ principal: 'states', ...request }, { resource: [], identity: machine });
const asRole = (name: string, request: Omit<Request, 'principal'>) =>
  isAllowed(
    { principal: `arn:aws:iam::${ACCOUNT}:role/holdfast-clinic-${name}`, ...request },
    { resource: [], identity: policiesOf(runner, `holdfast-clinic-${name}`) },
  );

describe('the state machine that reads old sets again', () => {
  it('starts tasks that verify, in its own cluster, and no others', () => {
    const own = machine
      .filter(({ Action }) => [Action].flat().includes('ecs:RunTask'))
      .map(({ Condition }) => String(Condition?.ArnEquals?.['ecs:cluster']));
    expect(own).toHaveLength(1);
    const started = (kind: string, cluster = own[0] ?? '') =>
      TASK_SIZES.filter((size) =>
        asMachine({
          action: 'ecs:RunTask',
          resource: `arn:aws:ecs:${REGION}:${ACCOUNT}:task-definition/holdfast-clinic-${kind}-${size}:7`,
          conditions: { 'ecs:cluster': cluster },
        }),
      );
    expect(started('verify')).toEqual(TASK_SIZES);
    for (const kind of ['backup', 'drill', 'restore']) expect(started(kind), kind).toEqual([]);
    expect(started('verify', 'arn:aws:ecs:eu-central-1:1:cluster/another')).toEqual([]);
  });

  it('passes to ECS the role that verifies and the one that pulls the image, and no other role to anything', () => {
    const roles = Object.entries(runner.resources).filter(
      ([, { Type }]) => Type === 'AWS::IAM::Role',
    );
    const passedTo = (service: string) =>
      roles
        .filter(([id]) =>
          asMachine({
            action: 'iam:PassRole',
            resource: `arn:aws:of-this-stack:${REGION}:${ACCOUNT}:${id}`,
            conditions: { 'iam:PassedToService': service },
          }),
        )
        .map(([, { Properties }]) => Properties.RoleName ?? Properties.Description);
    expect(passedTo('ecs-tasks.amazonaws.com').toSorted()).toEqual([
      'Holdfast: pulls the image and writes the log of tasks',
      'holdfast-clinic-verify',
    ]);
    for (const service of ['ecs.amazonaws.com', 'lambda.amazonaws.com'])
      expect(passedTo(service), service).toEqual([]);
  });

  it('calls the functions that find out and send what came of it, and touches nothing itself', () => {
    const called = FUNCTION_NAMES.filter((name) => {
      const [id] =
        Object.entries(runner.resources).find(
          ([, { Properties }]) => Properties?.FunctionName === `holdfast-clinic-${name}`,
        ) ?? [];
      const resource = `arn:aws:of-this-stack:${REGION}:${ACCOUNT}:${id}`;
      return asMachine({ action: 'lambda:InvokeFunction', resource });
    });
    expect(called).toEqual(['record-outcome', 'notify-failure']);
    for (const action of ['s3:GetObject', 's3:PutObject', 'kms:Decrypt', 'sns:Publish'])
      expect(asMachine({ action, resource: `${SET}/manifest.json` }), action).toBe(false);
  });
});

describe('who starts it', () => {
  it('is start-run alone, which starts the other two machines as well and no fourth', () => {
    const starters = (name: string) =>
      [...FUNCTION_NAMES, 'backup', 'verify', 'drill', 'restore'].filter((who) =>
        asRole(who, {
          action: 'states:StartExecution',
          resource: `arn:aws:states:${REGION}:${ACCOUNT}:stateMachine:holdfast-clinic-${name}`,
        }),
      );
    for (const name of ['run', 'drills', 'reread'])
      expect(starters(name), name).toEqual(['start-run']);
    expect(starters('another')).toEqual([]);
  });

  it('chooses by listing, manifests and marks, and reads no row', () => {
    const reads = (key: string) =>
      asRole('start-run', { action: 's3:GetObject', resource: `${SET}/${key}` });
    expect(reads('manifest.json')).toBe(true);
    expect(reads('checked-20261122T030000Z.json')).toBe(true);
    expect(reads('data.dump.zst.esdk')).toBe(false);
  });
});

describe('what reads a cold set', () => {
  it('is the role that verifies: S3 answers HeadObject to whoever may read the object; it thaws nothing', () => {
    const resource = `${SET}/data.dump.zst.esdk`;
    expect(asRole('verify', { action: 's3:GetObject', resource })).toBe(true);
    expect(asRole('verify', { action: 's3:RestoreObject', resource })).toBe(false);
  });
});

describe('what watches it', () => {
  it('is the rules behind the machines, and the dashboard', () => {
    const [id] =
      Object.entries(runner.resources).find(
        ([, { Properties }]) => Properties?.StateMachineName === 'holdfast-clinic-reread',
      ) ?? [];
    const rules = resourcesOf(runner, 'AWS::Events::Rule').filter(({ Properties }) =>
      JSON.stringify(Properties.EventPattern?.detail?.stateMachineArn ?? []).includes(String(id)),
    );
    expect(rules.map(({ Properties }) => Properties.EventPattern.detail.status)).toEqual([
      ['TIMED_OUT', 'ABORTED'],
      ['FAILED'],
    ]);
    const [dashboard] = resourcesOf(runner, 'AWS::CloudWatch::Dashboard');
    expect(JSON.stringify(dashboard?.Properties.DashboardBody)).toContain(String(id));
  });
});
