import { plaintextBytes } from '../domain/manifest.ts';
import type { CatalogEntry } from '../domain/set-state.ts';
import { type TaskSize, taskSizeFor } from '../domain/task-size.ts';
import type { Repository } from '../ports/repository.ts';
import { readEntries, withManifest } from './catalog.ts';

export interface RemoteSizeWish {
  operation: 'backup' | 'verify' | 'drill' | 'restore';
  /** Whether a set tells how large the database of the job is. */
  isOf: (entry: CatalogEntry) => boolean;
}

/** The task that suits the newest of these sets, as the state machines choose it. @throws HoldfastError when the vault can't be read. */
export async function remoteSize(
  repository: Repository,
  { operation, isOf }: RemoteSizeWish,
): Promise<TaskSize> {
  const newest = (await readEntries(repository)).findLast(isOf);
  const manifest =
    newest === undefined ? undefined : (await withManifest(newest, repository)).manifest;
  return taskSizeFor({
    operation,
    bytes: manifest === undefined ? undefined : plaintextBytes(manifest),
  });
}
