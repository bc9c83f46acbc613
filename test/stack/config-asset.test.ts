import { beforeAll, describe, expect, it } from 'vitest';
import { isAllowed, type PolicyStatement, policiesOf } from '../fixtures/policy-evaluator.ts';
import {
  ACCOUNT,
  exampleConfig,
  resourcesOf,
  type SynthesizedStack,
  synthesize,
} from '../fixtures/stacks.ts';

const HEARTBEAT = 'https://hc-ping.example/00000000';
const ASSETS = `arn:aws:s3:::cdk-hnb659fds-assets-${ACCOUNT}-eu-central-1`;
const CONFIG = `${ASSETS}/holdfast-clinic-config-0123.json`;
const KEY = `arn:aws:kms:eu-central-1:${ACCOUNT}:key/of-the-bootstrap`;
const KEY_POLICY: PolicyStatement[] = [
  {
    Effect: 'Allow',
    Principal: { AWS: `arn:aws:iam::${ACCOUNT}:root` },
    Action: 'kms:*',
    Resource: '*',
  },
];
const READERS = ['backup', 'verify', 'drill', 'restore', 'start-run', 'check'];

let runner: SynthesizedStack;

beforeAll(() => {
  const config = exampleConfig((input) => {
    input.heartbeatUrl = HEARTBEAT;
  });
  runner = synthesize(config).Runner;
});

describe('the config of a deployment', () => {
  it('is read by tasks and functions, also where the bucket of the bootstrap has a key of the account', () => {
    for (const name of READERS) {
      expect(may(name, 's3:GetObject', CONFIG), name).toBe(true);
      for (const context of [CONFIG, ASSETS]) expect(opens(name, context), name).toBe(true);
    }
  });

  it('is all of that bucket that they read and open', () => {
    for (const name of READERS) {
      expect(may(name, 's3:GetObject', `${ASSETS}/0123.zip`), name).toBe(false);
      expect(opens(name, 'arn:aws:s3:::another/x.json'), name).toBe(false);
      expect(may(name, 'kms:Decrypt', KEY), name).toBe(false);
    }
  });
});

describe('the watchman outside', () => {
  it('is known to check alone', () => {
    const knowing = Object.values(runner.resources).filter((resource) =>
      JSON.stringify(resource).includes(HEARTBEAT),
    );
    expect(knowing.map(({ Properties }) => Properties.FunctionName)).toEqual([
      'holdfast-clinic-check',
    ]);
    expect(resourcesOf(runner, 'AWS::Lambda::Function').length).toBeGreaterThan(1);
  });
});

function opens(name: string, context: string): boolean {
  const conditions = {
    'kms:ViaService': 's3.eu-central-1.amazonaws.com',
    'kms:EncryptionContext:aws:s3:arn': context,
  };
  return may(name, 'kms:Decrypt', KEY, conditions);
}

function may(
  name: string,
  action: string,
  resource: string,
  conditions: Record<string, string> = {},
): boolean {
  const principal = `arn:aws:iam::${ACCOUNT}:role/holdfast-clinic-${name}`;
  return isAllowed(
    { principal, action, resource, conditions },
    { resource: KEY_POLICY, identity: policiesOf(runner, `holdfast-clinic-${name}`) },
  );
}
