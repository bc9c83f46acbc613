import type { Disposal } from '../../domain/audit/disposal.ts';
import type { SetAddress } from '../../domain/key.ts';
import { type HoldfastError, isHoldfastError } from '../../errors.ts';
import type { NamedRepository } from '../context.ts';
import type { AuditRequest } from './list-audit.ts';
import { readRecords } from './read-records.ts';

/** The certificate of a set that is gone from a repository. */
export interface ListedDisposal extends SetAddress, Disposal {
  repository: string;
  /** Key of the audit record that has it. */
  record: string;
}

export interface ListedDisposals {
  /** By repository, the oldest first. */
  disposals: ListedDisposal[];
  failures: { repository: string; error: HoldfastError }[];
}

/**
 * The sets of which nothing was left in the period. A repository that can't be read hides no other.
 */
export async function listDisposals(
  repositories: readonly NamedRepository[],
  { database: asked, ...period }: AuditRequest,
): Promise<ListedDisposals> {
  const listed: ListedDisposals = { disposals: [], failures: [] };
  for (const { name, repository } of repositories) {
    try {
      for await (const { key, record } of readRecords(repository, period)) {
        if (record?.disposal === undefined) continue;
        const { plan, database, backup, disposal } = record;
        if (plan === null || database === null || backup === null) continue;
        if (asked !== undefined && asked !== database) continue;
        const address = { plan, database, id: backup };
        listed.disposals.push({ repository: name, record: key, ...address, ...known(disposal) });
      }
    } catch (error) {
      if (!isHoldfastError(error)) throw error;
      listed.failures.push({ repository: name, error });
    }
  }
  return listed;
}

/** Without what a newer version may have added. */
function known(disposal: Disposal): Disposal {
  const { keys, objects, bytes, manifest, releasedAt, releasedBy, why, goneAt } = disposal;
  return {
    keys: keys?.map(({ type, id }) => ({ type, id })) ?? null,
    objects,
    bytes,
    manifest,
    releasedAt,
    releasedBy,
    why,
    goneAt,
  };
}
