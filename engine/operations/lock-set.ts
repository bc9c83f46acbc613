import { MANIFEST_NAME } from '../contract.ts';
import { lockEnd } from '../domain/lock-limit.ts';
import type { Repository } from '../ports/repository.ts';
import type { NamedRepository } from './context.ts';

export interface KeepLockOptions {
  /** Of every object of the set. */
  keys: readonly string[];
  plan: string;
  /** As its manifest says. */
  keepUntil: string;
  now: Date;
}

/** Locks a set until its keep is over, or as long as its repository lets sets of its plan be locked; prune lengthens that. */
export async function lockToItsKeep(
  { repository, lockLimit }: NamedRepository,
  { keys, plan, keepUntil, now }: KeepLockOptions,
): Promise<void> {
  const until = new Date(keepUntil);
  await lockSet(repository, {
    keys,
    until: lockLimit === undefined ? until : lockEnd(until, { now, limitSeconds: lockLimit(plan) }),
  });
}

export interface LockSetOptions {
  /** Of every object of the set. */
  keys: readonly string[];
  until: Date;
}

/** The manifest last: prune asks it for all, so its lock must say that the others were locked. */
export async function lockSet(
  repository: Repository,
  { keys, until }: LockSetOptions,
): Promise<void> {
  const isManifest = (key: string) => key.endsWith(`/${MANIFEST_NAME}`);
  await repository.lockUntil(
    keys.filter((key) => !isManifest(key)),
    until,
  );
  await repository.lockUntil(keys.filter(isManifest), until);
}
