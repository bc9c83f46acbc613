import { Fn, RemovalPolicy } from 'aws-cdk-lib';
import { ManagedPolicy, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { type IKey, Key } from 'aws-cdk-lib/aws-kms';
import {
  Bucket,
  type IBucket,
  type ReplicationRule,
  ReplicationTimeValue,
} from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import type { ReplicaConfig } from '../engine/config/aws-schema.ts';
import { acknowledgeWildcards } from './acknowledge.ts';
import type { HoldfastStack } from './holdfast-stack.ts';
import { bucketArn } from './installation.ts';
import { ReplicaStack } from './replica-stack.ts';

export interface ReplicationProps {
  replica: ReplicaConfig;
  /** Of the vault. */
  sseKey: IKey;
}

/**
 * S3 copies every object to the other region, within minutes, and says when it is late. Delete markers stay behind: whoever hides an
 * object in the vault hides none in the replica. Retention reaches the replica as a tag, and there the replica's own rules remove what
 * has it, after an undo window of their own (markers that lifecycle rules make are never copied).
 */
export class Replication extends Construct {
  readonly role: Role;
  readonly rule: ReplicationRule;

  constructor(stack: HoldfastStack, { replica, sseKey }: ReplicationProps) {
    super(stack, 'Replication');
    const { installation } = stack;
    const destinationArn =
      replica.bucketArn ?? bucketArn(installation, installation.names.replicaBucket);
    const keyArn =
      replica.keyArn ??
      Fn.getStackOutput(
        installation.names.stack('Replica'),
        ReplicaStack.sseKeyOutput,
        replica.region,
      );
    this.role = new Role(this, 'Role', {
      roleName: installation.names.resource('replication'),
      description: 'S3 copies the vault to its replica',
      assumedBy: new ServicePrincipal('s3.amazonaws.com', {
        conditions: { StringEquals: { 'aws:SourceAccount': installation.account } },
      }),
    });
    const statements = this.#statements(stack, { replica, sseKey, destinationArn, keyArn });
    const policy = new ManagedPolicy(this, 'Policy', { statements, roles: [this.role] });
    for (const made of [this.role, policy])
      made.applyRemovalPolicy(RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE);
    acknowledgeWildcards(policy, {
      statements,
      reason: 'Every object of the vault is copied; keys of objects are made at run time.',
    });
    this.rule = {
      id: 'everything',
      priority: 1,
      destination: this.#destination(destinationArn, replica),
      kmsKey: Key.fromKeyArn(this, 'DestinationKey', keyArn),
      sseKmsEncryptedObjects: true,
      replicaModifications: false,
      deleteMarkerReplication: false,
      replicationTimeControl: ReplicationTimeValue.FIFTEEN_MINUTES,
      metrics: ReplicationTimeValue.FIFTEEN_MINUTES,
      accessControlTransition:
        replica.account !== undefined && replica.account !== installation.account,
    };
  }

  #destination(arn: string, { region, account }: ReplicaConfig): IBucket {
    return Bucket.fromBucketAttributes(this, 'Destination', {
      bucketArn: arn,
      region,
      ...(account === undefined ? {} : { account }),
    });
  }

  #statements(
    { installation, region }: HoldfastStack,
    { replica, sseKey, destinationArn, keyArn }: Destination,
  ): PolicyStatement[] {
    const source = bucketArn(installation, installation.names.vaultBucket);
    const through = (place: string) => ({
      StringEquals: { 'kms:ViaService': `s3.${place}.amazonaws.com` },
    });
    const isForeign = replica.account !== undefined && replica.account !== installation.account;
    return [
      new PolicyStatement({
        actions: ['s3:GetReplicationConfiguration', 's3:ListBucket'],
        resources: [source],
      }),
      new PolicyStatement({ actions: READING, resources: [`${source}/*`] }),
      new PolicyStatement({
        actions: [
          's3:ReplicateObject',
          's3:ReplicateTags',
          ...(isForeign ? ['s3:ObjectOwnerOverrideToBucketOwner'] : []),
        ],
        resources: [`${destinationArn}/*`],
      }),
      new PolicyStatement({
        actions: ['kms:Decrypt'],
        resources: [sseKey.keyArn],
        conditions: through(region),
      }),
      new PolicyStatement({
        actions: ['kms:Encrypt', 'kms:GenerateDataKey'],
        resources: [keyArn],
        conditions: through(replica.region),
      }),
    ];
  }
}

interface Destination extends ReplicationProps {
  destinationArn: string;
  keyArn: string;
}

const READING = [
  's3:GetObjectLegalHold',
  's3:GetObjectRetention',
  's3:GetObjectVersionAcl',
  's3:GetObjectVersionForReplication',
  's3:GetObjectVersionTagging',
];
