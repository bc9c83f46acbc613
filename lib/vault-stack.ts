import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import { accessLogBucket } from './access-log-bucket.ts';
import { acknowledge } from './acknowledge.ts';
import { lockOf, vaultGuards } from './bucket-policy.ts';
import { HoldfastStack } from './holdfast-stack.ts';
import { breakGlassArn, bucketArn, type Installation, roleArn } from './installation.ts';
import { UNDO_DAYS, vaultLifecycle } from './lifecycle.ts';
import { LockedBucket } from './locked-bucket.ts';
import { Replication } from './replication.ts';
import { Trail } from './trail.ts';
import { VaultAccess } from './vault-access.ts';

export interface VaultStackProps {
  installation: Installation;
  envelopeKey: IKey;
  /** Of the server-side encryption. */
  sseKey: IKey;
}

/** Where the backup sets live. */
export class VaultStack extends HoldfastStack {
  readonly bucket: IBucket;
  /** What the roles of tasks and Lambdas may do here. */
  readonly access: VaultAccess;

  constructor(scope: Construct, { installation, envelopeKey, sseKey }: VaultStackProps) {
    super(scope, {
      installation,
      part: 'Vault',
      description: `Holdfast ${installation.config.project}: vault`,
    });
    this.bucket = this.#bucket(sseKey);
    this.access = new VaultAccess({ installation, region: this.region, envelopeKey, sseKey });
  }

  #bucket(encryptionKey: IKey): IBucket {
    const { installation } = this;
    const { names, aws } = installation;
    const accessLogs = accessLogBucket(this, { bucketName: names.logsOf(names.vaultBucket) });
    const bucket = new LockedBucket(this, 'Bucket', {
      bucketName: names.vaultBucket,
      encryptionKey,
      accessLogs,
      lock: aws.lock,
      lifecycleRules: vaultLifecycle(installation, { undoDays: UNDO_DAYS.vault }),
      guards: vaultGuards({
        bucketArn: bucketArn(installation, names.vaultBucket),
        breakGlassArn: breakGlassArn(installation),
        deployerArn: this.deployerArn,
        pruneArn: roleArn(installation, names.resource('prune')),
        lock: lockOf(installation),
      }),
      replication:
        aws.replica === 'none'
          ? undefined
          : new Replication(this, { replica: aws.replica, sseKey: encryptionKey }),
    });
    if (aws.replica === 'none')
      acknowledge(
        bucket,
        ['HIPAA.Security-S3BucketReplicationEnabled'],
        'The config says so: aws.replica is `none`.',
      );
    new Trail(this, { about: names.vaultBucket, encryptionKey, accessLogs });
    return bucket;
  }
}
