import { Duration, Size } from 'aws-cdk-lib';
import { type LifecycleRule, StorageClass } from 'aws-cdk-lib/aws-s3';
import type { ColdClass } from '../engine/config/aws-schema.ts';
import { namedPlans } from '../engine/config/vault-plans.ts';
import { PREFIX, RECORDS_KEEP_DAYS, RELEASED_TAG } from '../engine/contract.ts';
import { encodeName } from '../engine/domain/key.ts';
import type { Installation } from './installation.ts';

/** Days in which a release can be undone; longer in the replica, so that it outlives a mistake in the vault. */
export const UNDO_DAYS = { vault: 14, replica: 30 } as const;

const RECORDS = [PREFIX.audit, PREFIX.drills, PREFIX.evidence];
/** Manifests and marks stay where they can be read at once. */
const COLD_FROM = Size.mebibytes(16);
const ABANDONED_DAYS = 7;

const CLASSES: Record<ColdClass, StorageClass> = {
  GLACIER_IR: StorageClass.GLACIER_INSTANT_RETRIEVAL,
  GLACIER: StorageClass.GLACIER,
  DEEP_ARCHIVE: StorageClass.DEEP_ARCHIVE,
};

/**
 * Whatever removes a version selects a prefix and the tag of retention, so that nothing goes when backups stop. What selects no tag
 * cleans up delete markers and uploads, or moves objects to a cold class.
 */
export function vaultLifecycle(
  installation: Installation,
  { undoDays }: { undoDays: number },
): LifecycleRule[] {
  const { config, aws, vaultPrefix } = installation;
  const prefixOf = (name: string) => `${vaultPrefix}${encodeName(name)}/`;
  const names = [...(namedPlans({ ...config, aws }, aws.repository) ?? []), ...RECORDS];
  return [
    ...names.map((name) =>
      released(prefixOf(name), { id: `released-${encodeName(name)}`, undoDays }),
    ),
    ...Object.entries(aws.cold).map(([name, { after, class: storageClass }]) => ({
      id: `cold-${encodeName(name)}`,
      prefix: prefixOf(name),
      objectSizeGreaterThan: COLD_FROM.toBytes(),
      transitions: [
        {
          storageClass: CLASSES[storageClass],
          transitionAfter: Duration.days(Math.ceil(after / 86_400)),
        },
      ],
    })),
    cleanUp(),
  ];
}

/** Removes no version of anything. */
export function cleanUp(): LifecycleRule {
  return {
    id: 'clean',
    expiredObjectDeleteMarker: true,
    abortIncompleteMultipartUploadAfter: Duration.days(ABANDONED_DAYS),
  };
}

function released(
  prefix: string,
  { id, undoDays }: { id: string; undoDays: number },
): LifecycleRule {
  return {
    id,
    prefix,
    tagFilters: { [RELEASED_TAG.key]: RELEASED_TAG.value },
    expiration: Duration.days(1),
    noncurrentVersionExpiration: Duration.days(undoDays),
  };
}

/** Of logs and trails: six years, and a month more in which a mistake can be undone. */
export function recordsLifecycle(): LifecycleRule[] {
  return [
    {
      id: 'six-years',
      expiration: Duration.days(RECORDS_KEEP_DAYS),
      noncurrentVersionExpiration: Duration.days(30),
    },
  ];
}
