import type { SeenSet } from '../../domain/finding.ts';
import {
  type AskedObject,
  askedOfReplication,
  type SeenReplication,
  summarizeReplication,
} from '../../domain/health/replication.ts';
import { manifestKey, objectKey } from '../../domain/key.ts';
import { isHoldfastError } from '../../errors.ts';
import type { Repository } from '../../ports/repository.ts';
import { readableManifest } from '../catalog.ts';

/**
 * The sets, the newest of each plan and database with what the store says of its copies: one request for the manifest and one for
 * each object. S3 answers HeadObject with the status of each object, to whoever may read it; the metrics of replication count
 * operations of the whole bucket, and no set.
 */
export async function explainReplication(
  repository: Repository,
  sets: readonly SeenSet[],
): Promise<SeenSet[]> {
  const groups = Map.groupBy(sets, ({ plan, database }) => JSON.stringify([plan, database]));
  const found = new Map<SeenSet, SeenReplication>();
  for (const own of groups.values())
    for (const set of askedOfReplication(own)) {
      const replication = await replicationOf(repository, set);
      if (replication !== undefined) found.set(set, replication);
      if (replication?.status === 'completed') break;
    }
  return sets.map((set) => {
    const replication = found.get(set);
    return replication === undefined ? set : { ...set, replication };
  });
}

/** Undefined where the set can't be asked of now: other findings say why. */
async function replicationOf(
  repository: Repository,
  set: SeenSet,
): Promise<SeenReplication | undefined> {
  const manifest = await readableManifest(set, repository);
  if (manifest === undefined) return undefined;
  const keys = [manifestKey(set), ...manifest.objects.map(({ key }) => objectKey(set, key))];
  const objects: AskedObject[] = [];
  try {
    for (const key of keys) objects.push({ key, status: await statusOf(repository, key) });
  } catch (error) {
    if (isHoldfastError(error, 'OBJECT_MISSING')) return undefined;
    throw error;
  }
  return summarizeReplication(objects);
}

async function statusOf(repository: Repository, key: string): Promise<AskedObject['status']> {
  try {
    return (await repository.inspect(key)).replication;
  } catch (error) {
    if (isHoldfastError(error, 'ACCESS_DENIED')) return 'refused';
    throw error;
  }
}
