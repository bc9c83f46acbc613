import { AnyPrincipal, Effect, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { AwsConfig } from '../engine/config/aws-schema.ts';
import { longestLockDays } from '../engine/domain/lock-limit.ts';
import {
  DESTROYING,
  REPLICATING,
  SETTING_UP,
  TAGGING,
} from '../engine/domain/stack/vault-guards.ts';
import { type Installation, roleArn } from './installation.ts';

export interface GuardedBucket {
  bucketArn: string;
  /** The only role that may remove versions, lift locks, hide objects and change how the bucket is set up. */
  breakGlassArn: string;
  /** CloudFormation, which sets the bucket up. */
  deployerArn: string;
}

export interface LockedFor {
  mode: AwsConfig['lock']['mode'];
  /** The most for which any set may be locked at once. */
  longestDays: number;
  /** Roles that lengthen locks; in the mode that an object has. */
  lockerArns: string[];
}

/** As the config of an installation has it. */
export function lockOf(installation: Installation): LockedFor {
  const { aws, plans, names } = installation;
  return {
    mode: aws.lock.mode,
    longestDays: longestLockDays(plans.map(({ keep }) => keep.for)),
    lockerArns: (['verify', 'prune'] as const).map((role) =>
      roleArn(installation, names.resource(role)),
    ),
  };
}

/** Our clock and that of S3 need not agree to the second. */
const CLOCK_DAYS = 1;

/** What nobody may do to the vault, whatever IAM says; `pruneArn` is the role that may let go what retention releases. */
export function vaultGuards({
  pruneArn,
  lock,
  ...bucket
}: GuardedBucket & { pruneArn: string; lock: LockedFor }): PolicyStatement[] {
  const { bucketArn, breakGlassArn } = bucket;
  return [
    ...commonGuards(bucket),
    createOnly(bucketArn),
    ...lockGuards(bucket, lock),
    denyAllBut([breakGlassArn, pruneArn], {
      sid: 'OnlyPruneReleases',
      actions: TAGGING,
      resource: `${bucketArn}/*`,
    }),
  ];
}

/** The replica takes nothing but what S3 copies: releases come as tags from the vault. */
export function replicaGuards({
  replicationArn,
  lock,
  ...bucket
}: GuardedBucket & { replicationArn: string; lock: LockedFor }): PolicyStatement[] {
  const { bucketArn, breakGlassArn } = bucket;
  return [
    ...commonGuards(bucket),
    ...lockGuards(bucket, lock),
    denyAllBut([breakGlassArn], {
      sid: 'OnlyCopies',
      actions: ['s3:PutObject', ...TAGGING],
      resource: `${bucketArn}/*`,
    }),
    denyAllBut([replicationArn], {
      sid: 'OnlyOurCopies',
      actions: REPLICATING,
      resource: `${bucketArn}/*`,
    }),
  ];
}

/** Of the trail's bucket, whose objects only CloudTrail writes. */
export function trailGuards({
  bucketArn,
  breakGlassArn,
  deployerArn,
}: GuardedBucket): PolicyStatement[] {
  return [
    ...commonGuards({ bucketArn, breakGlassArn, deployerArn }),
    denyAllBut([breakGlassArn], { sid: 'NoTags', actions: TAGGING, resource: `${bucketArn}/*` }),
  ];
}

function commonGuards({ bucketArn, breakGlassArn, deployerArn }: GuardedBucket): PolicyStatement[] {
  return [
    denyAllBut([breakGlassArn], {
      sid: 'NothingIsRemoved',
      actions: DESTROYING,
      resource: `${bucketArn}/*`,
    }),
    denyAllBut([breakGlassArn, deployerArn], {
      sid: 'NothingIsLoosened',
      actions: SETTING_UP,
      resource: bucketArn,
    }),
  ];
}

/** What is locked is paid for until the lock ends: none is longer than a plan asks for, and none is for good that need not be. */
function lockGuards(
  { bucketArn, breakGlassArn }: GuardedBucket,
  { mode, longestDays, lockerArns }: LockedFor,
): PolicyStatement[] {
  const locking = { actions: ['s3:PutObjectRetention'], resource: `${bucketArn}/*` };
  const tooLong = {
    NumericGreaterThan: {
      's3:object-lock-remaining-retention-days': String(longestDays + CLOCK_DAYS),
    },
  };
  const forGood = { StringEquals: { 's3:object-lock-mode': 'COMPLIANCE' } };
  return [
    denyAllBut([breakGlassArn], { ...locking, sid: 'NothingIsLockedForEver', conditions: tooLong }),
    ...(mode === 'compliance'
      ? []
      : [
          denyAllBut([breakGlassArn, ...lockerArns], {
            ...locking,
            sid: 'NothingIsLockedForGood',
            conditions: forGood,
          }),
        ]),
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
    conditions: {
      Null: { 's3:if-none-match': 'true' },
      Bool: { 's3:ObjectCreationOperation': 'true' },
    },
  });
}

interface Guard {
  sid: string;
  actions: readonly string[];
  resource: string;
  /** What must hold beside. */
  conditions?: Record<string, Record<string, string>>;
}

function denyAllBut(
  roles: string[],
  { sid, actions, resource, conditions = {} }: Guard,
): PolicyStatement {
  return new PolicyStatement({
    sid,
    effect: Effect.DENY,
    principals: [new AnyPrincipal()],
    actions: [...actions],
    resources: [resource],
    conditions: { ArnNotEquals: { 'aws:PrincipalArn': roles }, ...conditions },
  });
}
