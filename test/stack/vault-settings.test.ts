import { beforeAll, describe, expect, it } from 'vitest';
import { parsePolicy } from '../../engine/adapters/s3/bucket-policy.ts';
import type { AwsConfig } from '../../engine/config/aws-schema.ts';
import { judgeVaultSettings, type VaultWish } from '../../engine/domain/health/settings.ts';
import type { BucketSettings } from '../../engine/domain/repository/store-settings.ts';
import { replicaGuardsBySid, vaultGuardsBySid } from '../../engine/domain/stack/vault-guards.ts';
import { lifecycleRules } from '../fixtures/lifecycle-rules.ts';
import { statementsOf } from '../fixtures/policy-evaluator.ts';
import { exampleConfig, type Resource, resourcesOf, synthesize } from '../fixtures/stacks.ts';

const WISH: VaultWish = {
  project: 'clinic',
  lock: { mode: 'governance', days: 7 },
  replica: 's3:::clinic-backups-replica',
  guards: {},
  storeKey: undefined,
  breakGlassRole: undefined,
};
const NAME = 'clinic-backups';

/** The settings of the vault or of its replica, as the template has them. */
function settingsOf(mode: AwsConfig['lock']['mode'], part: 'Vault' | 'Replica'): BucketSettings {
  const name = part === 'Vault' ? NAME : `${NAME}-replica`;
  const { [part]: stack } = synthesize(
    exampleConfig((input) => {
      input.aws.lock = { mode, days: 7 };
    }),
  );
  const bucket = resourcesOf(stack, 'AWS::S3::Bucket').find(
    ({ Properties }) => Properties.BucketName === name,
  ) as Resource;
  const { Properties } = bucket;
  const [id] = Object.entries(stack.resources).find(([, one]) => one === bucket) ?? [];
  const document = resourcesOf(stack, 'AWS::S3::BucketPolicy').find(
    ({ Properties: own }) => own.Bucket.Ref === id,
  )?.Properties.PolicyDocument;
  const policy = JSON.stringify({ Statement: statementsOf(stack, document) });
  const { Mode, Days } = Properties.ObjectLockConfiguration.Rule.DefaultRetention;
  const [encryption] = Properties.BucketEncryption.ServerSideEncryptionConfiguration;
  return {
    kind: 'bucket',
    name,
    isVersioned: { told: Properties.VersioningConfiguration.Status === 'Enabled' },
    lock: { told: { mode: Mode, days: Days } },
    encryption: {
      told: {
        algorithm: encryption.ServerSideEncryptionByDefault.SSEAlgorithm,
        keyId: JSON.stringify(encryption.ServerSideEncryptionByDefault.KMSMasterKeyID),
      },
    },
    lifecycle: { told: lifecycleRules(bucket) },
    policy: { told: parsePolicy(policy) },
    replication: {
      told: (Properties.ReplicationConfiguration?.Rules ?? []).map(
        // biome-ignore lint/suspicious/noExplicitAny: a rule as CloudFormation has it
        ({ Status, Filter, Destination }: any) => ({
          isEnabled: Status === 'Enabled',
          prefix: Filter?.Prefix ?? '',
          bucketArn: Destination.Bucket,
        }),
      ),
    },
  };
}

const PARTS = {
  Vault: { wish: WISH, guardsBySid: vaultGuardsBySid },
  Replica: { wish: { ...WISH, replica: null }, guardsBySid: replicaGuardsBySid },
};

describe.each([
  ['Vault', 'governance'],
  ['Vault', 'compliance'],
  ['Replica', 'governance'],
  ['Replica', 'compliance'],
] as const)('a bucket of %s in mode %s', (part, mode) => {
  const { wish, guardsBySid } = PARTS[part];
  let settings: BucketSettings;
  const judge = (changed: Partial<BucketSettings> = {}) =>
    judgeVaultSettings(
      { ...settings, ...changed },
      {
        repository: 'vault',
        wish: { ...wish, lock: { mode, days: 7 }, guards: guardsBySid(mode) },
      },
    );

  beforeAll(() => {
    settings = settingsOf(mode, part);
  });

  it('that the stack made is as check expects it', () => {
    expect(judge()).toEqual([]);
  });

  it('is named where one statement of its policy is gone, denies less, or excepts somebody else', () => {
    const policy = 'told' in settings.policy ? settings.policy.told : [];
    const guards = policy.filter(({ sid }) => /^(Nothing|Only)/.test(sid ?? ''));
    expect(guards.length).toBe(mode === 'compliance' ? 5 : 6);
    for (const guard of guards) {
      const others = policy.filter((one) => one !== guard);
      const changed = (change: Partial<typeof guard>) =>
        judge({ policy: { told: [...others, { ...guard, ...change }] } });
      const found = [
        judge({ policy: { told: others } }),
        changed({ effect: 'Allow' }),
        changed({ actions: guard.actions.slice(1) }),
        changed({ principals: ['arn:aws:iam::123456789012:root'] }),
        changed({
          conditions: {
            ArnNotEquals: { 'aws:PrincipalArn': ['arn:aws:iam::123456789012:role/Mallory'] },
          },
        }),
      ];
      for (const findings of found)
        expect(findings).toMatchObject([
          {
            verdict: 'settings',
            severity: 'critical',
            detail: expect.stringContaining(guard.sid ?? ''),
          },
        ]);
    }
  });
});
