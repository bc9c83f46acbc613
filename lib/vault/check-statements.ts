import { Fn } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { bucketArn, type Installation } from '../installation.ts';
import { ReplicaStack } from '../replica-stack.ts';
import type { SigningKeys } from './evidence-access.ts';

/** How a bucket is set up, each setting by its own action. */
export const READING_SETTINGS = [
  's3:GetBucketVersioning',
  's3:GetBucketObjectLockConfiguration',
  's3:GetEncryptionConfiguration',
  's3:GetLifecycleConfiguration',
  's3:GetBucketPolicy',
  's3:GetReplicationConfiguration',
] as const;

export interface KeysOfVault {
  installation: Installation;
  envelopeKey: IKey;
  sseKey: IKey;
}

/** States and rotation of the keys that encrypt, in both regions; nothing else can be done with that. */
export function describesKeys({ installation, envelopeKey, sseKey }: KeysOfVault): PolicyStatement {
  return new PolicyStatement({
    actions: ['kms:DescribeKey', 'kms:GetKeyRotationStatus'],
    resources: [envelopeKey.keyArn, sseKey.keyArn, ...keysAway(installation, envelopeKey)],
  });
}

/** The state of the keys that sign; they do not rotate. */
export function describesSigningKeys({ ledger, evidence }: SigningKeys): PolicyStatement {
  return new PolicyStatement({
    actions: ['kms:DescribeKey'],
    resources: [ledger.keyArn, evidence.keyArn],
  });
}

/** The copy of a multi-Region key has the id of its primary ("Multi-Region keys in AWS KMS"). A key of somebody else is not asked. */
function keysAway(
  { aws: { replica }, names, partition, account }: Installation,
  { keyId }: IKey,
): string[] {
  if (replica === 'none') return [];
  const envelope = `arn:${partition}:kms:${replica.region}:${account}:key/${keyId}`;
  if (replica.bucketArn !== undefined) return [envelope];
  return [
    envelope,
    Fn.getStackOutput(names.stack('Replica'), ReplicaStack.sseKeyOutput, replica.region),
  ];
}

/** How the bucket of the replica is set up, where the stack made it; none of its objects. */
export function readsReplicaSettings(installation: Installation): PolicyStatement[] {
  const { replica } = installation.aws;
  if (replica === 'none' || replica.bucketArn !== undefined) return [];
  const resources = [bucketArn(installation, installation.names.replicaBucket)];
  return [new PolicyStatement({ actions: [...READING_SETTINGS], resources })];
}
