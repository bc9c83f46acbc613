import { beforeAll, describe, expect, it } from 'vitest';
import { HoldfastError } from '../../engine/errors.ts';
import { bucketNamed, exampleConfig, resourcesOf, synthesize } from '../fixtures/stacks.ts';

let stacks: ReturnType<typeof synthesize>;

beforeAll(() => {
  stacks = synthesize(exampleConfig());
});

describe('the vault', () => {
  it('is the bucket that the config names, versioned and locked from the first second', () => {
    expect(bucketNamed(stacks.Vault, 'clinic-backups')).toMatchObject({
      DeletionPolicy: 'RetainExceptOnCreate',
      UpdateReplacePolicy: 'Retain',
      Properties: {
        VersioningConfiguration: { Status: 'Enabled' },
        ObjectLockEnabled: true,
        ObjectLockConfiguration: {
          ObjectLockEnabled: 'Enabled',
          Rule: { DefaultRetention: { Mode: 'GOVERNANCE', Days: 7 } },
        },
        OwnershipControls: { Rules: [{ ObjectOwnership: 'BucketOwnerEnforced' }] },
        PublicAccessBlockConfiguration: {
          BlockPublicAcls: true,
          BlockPublicPolicy: true,
          IgnorePublicAcls: true,
          RestrictPublicBuckets: true,
        },
        LoggingConfiguration: { LogFilePrefix: 'clinic-backups/' },
      },
    });
  });

  it('is encrypted by a key of ours, one request to KMS for many objects', () => {
    const [rule] = bucketNamed(stacks.Vault, 'clinic-backups').Properties.BucketEncryption
      .ServerSideEncryptionConfiguration;
    expect(rule).toMatchObject({
      BucketKeyEnabled: true,
      ServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms' },
    });
    expect(rule.ServerSideEncryptionByDefault.KMSMasterKeyID).toMatchObject({
      'Fn::GetStackOutput': { StackName: 'ClinicKeys' },
    });
  });

  it('locks in the mode and for the days of the config', () => {
    const { Vault, Replica } = synthesize(
      exampleConfig((input) => {
        input.aws.lock = { mode: 'compliance', days: 30 };
      }),
    );
    for (const bucket of [
      bucketNamed(Vault, 'clinic-backups'),
      bucketNamed(Replica, 'clinic-backups-replica'),
    ])
      expect(bucket.Properties.ObjectLockConfiguration.Rule.DefaultRetention).toEqual({
        Mode: 'COMPLIANCE',
        Days: 30,
      });
  });

  it('moves objects of a plan to the cold class of the config', () => {
    const rules = bucketNamed(stacks.Vault, 'clinic-backups').Properties.LifecycleConfiguration
      .Rules;
    expect(
      rules.filter(({ Transitions }: { Transitions?: unknown }) => Transitions !== undefined),
    ).toEqual([
      {
        Id: 'cold-archive',
        Status: 'Enabled',
        Prefix: 'archive/',
        ObjectSizeGreaterThan: 16 * 1024 ** 2,
        Transitions: [{ StorageClass: 'DEEP_ARCHIVE', TransitionInDays: 30 }],
      },
    ]);
  });
});

describe('replication', () => {
  const ruleOf = (vault: typeof stacks.Vault) =>
    bucketNamed(vault, 'clinic-backups').Properties.ReplicationConfiguration?.Rules[0];

  it('copies everything within minutes and tells when it is late; delete markers stay behind', () => {
    expect(ruleOf(stacks.Vault)).toMatchObject({
      Status: 'Enabled',
      Filter: { Prefix: '' },
      DeleteMarkerReplication: { Status: 'Disabled' },
      SourceSelectionCriteria: {
        SseKmsEncryptedObjects: { Status: 'Enabled' },
        ReplicaModifications: { Status: 'Disabled' },
      },
      Destination: {
        Bucket: 'arn:aws:s3:::clinic-backups-replica',
        Metrics: { Status: 'Enabled', EventThreshold: { Minutes: 15 } },
        ReplicationTime: { Status: 'Enabled', Time: { Minutes: 15 } },
        EncryptionConfiguration: {
          ReplicaKmsKeyID: {
            'Fn::GetStackOutput': {
              StackName: 'ClinicReplica',
              OutputName: 'SseKeyArn',
              Region: 'eu-west-1',
            },
          },
        },
      },
    });
    expect(stacks.Replica.outputs).toHaveProperty('SseKeyArn');
  });

  it('goes to a bucket of another account, which owns the copies then; the stack keeps the envelope key in that region', () => {
    const [bucketArn, keyArn] = [
      'arn:aws:s3:::far-away',
      'arn:aws:kms:eu-west-1:210987654321:key/1',
    ];
    const { Vault, Replica } = synthesize(
      exampleConfig((input) => {
        input.aws.replica = { region: 'eu-west-1', bucketArn, keyArn, account: '210987654321' };
      }),
    );
    expect(ruleOf(Vault).Destination).toMatchObject({
      Bucket: bucketArn,
      Account: '210987654321',
      AccessControlTranslation: { Owner: 'Destination' },
      EncryptionConfiguration: { ReplicaKmsKeyID: keyArn },
    });
    expect(resourcesOf(Replica, 'AWS::S3::Bucket')).toEqual([]);
    expect(resourcesOf(Replica, 'AWS::KMS::ReplicaKey')).toHaveLength(1);
  });

  it('is left out where the config says `none`', () => {
    const { Vault, Replica } = synthesize(
      exampleConfig((input) => {
        input.aws.replica = 'none';
      }),
    );
    expect(ruleOf(Vault)).toBeUndefined();
    expect(Replica).toBeUndefined();
  });
});

describe('the trails', () => {
  it('tell of every object and every use of a key, in both regions, in files that are signed for', () => {
    for (const [stack, bucket] of [
      [stacks.Vault, 'clinic-backups'],
      [stacks.Replica, 'clinic-backups-replica'],
    ] as const) {
      const [trail] = resourcesOf(stack, 'AWS::CloudTrail::Trail');
      expect(trail?.Properties).toMatchObject({ EnableLogFileValidation: true, IsLogging: true });
      const selectors = JSON.stringify(trail?.Properties.AdvancedEventSelectors);
      expect(selectors).toContain('"Equals":["Management"]');
      expect(selectors).toContain(`"StartsWith":["arn:aws:s3:::${bucket}/"]`);
    }
  });

  it('lie in buckets that lock them for six years', () => {
    for (const bucket of [
      bucketNamed(stacks.Vault, 'clinic-backups-trail'),
      bucketNamed(stacks.Replica, 'clinic-backups-replica-trail'),
    ]) {
      expect(bucket.DeletionPolicy).toBe('RetainExceptOnCreate');
      expect(bucket.Properties.ObjectLockConfiguration.Rule.DefaultRetention).toEqual({
        Mode: 'GOVERNANCE',
        Days: 2196,
      });
      expect(
        bucket.Properties.LifecycleConfiguration.Rules[0].ExpirationInDays,
      ).toBeGreaterThanOrEqual(2196);
    }
  });
});

describe('the access logs', () => {
  it('go to a bucket without Object Lock and with the encryption that S3 delivers to', () => {
    const { Properties } = bucketNamed(stacks.Vault, 'clinic-backups-logs');
    expect(Properties.ObjectLockEnabled).toBeUndefined();
    expect(JSON.stringify(Properties.BucketEncryption)).toContain('AES256');
  });
});

describe('what stays when the stacks of keys, vault and replica go', () => {
  it('is every bucket, key, alias and policy of a bucket', () => {
    for (const stack of [stacks.Keys, stacks.Vault, stacks.Replica])
      for (const type of [
        'AWS::S3::Bucket',
        'AWS::S3::BucketPolicy',
        'AWS::KMS::Key',
        'AWS::KMS::ReplicaKey',
        'AWS::KMS::Alias',
      ])
        for (const { DeletionPolicy, Properties } of resourcesOf(stack, type))
          expect(DeletionPolicy, JSON.stringify(Properties).slice(0, 80)).toMatch(/^Retain/);
  });
});

describe('a config that can not become a stack', () => {
  it('is refused with everything that is wrong, at once', () => {
    const config = exampleConfig((input) => {
      input.project = 'heart recovery';
      input.aws.lock.days = 365;
      input.aws.replica.region = 'eu-central-1';
    });
    expect(() => synthesize(config)).toThrow(HoldfastError);
    for (const path of ['project:', 'plans.daily.keep:', 'aws.replica.region:'])
      expect(() => synthesize(config)).toThrow(path);
  });

  it('is refused where it has no aws', () => {
    const config = exampleConfig((input) => {
      delete input.aws;
    });
    expect(() => synthesize(config)).toThrow('aws: is not there');
  });
});
