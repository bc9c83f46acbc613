import type { Config } from '../config/schema.ts';
import { pairSnapshots, type SnapshotPair } from '../domain/snapshot.ts';
import type { ServerSnapshots } from '../ports/server-snapshots.ts';
import type { Context } from './context.ts';

/** What the operations on snapshots work with. */
export interface SnapshotContext {
  project: string;
  config: Pick<Config, 'databases' | 'snapshotPlans'>;
  /** RDS in the region of the servers. */
  own: ServerSnapshots;
  /** RDS in the region of the copies; undefined where there are to be none. */
  replica: ServerSnapshots | undefined;
  clock: Context['clock'];
}

/** All snapshots of the project with their copies, oldest first. @throws HoldfastError SERVICE_FAILED, ACCESS_DENIED, CREDENTIALS. */
export async function surveySnapshots({
  own,
  replica,
}: Pick<SnapshotContext, 'own' | 'replica'>): Promise<SnapshotPair[]> {
  const [here, there] = await Promise.all([own.list(), replica?.list() ?? []]);
  return pairSnapshots(here, there);
}
