import { isHoldfastError } from '../errors.ts';
import type { Repository } from '../ports/repository.ts';
import { PROBE } from './s3/probe-object.ts';

/** Whether a store refuses a second object of one key: there is one after the first try, so the second says it. */
export async function isCreateOnly(repository: Pick<Repository, 'put'>): Promise<boolean> {
  return (await isRefused(repository)) || isRefused(repository);
}

async function isRefused(repository: Pick<Repository, 'put'>): Promise<boolean> {
  try {
    await repository.put(PROBE.key, PROBE.bytes);
    return false;
  } catch (error) {
    if (isHoldfastError(error, 'OBJECT_EXISTS')) return true;
    throw error;
  }
}
