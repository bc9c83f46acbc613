import { CfnOutput, Fn, RemovalPolicy } from 'aws-cdk-lib';
import { CfnAlias, CfnReplicaKey, Key } from 'aws-cdk-lib/aws-kms';
import type { Construct } from 'constructs';
import type { ReplicaConfig } from '../engine/config/aws-schema.ts';
import { accessLogBucket } from './access-log-bucket.ts';
import { acknowledge } from './acknowledge.ts';
import { lockOf, replicaGuards } from './bucket-policy.ts';
import { forwardTouches } from './forwarded-touches.ts';
import { HoldfastStack } from './holdfast-stack.ts';
import {
  breakGlassArn,
  bucketArn,
  hasSnapshots,
  type Installation,
  roleArn,
} from './installation.ts';
import { copyStatements, keyPolicy, serviceStatements } from './key-policy.ts';
import { KeysStack } from './keys-stack.ts';
import { UNDO_DAYS, vaultLifecycle } from './lifecycle.ts';
import { LockedBucket } from './locked-bucket.ts';
import { Trail } from './trail.ts';

/** All that a second region needs to open every set when the first is gone. */
export class ReplicaStack extends HoldfastStack {
  constructor(
    scope: Construct,
    { installation, replica }: { installation: Installation; replica: ReplicaConfig },
  ) {
    const description = `Holdfast ${installation.config.project}: replica`;
    super(scope, { installation, part: 'Replica', description, region: replica.region });
    const isOurs = replica.bucketArn === undefined;
    const envelopeKeyArn = this.#envelopeKey();
    const sseKey = isOurs || hasSnapshots(installation) ? this.#sseKey() : undefined;
    if (isOurs && sseKey !== undefined) this.#bucket(sseKey);
    const { replicaBucket: bucket } = installation.names;
    forwardTouches(this, {
      keyArns: [envelopeKeyArn, ...(sseKey === undefined ? [] : [sseKey.keyArn])],
      bucketNames: isOurs ? [bucket, installation.names.trailOf(bucket)] : [],
      reads: { envelopeKeyArn, ...(isOurs ? { bucketName: bucket } : {}) },
    });
  }

  /** Read by the stack of the vault. */
  static readonly sseKeyOutput = 'SseKeyArn';

  /** The same key material under the same id: sets open here without a call to the other region. */
  #envelopeKey(): string {
    const { names, aws, config } = this.installation;
    const key = new CfnReplicaKey(this, 'Envelope', {
      primaryKeyArn: Fn.getStackOutput(
        names.stack('Keys'),
        KeysStack.envelopeKeyOutput,
        aws.region,
      ),
      description: `Holdfast ${config.project}: wraps the data keys of backup sets (replica)`,
      keyPolicy: keyPolicy(this, copyStatements(this)),
      enabled: true,
    });
    const alias = new CfnAlias(this, 'EnvelopeAlias', {
      aliasName: names.envelopeAlias,
      targetKeyId: key.attrKeyId,
    });
    key.applyRemovalPolicy(RemovalPolicy.RETAIN);
    alias.applyRemovalPolicy(RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE);
    return key.attrArn;
  }

  #bucket(encryptionKey: Key): void {
    const { names, aws } = this.installation;
    const bucketName = names.replicaBucket;
    const accessLogs = accessLogBucket(this, { bucketName: names.logsOf(bucketName) });
    const bucket = new LockedBucket(this, 'Bucket', {
      bucketName,
      encryptionKey,
      accessLogs,
      lock: aws.lock,
      lifecycleRules: vaultLifecycle(this.installation, { undoDays: UNDO_DAYS.replica }),
      guards: replicaGuards({
        bucketArn: bucketArn(this.installation, bucketName),
        breakGlassArn: breakGlassArn(this.installation),
        deployerArn: this.deployerArn,
        replicationArn: roleArn(this.installation, names.resource('replication')),
        lock: lockOf(this.installation),
      }),
    });
    acknowledge(bucket, ['HIPAA.Security-S3BucketReplicationEnabled'], 'It is the replica.');
    new Trail(this, { about: bucketName, encryptionKey, accessLogs });
  }

  #sseKey(): Key {
    const { names, config } = this.installation;
    const key = new Key(this, 'Sse', {
      description: `Holdfast ${config.project}: server-side encryption of replica, trail and logs, and copies of snapshots`,
      enableKeyRotation: true,
      policy: keyPolicy(this, serviceStatements(this)),
      removalPolicy: RemovalPolicy.RETAIN,
    });
    key.addAlias(names.replicaAlias).applyRemovalPolicy(RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE);
    new CfnOutput(this, ReplicaStack.sseKeyOutput, { value: key.keyArn });
    return key;
  }
}
