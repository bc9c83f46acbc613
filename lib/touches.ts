/** What keeps the backups, and whom CloudTrail names when somebody touches it. */
export const GUARDIANS = { key: 'kms', bucket: 's3', trail: 'cloudtrail' } as const;
export type Guardian = keyof typeof GUARDIANS;

/** Calls by which a guardian ends, opens or goes blind, whoever makes them; and what a deployment does too. */
export const TOUCHES: Readonly<
  Record<Guardian, { ending: readonly string[]; settingUp: readonly string[] }>
> = {
  key: {
    ending: [
      'DisableKey',
      'ScheduleKeyDeletion',
      'DisableKeyRotation',
      'DeleteImportedKeyMaterial',
      'UpdatePrimaryRegion',
    ],
    settingUp: ['PutKeyPolicy', 'ReplicateKey'],
  },
  bucket: {
    ending: [],
    settingUp: [
      'DeleteBucket',
      'DeleteBucketLifecycle',
      'DeleteBucketPolicy',
      'DeleteBucketReplication',
      'PutBucketEncryption',
      'PutBucketLifecycle',
      'PutBucketObjectLockConfiguration',
      'PutBucketPolicy',
      'PutBucketReplication',
      'PutBucketVersioning',
      'PutObjectLockConfiguration',
    ],
  },
  trail: {
    ending: ['StopLogging', 'DeleteTrail', 'UpdateTrail', 'PutEventSelectors'],
    settingUp: [],
  },
};

export const BY_CLOUDTRAIL = 'AWS API Call via CloudTrail';

export function eventSourceOf(guardian: Guardian): string {
  return `${GUARDIANS[guardian]}.amazonaws.com`;
}

export function everyTouchOf(guardian: Guardian): string[] {
  const { ending, settingUp } = TOUCHES[guardian];
  return [...ending, ...settingUp];
}

type Detail = Record<string, unknown>;

export function ofKeys(arns: readonly string[]): Detail {
  return { resources: { ARN: arns } };
}

export function ofBuckets(names: readonly string[]): Detail {
  return { requestParameters: { bucketName: names } };
}

/** By its name or its ARN, and under two names: each call has its own. */
export function ofTrail({ name, arn }: { name: string; arn: string }): Detail[] {
  return ['name', 'trailName'].map((parameter) => ({
    requestParameters: { [parameter]: [name, arn] },
  }));
}
