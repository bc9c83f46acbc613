import { beforeAll, describe, expect, it } from 'vitest';
import { lifecycleRules } from '../fixtures/lifecycle-rules.ts';
import { isAllowed, type PolicyStatement, policiesOf } from '../fixtures/policy-evaluator.ts';
import {
  ACCOUNT,
  bucketNamed,
  exampleConfig,
  type SynthesizedStack,
  synthesize,
} from '../fixtures/stacks.ts';

const ARCHIVED = 'arn:aws:s3:::clinic-backups/archive/clinic/20251001T040000Z-7f3a';
const OF_LAB = 'arn:aws:s3:::clinic-backups/daily/lab/20251001T020000Z-7f3a';
const KEYS: PolicyStatement[] = [
  {
    Effect: 'Allow',
    Principal: { AWS: `arn:aws:iam::${ACCOUNT}:root` },
    Action: 'kms:*',
    Resource: '*',
  },
];

/** The example without its plan `archive`; no plan of it takes a database `lab`. */
const without = (formerPlans: string[]) =>
  synthesize(
    exampleConfig(({ plans, aws }) => {
      delete plans.archive;
      aws.cold = {};
      aws.formerPlans = formerPlans;
    }),
  );

let forgotten: Record<'Vault' | 'Runner', SynthesizedStack>;
let named: typeof forgotten;

beforeAll(() => {
  forgotten = without([]);
  named = without(['archive']);
});

describe('sets of a plan or a database that left the config', () => {
  it.each([
    [
      'prune',
      'lengthens their locks',
      ['s3:GetObjectRetention', 's3:PutObjectRetention'],
      'manifest.json',
    ],
    ['prune', 'reads their manifests', ['s3:GetObject'], 'manifest.json'],
    ['check', 'asks how their objects lie', ['s3:GetObject'], 'data.dump.zst.esdk'],
    ['verify', 'reads them back', ['s3:GetObject', 's3:PutObjectRetention'], 'data.dump.zst.esdk'],
    ['drill-reader', 'reads them', ['s3:GetObject'], 'data.dump.zst.esdk'],
    [
      'restore-reader',
      'reads and thaws them',
      ['s3:GetObject', 's3:RestoreObject'],
      'data.dump.zst.esdk',
    ],
    ['start-run', 'sees how large they are', ['s3:GetObject'], 'manifest.json'],
  ])('stay: %s %s', (kind, _does, actions, object) => {
    for (const { Runner } of [forgotten, named])
      for (const set of [ARCHIVED, OF_LAB])
        for (const action of actions)
          expect(may(Runner, kind, action, `${set}/${object}`), action).toBe(true);
  });

  it('go only when somebody names their plan: then prune may tag them, and the vault has a rule for the tag', () => {
    const tags = ({ Runner }: typeof forgotten, set: string) =>
      may(Runner, 'prune', 's3:PutObjectTagging', `${set}/manifest.json`);
    expect([tags(forgotten, ARCHIVED), tags(named, ARCHIVED)]).toEqual([false, true]);
    expect(
      [prefixesOf(forgotten), prefixesOf(named)].map((prefixes) => prefixes.includes('archive/')),
    ).toEqual([false, true]);
  });

  it('go with their plan where only a database left', () => {
    expect(may(forgotten.Runner, 'prune', 's3:PutObjectTagging', `${OF_LAB}/manifest.json`)).toBe(
      true,
    );
    expect(prefixesOf(forgotten)).toContain('daily/');
  });

  it('are added to by nobody', () => {
    for (const { Runner } of [forgotten, named])
      expect(may(Runner, 'backup', 's3:PutObject', `${ARCHIVED}/manifest.json`)).toBe(false);
  });
});

describe('a plan that stays in the config and does not write to the vault any more', () => {
  it('can be named as a former one, and then has a rule', () => {
    const { Vault } = synthesize(
      exampleConfig(({ plans, aws }) => {
        plans.archive.repositories = ['local'];
        aws.cold = {};
        aws.formerPlans = ['archive'];
      }),
    );
    expect(prefixesOf({ Vault })).toContain('archive/');
  });
});

function may(runner: SynthesizedStack, kind: string, action: string, resource: string): boolean {
  const principal = `arn:aws:iam::${ACCOUNT}:role/holdfast-clinic-${kind}`;
  return isAllowed(
    { principal, action, resource },
    { resource: KEYS, identity: policiesOf(runner, `holdfast-clinic-${kind}`) },
  );
}

function prefixesOf({ Vault }: { Vault: SynthesizedStack }): string[] {
  return lifecycleRules(bucketNamed(Vault, 'clinic-backups')).map(({ prefix }) => prefix);
}
