import { type AuditEntry, auditEntries } from '../../domain/audit/audit-entry.ts';
import type { AuditRecord } from '../../domain/audit-record.ts';
import { type HoldfastError, isHoldfastError } from '../../errors.ts';
import type { NamedRepository } from '../context.ts';
import { type Period, readRecords } from './read-records.ts';

export interface AuditRequest extends Period {
  /** Only the records of this one. */
  database: string | undefined;
}

export interface ListedAudit {
  entries: AuditEntry[];
  /** Objects among the records that are none. */
  unreadable: { repository: string; key: string }[];
  /** Repositories that could not be read, and why. */
  failures: { repository: string; error: HoldfastError }[];
}

/**
 * What was done in a period, by the audit records of all repositories. One that can't be read hides
 * no other.
 */
export async function listAudit(
  repositories: readonly NamedRepository[],
  { database, ...period }: AuditRequest,
): Promise<ListedAudit> {
  const places: { name: string; records: AuditRecord[] }[] = [];
  const unreadable: ListedAudit['unreadable'] = [];
  const failures: ListedAudit['failures'] = [];
  for (const { name, repository } of repositories) {
    const records: AuditRecord[] = [];
    try {
      for await (const { key, record } of readRecords(repository, period)) {
        if (record === undefined) unreadable.push({ repository: name, key });
        else if (database === undefined || record.database === database) records.push(record);
      }
    } catch (error) {
      if (!isHoldfastError(error)) throw error;
      failures.push({ repository: name, error });
    }
    places.push({ name, records });
  }
  return { entries: auditEntries(places), unreadable, failures };
}
