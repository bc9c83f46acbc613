import { MANIFEST_NAME } from '../contract.ts';
import type { Repository } from '../ports/repository.ts';

export interface LockSetOptions {
  /** Of every object of the set. */
  keys: readonly string[];
  until: Date;
}

/** The manifest last: prune asks it for all, so its lock must say that the others were locked. */
export async function lockSet(repository: Repository, { keys, until }: LockSetOptions): Promise<void> {
  const isManifest = (key: string) => key.endsWith(`/${MANIFEST_NAME}`);
  await repository.lockUntil(
    keys.filter((key) => !isManifest(key)),
    until,
  );
  await repository.lockUntil(keys.filter(isManifest), until);
}
