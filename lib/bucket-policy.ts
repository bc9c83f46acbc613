import { AnyPrincipal, Effect, PolicyStatement } from 'aws-cdk-lib/aws-iam';

export interface GuardedBucket {
  bucketArn: string;
  /** The only role that may remove versions, lift locks, hide objects and change how the bucket is set up. */
  breakGlassArn: string;
  /** CloudFormation, which sets the bucket up. */
  deployerArn: string;
}

const DESTROYING = ['s3:BypassGovernanceRetention', 's3:DeleteObject', 's3:DeleteObjectVersion', 's3:PutObjectLegalHold'];

/** A tag is the way out of the vault, so it is guarded as deleting is. */
const TAGGING = ['s3:DeleteObjectTagging', 's3:DeleteObjectVersionTagging', 's3:PutObjectTagging', 's3:PutObjectVersionTagging'];

const SETTING_UP = [
  's3:DeleteBucket',
  's3:DeleteBucketPolicy',
  's3:PutBucketAcl',
  's3:PutBucketLogging',
  's3:PutBucketObjectLockConfiguration',
  's3:PutBucketOwnershipControls',
  's3:PutBucketPolicy',
  's3:PutBucketPublicAccessBlock',
  's3:PutBucketVersioning',
  's3:PutEncryptionConfiguration',
  's3:PutLifecycleConfiguration',
  's3:PutReplicationConfiguration',
];

const REPLICATING = ['s3:ReplicateDelete', 's3:ReplicateObject', 's3:ReplicateTags'];

/** What nobody may do to the vault, whatever IAM says; `pruneArn` is the role that may let go what retention releases. */
export function vaultGuards({ bucketArn, breakGlassArn, deployerArn, pruneArn }: GuardedBucket & { pruneArn: string }): PolicyStatement[] {
  return [
    ...commonGuards({ bucketArn, breakGlassArn, deployerArn }),
    createOnly(bucketArn),
    denyAllBut([breakGlassArn, pruneArn], { sid: 'OnlyPruneReleases', actions: TAGGING, resource: `${bucketArn}/*` }),
  ];
}

/** The replica takes nothing but what S3 copies: releases come as tags from the vault. */
export function replicaGuards({
  bucketArn,
  breakGlassArn,
  deployerArn,
  replicationArn,
}: GuardedBucket & { replicationArn: string }): PolicyStatement[] {
  return [
    ...commonGuards({ bucketArn, breakGlassArn, deployerArn }),
    denyAllBut([breakGlassArn], { sid: 'OnlyCopies', actions: ['s3:PutObject', ...TAGGING], resource: `${bucketArn}/*` }),
    denyAllBut([replicationArn], { sid: 'OnlyOurCopies', actions: REPLICATING, resource: `${bucketArn}/*` }),
  ];
}

/** Of the trail's bucket, whose objects only CloudTrail writes. */
export function trailGuards({ bucketArn, breakGlassArn, deployerArn }: GuardedBucket): PolicyStatement[] {
  return [
    ...commonGuards({ bucketArn, breakGlassArn, deployerArn }),
    denyAllBut([breakGlassArn], { sid: 'NoTags', actions: TAGGING, resource: `${bucketArn}/*` }),
  ];
}

function commonGuards({ bucketArn, breakGlassArn, deployerArn }: GuardedBucket): PolicyStatement[] {
  return [
    denyAllBut([breakGlassArn], { sid: 'NothingIsRemoved', actions: DESTROYING, resource: `${bucketArn}/*` }),
    denyAllBut([breakGlassArn, deployerArn], { sid: 'NothingIsLoosened', actions: SETTING_UP, resource: bucketArn }),
  ];
}

/**
 * An object is written once. Opening a multipart upload and sending its parts can not carry If-None-Match and make no object yet
 * (`s3:ObjectCreationOperation`); completing it can, and does.
 */
function createOnly(bucketArn: string): PolicyStatement {
  return new PolicyStatement({
    sid: 'NothingIsOverwritten',
    effect: Effect.DENY,
    principals: [new AnyPrincipal()],
    actions: ['s3:PutObject'],
    resources: [`${bucketArn}/*`],
    conditions: { Null: { 's3:if-none-match': 'true' }, Bool: { 's3:ObjectCreationOperation': 'true' } },
  });
}

interface Guard {
  sid: string;
  actions: string[];
  resource: string;
}

function denyAllBut(roles: string[], { sid, actions, resource }: Guard): PolicyStatement {
  return new PolicyStatement({
    sid,
    effect: Effect.DENY,
    principals: [new AnyPrincipal()],
    actions,
    resources: [resource],
    conditions: { ArnNotEquals: { 'aws:PrincipalArn': roles } },
  });
}
