import { Duration, RemovalPolicy, Validations } from 'aws-cdk-lib';
import type { IRole, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import {
  BlockPublicAccess,
  Bucket,
  BucketEncryption,
  type IBucket,
  type LifecycleRule,
  ObjectLockRetention,
  ObjectOwnership,
  type ReplicationRule,
} from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import type { AwsConfig } from '../engine/config/aws-schema.ts';

export interface LockedBucketProps {
  bucketName: string;
  encryptionKey: IKey;
  lock: AwsConfig['lock'];
  lifecycleRules: LifecycleRule[];
  accessLogs: IBucket;
  guards: PolicyStatement[];
  replication?: { role: IRole; rule: ReplicationRule } | undefined;
}

/** A bucket in which every version is locked from its first second. It and its policy stay when the stack goes. */
export class LockedBucket extends Bucket {
  constructor(
    scope: Construct,
    id: string,
    { encryptionKey, lock, accessLogs, guards, replication, ...props }: LockedBucketProps,
  ) {
    super(scope, id, {
      ...props,
      versioned: true,
      objectLockEnabled: true,
      objectLockDefaultRetention: ObjectLockRetention[lock.mode](Duration.days(lock.days)),
      encryption: BucketEncryption.KMS,
      encryptionKey,
      bucketKeyEnabled: true,
      enforceSSL: true,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
      serverAccessLogsBucket: accessLogs,
      serverAccessLogsPrefix: `${props.bucketName}/`,
      removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
      ...(replication === undefined
        ? {}
        : { replicationRole: replication.role, replicationRules: [replication.rule] }),
    });
    for (const guard of guards) this.addToResourcePolicy(guard);
    this.policy?.applyRemovalPolicy(RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE);
    Validations.of(this).acknowledge({
      id: 'CloudFormation-Validate::W9003',
      reason:
        'The CDK writes ObjectSizeGreaterThan as a number, and CloudFormation takes it for the text it wants.',
    });
  }
}
