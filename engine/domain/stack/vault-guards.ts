/** Roles that a statement of the vault's policy excepts. */
export type Exempt = 'break-glass' | 'deployer' | 'prune' | 'verify';

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

/** The guards of the vault by the Sid of their statements; the stack writes them, and `check` looks for them. */
export function vaultGuardsBySid(mode: 'governance' | 'compliance'): Record<string, Guard> {
  const locking = ['s3:PutObjectRetention'];
  return {
    NothingIsRemoved: { actions: DESTROYING, exempt: ['break-glass'] },
    NothingIsLoosened: { actions: SETTING_UP, exempt: ['break-glass', 'deployer'] },
    NothingIsOverwritten: { actions: ['s3:PutObject'], exempt: [] },
    NothingIsLockedForEver: { actions: locking, exempt: ['break-glass'] },
    ...(mode === 'compliance'
      ? {}
      : {
          NothingIsLockedForGood: { actions: locking, exempt: ['break-glass', 'verify', 'prune'] },
        }),
    OnlyPruneReleases: { actions: TAGGING, exempt: ['break-glass', 'prune'] },
  };
}
