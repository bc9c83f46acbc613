import { beforeAll, describe, expect, it } from 'vitest';
import { parsePolicy } from '../../engine/adapters/s3/bucket-policy.ts';
import type { AwsConfig } from '../../engine/config/aws-schema.ts';
import { judgeVaultSettings, type VaultWish } from '../../engine/domain/health/settings.ts';
import type { BucketSettings } from '../../engine/domain/repository/store-settings.ts';
import { lifecycleRules } from '../fixtures/lifecycle-rules.ts';
import { statementsOf } from '../fixtures/policy-evaluator.ts';
import { exampleConfig, type Resource, resourcesOf, synthesize } from '../fixtures/stacks.ts';

const WISH: VaultWish = {
  project: 'clinic',
  lock: { mode: 'governance', days: 7 },
  replica: 's3:::clinic-backups-replica',
  breakGlassRole: undefined,
};
const NAME = 'clinic-backups';

/** The settings of the vault, as its template has them. */
function settingsOf(mode: AwsConfig['lock']['mode']): BucketSettings {
  const { Vault } = synthesize(
    exampleConfig((input) => {
      input.aws.lock = { mode, days: 7 };
    }),
  );
  const bucket = resourcesOf(Vault, 'AWS::S3::Bucket').find(
    ({ Properties }) => Properties.BucketName === NAME,
  ) as Resource;
  const { Properties } = bucket;
  const [id] = Object.entries(Vault.resources).find(([, one]) => one === bucket) ?? [];
  const document = resourcesOf(Vault, 'AWS::S3::BucketPolicy').find(
    ({ Properties: own }) => own.Bucket.Ref === id,
  )?.Properties.PolicyDocument;
  const policy = JSON.stringify({ Statement: statementsOf(Vault, document) });
  const { Mode, Days } = Properties.ObjectLockConfiguration.Rule.DefaultRetention;
  const [encryption] = Properties.BucketEncryption.ServerSideEncryptionConfiguration;
  return {
    kind: 'bucket',
    name: NAME,
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
      told: Properties.ReplicationConfiguration.Rules.map(
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

describe.each(['governance', 'compliance'] as const)('a vault in mode %s', (mode) => {
  let settings: BucketSettings;
  const judge = (changed: Partial<BucketSettings> = {}) =>
    judgeVaultSettings(
      { ...settings, ...changed },
      { repository: 'vault', wish: { ...WISH, lock: { mode, days: 7 } } },
    );

  beforeAll(() => {
    settings = settingsOf(mode);
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
