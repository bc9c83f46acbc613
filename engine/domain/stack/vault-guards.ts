/** Roles that a statement of the vault's policy excepts. */
export type Exempt = 'break-glass' | 'deployer' | 'prune' | 'replication' | 'verify';

/** A statement that denies everybody else something, whatever IAM allows. */
export interface Guard {
  actions: readonly string[];
  exempt: readonly Exempt[];
}

export const DESTROYING = [
  's3:BypassGovernanceRetention',
  's3:DeleteObject',
  's3:DeleteObjectVersion',
  's3:PutObjectLegalHold',
] as const;

/** A tag is the way out of the vault, so it is guarded as deleting is. */
export const TAGGING = [
  's3:DeleteObjectTagging',
  's3:DeleteObjectVersionTagging',
  's3:PutObjectTagging',
  's3:PutObjectVersionTagging',
] as const;

export const SETTING_UP = [
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
] as const;

export const REPLICATING = [
  's3:ReplicateDelete',
  's3:ReplicateObject',
  's3:ReplicateTags',
] as const;

export type LockMode = 'governance' | 'compliance';
export type GuardsBySid = Readonly<Record<string, Guard>>;

/** The guards of the vault by the Sid of their statements; the stack writes them, and `check` looks for them. */
export function vaultGuardsBySid(mode: LockMode): GuardsBySid {
  return {
    ...commonGuards(mode),
    NothingIsOverwritten: { actions: ['s3:PutObject'], exempt: [] },
    OnlyPruneReleases: { actions: TAGGING, exempt: ['break-glass', 'prune'] },
  };
}

/** The same of the replica, which takes nothing but copies. */
export function replicaGuardsBySid(mode: LockMode): GuardsBySid {
  return {
    ...commonGuards(mode),
    OnlyCopies: { actions: ['s3:PutObject', ...TAGGING], exempt: ['break-glass'] },
    OnlyOurCopies: { actions: REPLICATING, exempt: ['replication'] },
  };
}

function commonGuards(mode: LockMode): GuardsBySid {
  const locking = ['s3:PutObjectRetention'];
  return {
    NothingIsRemoved: { actions: DESTROYING, exempt: ['break-glass'] },
    NothingIsLoosened: { actions: SETTING_UP, exempt: ['break-glass', 'deployer'] },
    NothingIsLockedForEver: { actions: locking, exempt: ['break-glass'] },
    ...(mode === 'compliance'
      ? {}
      : {
          NothingIsLockedForGood: { actions: locking, exempt: ['break-glass', 'verify', 'prune'] },
        }),
  };
}
