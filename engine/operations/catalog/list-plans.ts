import { RESERVED_PLAN_NAMES } from '../../contract.ts';
import type { ListOptions, Repository, StoredObject } from '../../ports/repository.ts';

/**
 * The prefixes of all plans that a repository has, also of those that no config names. What lies beside them (audit records,
 * reports, keys, WAL) may be a hundred times as much as the sets, and is not listed.
 */
export async function planPrefixes(
  repository: Pick<Repository, 'prefixes'>,
  options?: ListOptions,
): Promise<string[]> {
  const all = await repository.prefixes('', options);
  return all.filter((prefix) => !RESERVED_PLAN_NAMES.includes(prefix.slice(0, -1)));
}

/** What a listing of one plan shows, a plan after the other. One request for the names, and one a thousand objects. */
export async function* listPlans(
  repository: Pick<Repository, 'prefixes' | 'list'>,
  options?: ListOptions,
): AsyncGenerator<AsyncIterable<StoredObject>> {
  for (const prefix of await planPrefixes(repository, options))
    yield repository.list(prefix, options);
}
