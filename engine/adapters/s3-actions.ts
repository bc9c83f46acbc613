/** Every IAM action that a bucket is asked for; docs/CONFIG.md lists the same, and an error names the one that was refused. */
export const S3_ACTIONS = [
  's3:PutObject',
  's3:GetObject',
  's3:ListBucket',
  's3:ListBucketVersions',
  's3:ListBucketMultipartUploads',
  's3:AbortMultipartUpload',
  's3:GetObjectTagging',
  's3:PutObjectTagging',
  's3:DeleteObject',
  's3:GetObjectRetention',
  's3:PutObjectRetention',
  's3:RestoreObject',
  's3:GetBucketVersioning',
  's3:GetBucketObjectLockConfiguration',
  's3:GetEncryptionConfiguration',
  's3:GetLifecycleConfiguration',
] as const;

export type S3Action = (typeof S3_ACTIONS)[number];

/** What check alone asks of the vault of a stack, whose policies name it. */
export type SettingsAction = 's3:GetBucketPolicy' | 's3:GetReplicationConfiguration';
