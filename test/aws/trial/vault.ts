import { CfnOutput, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import {
  BlockPublicAccess,
  Bucket,
  type CfnBucket,
  type IBucket,
  ObjectLockRetention,
  StorageClass,
} from 'aws-cdk-lib/aws-s3';
import { Asset } from 'aws-cdk-lib/aws-s3-assets';
import { Construct } from 'constructs';
import { REPLICA_BUCKET } from './replica.ts';

/** A bucket that is versioned, locked, cleaned up and replicated; its key is known in all regions. */
export class TrialVault extends Construct {
  readonly logs: Bucket;
  readonly key: Key;

  constructor(scope: Construct, id: string, { hasExtra }: { hasExtra: boolean }) {
    super(scope, id);
    this.key = new Key(this, 'Key', {
      multiRegion: true,
      enableKeyRotation: true,
      alias: 'alias/trial',
    });
    this.logs = new Bucket(this, 'Logs', {
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      enforceSSL: true,
    });
    const bucket = this.#makeBucket(hasExtra);
    new CfnOutput(Stack.of(this), 'BucketName', { value: bucket.bucketName });
    new CfnOutput(Stack.of(this), 'KeyArn', { value: this.key.keyArn });
    const config = new Asset(this, 'Config', { path: import.meta.filename });
    new CfnOutput(Stack.of(this), 'ConfigUrl', { value: config.s3ObjectUrl });
  }

  #makeBucket(hasExtra: boolean): Bucket {
    const bucket = new Bucket(this, 'Bucket', {
      versioned: true,
      objectLockDefaultRetention: ObjectLockRetention.governance(Duration.days(7)),
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      enforceSSL: true,
      encryptionKey: this.key,
      serverAccessLogsBucket: this.logs as IBucket,
      removalPolicy: RemovalPolicy.RETAIN,
      lifecycleRules: [
        {
          id: 'released',
          prefix: 'nightly/',
          tagFilters: { holdfast: 'released' },
          expiration: Duration.days(hasExtra ? 2 : 1),
        },
        {
          id: 'uploads',
          abortIncompleteMultipartUploadAfter: Duration.days(7),
          expiredObjectDeleteMarker: true,
        },
        {
          id: 'cold',
          prefix: 'archive/',
          objectSizeGreaterThan: 16 * 1024 * 1024,
          transitions: [
            { storageClass: StorageClass.DEEP_ARCHIVE, transitionAfter: Duration.days(1) },
          ],
          noncurrentVersionExpiration: Duration.days(14),
        },
      ],
    });
    this.#replicate(bucket);
    return bucket;
  }

  #replicate(bucket: Bucket): void {
    const role = new Role(this, 'Replication', {
      assumedBy: new ServicePrincipal('s3.amazonaws.com'),
    });
    (bucket.node.defaultChild as CfnBucket).replicationConfiguration = {
      role: role.roleArn,
      rules: [
        {
          id: 'everything',
          priority: 1,
          status: 'Enabled',
          filter: { prefix: '' },
          deleteMarkerReplication: { status: 'Disabled' },
          destination: { bucket: `arn:aws:s3:::${REPLICA_BUCKET}` },
        },
      ],
    };
  }
}
