import type { Place } from './stack-removal.ts';

interface Version {
  Key: string;
  VersionId: string;
}

export interface BucketRemoval {
  Bucket: string;
  /** S3 refuses a word about locks where there are none. */
  isLocked: boolean;
}

/** Access logs, and what a trail still had, come some time after. */
const TRIES = 5;

/** With the right of the break-glass role, which the caller has by the config. @throws Error where versions stay. */
export async function removeBucket({ call, region }: Place, bucket: BucketRemoval): Promise<void> {
  for (let tried = 1; ; tried += 1) {
    await emptyBucket({ call, region }, bucket);
    try {
      await call('s3', 'DeleteBucket', { Bucket: bucket.Bucket }, region);
      return;
    } catch (error) {
      if (!(error instanceof Error) || error.name !== 'BucketNotEmpty' || tried === TRIES)
        throw error;
    }
  }
}

/** A page at a time until there is none. */
async function emptyBucket(
  { call, region }: Place,
  { Bucket, isLocked }: BucketRemoval,
): Promise<void> {
  const bypass = isLocked ? { BypassGovernanceRetention: true } : {};
  for (;;) {
    const page = await call<{ Versions?: Version[]; DeleteMarkers?: Version[] }>(
      's3',
      'ListObjectVersions',
      { Bucket },
      region,
    );
    const Objects = [...(page.Versions ?? []), ...(page.DeleteMarkers ?? [])].map(
      ({ Key, VersionId }) => ({ Key, VersionId }),
    );
    if (Objects.length === 0) return;
    const wish = { Bucket, ...bypass, Delete: { Objects, Quiet: true } };
    const { Errors = [] } = await call<{ Errors?: { Key: string; Code: string }[] }>(
      's3',
      'DeleteObjects',
      wish,
      region,
    );
    const [failed] = Errors;
    if (failed !== undefined)
      throw new Error(`${Errors.length} versions stay, such as ${failed.Key}: ${failed.Code}`);
  }
}
