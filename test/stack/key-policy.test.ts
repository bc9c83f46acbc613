import { beforeAll, describe, expect, it } from 'vitest';
import {
  isAllowed,
  type PolicyStatement,
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

const role = (name: string) => `arn:aws:iam::${ACCOUNT}:role/${name}`;
const EVERYTHING: PolicyStatement[] = [{ Effect: 'Allow', Action: '*', Resource: '*' }];

let keys: { stack: SynthesizedStack; key: Resource; policy: PolicyStatement[] }[];

beforeAll(() => {
  const stacks = synthesize(exampleConfig());
  keys = [stacks.Keys, stacks.Replica, stacks.Runner].flatMap((stack) =>
    [...resourcesOf(stack, 'AWS::KMS::Key'), ...resourcesOf(stack, 'AWS::KMS::ReplicaKey')].map(
      (key) => ({
        stack,
        key,
        policy: statementsOf(stack, key.Properties.KeyPolicy),
      }),
    ),
  );
});

describe('every KMS key', () => {
  const may = (request: Omit<Request, 'resource'>, policy: PolicyStatement[]) =>
    isAllowed({ ...request, resource: '*' }, { resource: policy, identity: EVERYTHING });

  it('stays when the stack goes', () => {
    expect(keys).toHaveLength(7);
    for (const { key } of keys) expect(key.DeletionPolicy).toBe('Retain');
  });

  it('that encrypts turns once a year, also where it is a copy of one that does', () => {
    for (const { key } of keys.filter(({ key: { Properties } }) => !isSigning(Properties)))
      expect(key.Properties.EnableKeyRotation ?? key.Type).toSatisfy(
        (is) => is === true || is === 'AWS::KMS::ReplicaKey',
      );
  });

  it.each([
    'kms:ScheduleKeyDeletion',
    'kms:DisableKey',
    'kms:DisableKeyRotation',
    'kms:UpdatePrimaryRegion',
  ])('leaves %s to the break-glass role alone', (action) => {
    for (const { policy, stack } of keys) {
      const deployer = role(`cdk-hnb659fds-cfn-exec-role-${ACCOUNT}-${stack.region}`);
      for (const principal of [role('Admin'), deployer])
        expect(may({ principal, action }, policy)).toBe(false);
      expect(may({ principal: role('holdfast-clinic-break-glass'), action }, policy)).toBe(true);
    }
  });

  it('takes another policy from CloudFormation of its own region and the break-glass role only', () => {
    for (const { policy, stack } of keys) {
      const action = 'kms:PutKeyPolicy';
      expect(may({ principal: role('Admin'), action }, policy)).toBe(false);
      expect(
        may(
          { principal: role(`cdk-hnb659fds-cfn-exec-role-${ACCOUNT}-${stack.region}`), action },
          policy,
        ),
      ).toBe(true);
    }
  });

  it('hands the rest to IAM of the account, and allows nothing to everybody', () => {
    for (const { policy } of keys) {
      expect(may({ principal: role('Admin'), action: 'kms:Decrypt' }, policy)).toBe(true);
      expect(
        isAllowed(
          { principal: role('Admin'), action: 'kms:Decrypt', resource: '*' },
          { resource: policy },
        ),
      ).toBe(false);
      for (const { Effect, Principal } of policy)
        if (Effect === 'Allow') expect(JSON.stringify(Principal)).not.toContain('"*"');
    }
  });
});

describe('a key that signs', () => {
  const SIGNERS = {
    'alias/holdfast-clinic-ledger': ['seal-ledger'],
    'alias/holdfast-clinic-evidence': ['report', 'drill'],
  };
  const named = () => {
    const { stack } = keys.find(({ key }) => isSigning(key.Properties)) ?? {};
    if (stack === undefined) throw new Error('no key signs');
    return resourcesOf(stack, 'AWS::KMS::Alias').flatMap(({ Properties }) => {
      const id = Properties.TargetKeyId['Fn::GetAtt'][0];
      const key = stack.resources[id];
      if (key === undefined || !isSigning(key.Properties)) return [];
      const policy = statementsOf(stack, key.Properties.KeyPolicy);
      return [{ alias: Properties.AliasName as keyof typeof SIGNERS, key, policy }];
    });
  };

  it('is one of two, on P-256, and of one region', () => {
    expect(named().map(({ alias }) => alias)).toEqual(Object.keys(SIGNERS));
    for (const { key } of named()) {
      expect(key.Properties).toMatchObject({ KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' });
      expect(key.Properties.EnableKeyRotation ?? false).toBe(false);
      expect(key.Properties.MultiRegion ?? false).toBe(false);
    }
  });

  it('signs for its own roles alone, whatever the account grants; anyone who may reads the public half', () => {
    const principals = ['Admin', 'holdfast-clinic-break-glass', 'holdfast-clinic-verify'].concat(
      Object.values(SIGNERS).flatMap((names) => names.map((name) => `holdfast-clinic-${name}`)),
    );
    for (const { alias, policy } of named()) {
      const may = (name: string, action: string) =>
        isAllowed(
          { principal: role(name), action, resource: '*' },
          { resource: policy, identity: EVERYTHING },
        );
      expect(
        principals.filter((name) => may(name, 'kms:Sign')),
        alias,
      ).toEqual(SIGNERS[alias].map((name) => `holdfast-clinic-${name}`));
      expect(principals.filter((name) => may(name, 'kms:GetPublicKey'))).toEqual(principals);
    }
  });
});

function isSigning(properties: Resource['Properties']): boolean {
  return properties.KeyUsage === 'SIGN_VERIFY';
}

describe('the key of the store', () => {
  it('serves the trail and the log groups of this project, and no other', () => {
    const ofStore = keys.filter(({ policy }) => policy.some(({ Sid }) => Sid === 'Trail'));
    expect(ofStore.map(({ stack }) => stack.region).sort()).toEqual(['eu-central-1', 'eu-west-1']);
    for (const { policy, stack } of ofStore) {
      const ask = (principal: string, conditions: Record<string, string>) =>
        isAllowed(
          { principal, action: 'kms:GenerateDataKey', resource: '*', conditions },
          { resource: policy },
        );
      const trail = (name: string) => ({
        'aws:SourceArn': `arn:aws:cloudtrail:${stack.region}:${ACCOUNT}:trail/${name}`,
      });
      expect(ask('cloudtrail.amazonaws.com', trail('holdfast-clinic-trail'))).toBe(true);
      expect(ask('cloudtrail.amazonaws.com', trail('another'))).toBe(false);
      const group = (name: string) => ({
        'kms:EncryptionContext:aws:logs:arn': `arn:aws:logs:${stack.region}:${ACCOUNT}:log-group:${name}`,
      });
      expect(ask(`logs.${stack.region}.amazonaws.com`, group('/holdfast/clinic/trail'))).toBe(true);
      expect(ask(`logs.${stack.region}.amazonaws.com`, group('/aws/lambda/other'))).toBe(false);
    }
  });
});

describe('the envelope key', () => {
  const ofEnvelope = () =>
    keys.filter(
      ({ key }) => key.Properties.MultiRegion === true || key.Type === 'AWS::KMS::ReplicaKey',
    );
  const deployer = (region: string) => role(`cdk-hnb659fds-cfn-exec-role-${ACCOUNT}-${region}`);
  const replicates = (policy: PolicyStatement[], principal: string, region: string) =>
    isAllowed(
      {
        principal,
        action: 'kms:ReplicateKey',
        resource: '*',
        conditions: { 'kms:ReplicaRegion': region },
      },
      { resource: policy, identity: EVERYTHING },
    );

  it('is copied by CloudFormation alone, and only into the region of the replica', () => {
    expect(ofEnvelope()).toHaveLength(2);
    for (const { policy } of ofEnvelope()) {
      expect(replicates(policy, deployer('eu-west-1'), 'eu-west-1')).toBe(true);
      expect(replicates(policy, deployer('eu-west-1'), 'us-east-1')).toBe(false);
      for (const region of ['eu-west-1', 'us-east-1']) {
        for (const principal of [role('Admin'), deployer('us-east-1')])
          expect(replicates(policy, principal, region)).toBe(false);
        expect(replicates(policy, role('holdfast-clinic-break-glass'), region)).toBe(true);
      }
    }
  });

  it('is copied nowhere by CloudFormation where there is no replica', () => {
    const { Keys } = synthesize(
      exampleConfig(({ aws, plans }) => {
        aws.replica = 'none';
        for (const [name, { kind }] of Object.entries<{ kind?: string }>(plans))
          if (kind === 'snapshot') delete plans[name];
      }),
    );
    const [primary] = resourcesOf(Keys, 'AWS::KMS::Key').filter(
      ({ Properties }) => Properties.MultiRegion === true,
    );
    const policy = statementsOf(Keys, primary?.Properties.KeyPolicy);
    expect(replicates(policy, deployer('eu-west-1'), 'eu-west-1')).toBe(false);
    expect(replicates(policy, role('holdfast-clinic-break-glass'), 'eu-west-1')).toBe(true);
  });

  it('is one key in two regions', () => {
    const primary = keys.find(({ key }) => key.Properties.MultiRegion === true);
    const copy = keys.find(({ key }) => key.Type === 'AWS::KMS::ReplicaKey');
    expect(primary?.stack.region).toBe('eu-central-1');
    expect(copy?.stack.region).toBe('eu-west-1');
    expect(copy?.key.Properties.PrimaryKeyArn).toEqual({
      'Fn::GetStackOutput': {
        StackName: 'ClinicKeys',
        OutputName: 'EnvelopeKeyArn',
        Region: 'eu-central-1',
      },
    });
    expect(primary?.stack.outputs).toHaveProperty('EnvelopeKeyArn');
  });
});
