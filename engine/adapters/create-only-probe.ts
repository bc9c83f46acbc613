import { PREFIX } from '../contract.ts';
import { isHoldfastError } from '../errors.ts';
import type { Repository } from '../ports/repository.ts';

const PROBE_KEY = `${PREFIX.keys}/store-probe.json`;
const PROBE = Buffer.from(
  '{"purpose":"an object of this key is there; a second one must be refused"}\n',
);

/** Whether a store refuses a second object of one key: there is one after the first try, so the second says it. */
export async function isCreateOnly(repository: Pick<Repository, 'put'>): Promise<boolean> {
  return (await isRefused(repository)) || isRefused(repository);
}

async function isRefused(repository: Pick<Repository, 'put'>): Promise<boolean> {
  try {
    await repository.put(PROBE_KEY, PROBE);
    return false;
  } catch (error) {
    if (isHoldfastError(error, 'OBJECT_EXISTS')) return true;
    throw error;
  }
}
