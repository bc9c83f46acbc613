import { beforeAll, describe, expect, it } from 'vitest';
import { isAllowed, policiesOf, statementsOf } from '../fixtures/policy-evaluator.ts';
import {
  ACCOUNT,
  exampleConfig,
  type Resource,
  resourcesOf,
  type SynthesizedStack,
  synthesize,
} from '../fixtures/stacks.ts';

const CONFIGURED = [
  'backup',
  'verify',
  'drill',
  'restore',
  'start-run',
  'record-outcome',
  'notify-failure',
  'check',
  'prune',
];

let stacks: ReturnType<typeof synthesize>;

beforeAll(() => {
  stacks = synthesize(exampleConfig());
});

describe('a deployment during a run', () => {
  it('leaves the config of the one before readable to whoever began with it, and that of no other project', () => {
    const uri = configOf(stacks.Runner);
    const before = configOf(
      synthesize(exampleConfig(({ plans }) => (plans.daily.schedule = '30 4 * * *'))).Runner,
    );
    const elsewhere = configOf(
      synthesize(exampleConfig((input) => (input.project = 'clinic-two'))).Runner,
    );
    expect(before).not.toBe(uri);
    for (const role of CONFIGURED) {
      expect(reads(role, uri), role).toBe(true);
      expect(reads(role, before), role).toBe(true);
      expect(reads(role, elsewhere), role).toBe(false);
      expect(reads(role, uri.replace(/[^/]+$/, `${'0'.repeat(64)}.json`)), role).toBe(false);
    }
  });
});

describe('the end of a deployment', () => {
  it('has check look and the ledger sealed at once: alarms that are new take silence for bad news', () => {
    const rules = resourcesOf(stacks.Runner, 'AWS::Events::Rule').map(
      ({ Properties }) => Properties,
    );
    const [rule, ...others] = rules.filter(
      ({ EventPattern }) => EventPattern.source[0] === 'aws.cloudformation',
    );
    expect(others).toEqual([]);
    expect(rule?.EventPattern).toEqual({
      source: ['aws.cloudformation'],
      'detail-type': ['CloudFormation Stack Status Change'],
      detail: {
        'stack-id': [{ Ref: 'AWS::StackId' }],
        'status-details': { status: ['CREATE_COMPLETE', 'UPDATE_COMPLETE'] },
      },
    });
    const called = rule?.Targets.map(
      ({ Arn }: { Arn: { 'Fn::GetAtt': [string] } }) =>
        stacks.Runner.resources[Arn['Fn::GetAtt'][0]]?.Properties.FunctionName,
    );
    expect(called).toEqual(['holdfast-clinic-check', 'holdfast-clinic-seal-ledger']);
  });
});

describe('when a stack goes', () => {
  const KEYS = ['AWS::KMS::Key', 'AWS::KMS::ReplicaKey'];
  const staying = (stack: SynthesizedStack) =>
    Object.values(stack.resources).filter(({ DeletionPolicy }) =>
      /^Retain/.test(DeletionPolicy ?? ''),
    );
  const without = (list: Resource[], types: string[]) =>
    list.filter(({ Type }) => !types.includes(Type));

  it('nothing with a name of its own stays of the runner, so that it can be deployed again', () => {
    expect(without(staying(stacks.Runner), KEYS).map(({ Type }) => Type)).toEqual([]);
    expect(resourcesOf(stacks.Runner, 'AWS::Logs::LogGroup').length).toBeGreaterThan(5);
  });

  it('keys, vault and replica have to be unlocked first, and the runner has not', () => {
    const { Keys, Vault, Replica, Runner } = stacks;
    expect([Keys, Vault, Replica, Runner].map(({ isProtected }) => isProtected)).toEqual([
      true,
      true,
      true,
      false,
    ]);
  });

  it('the witnesses and the copier stay with what they watch and copy', () => {
    for (const stack of [stacks.Vault, stacks.Replica])
      for (const type of [
        'AWS::CloudTrail::Trail',
        'AWS::IAM::Role',
        'AWS::IAM::ManagedPolicy',
        'AWS::Logs::LogGroup',
      ])
        for (const { DeletionPolicy, Properties } of resourcesOf(stack, type))
          expect(DeletionPolicy, JSON.stringify(Properties).slice(0, 80)).toBe(
            'RetainExceptOnCreate',
          );
  });

  it('whatever stays is taken back when its very first deployment fails, but keys, whose policy keeps them', () => {
    for (const stack of [stacks.Keys, stacks.Vault, stacks.Replica])
      for (const { Type, DeletionPolicy, UpdateReplacePolicy } of staying(stack)) {
        expect(DeletionPolicy, Type).toBe(KEYS.includes(Type) ? 'Retain' : 'RetainExceptOnCreate');
        expect(UpdateReplacePolicy, Type).toBe('Retain');
      }
  });
});

/** The object that the environment of tasks and functions names, as s3://bucket/key. */
function configOf(stack: SynthesizedStack): string {
  const [{ Properties }] = resourcesOf(stack, 'AWS::Lambda::Function') as [Resource];
  const statement = {
    Effect: 'Allow',
    Action: 'x',
    Resource: Properties.Environment.Variables.HOLDFAST_CONFIG_URI,
  };
  return String(statementsOf(stack, { Statement: [statement] })[0]?.Resource);
}

function reads(role: string, uri: string): boolean {
  const request = {
    principal: `arn:aws:iam::${ACCOUNT}:role/holdfast-clinic-${role}`,
    action: 's3:GetObject',
    resource: uri.replace('s3://', 'arn:aws:s3:::'),
  };
  return isAllowed(request, {
    resource: [],
    identity: policiesOf(stacks.Runner, `holdfast-clinic-${role}`),
  });
}
