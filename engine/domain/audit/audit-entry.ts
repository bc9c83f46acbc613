import type { AuditRecord } from '../audit-record.ts';

/** An audit record once, however many repositories have it. */
export interface AuditEntry {
  id: string;
  operation: string;
  status: string;
  plan: string | null;
  database: string | null;
  backup: string | null;
  target: string | null;
  /** Names of the repositories that have the record. */
  repositories: string[];
  initiatedBy: { type: string; name: string; host: string; requestedBy: string | null };
  startedAt: string;
  completedAt: string;
  bytes: number | null;
  error: { code: string; message: string } | null;
  notes: string | null;
  holdfastVersion: string;
}

/** The records of one repository, by its name in the config. */
export interface RecordsOfRepository {
  name: string;
  records: readonly AuditRecord[];
}

/**
 * One entry for each run, the oldest first. Records of one id that differ in more than their
 * repository stand apart.
 */
export function auditEntries(places: readonly RecordsOfRepository[]): AuditEntry[] {
  const entries = new Map<string, AuditEntry>();
  for (const { name, records } of places) {
    for (const record of records) {
      const entry = entryOf(record);
      const content = JSON.stringify(entry);
      const known = entries.get(content);
      if (known === undefined) entries.set(content, { ...entry, repositories: [name] });
      else if (!known.repositories.includes(name)) known.repositories.push(name);
    }
  }
  return [...entries.values()].sort((one, other) => compare(orderOf(one), orderOf(other)));
}

function entryOf(record: AuditRecord): AuditEntry {
  const { id, operation, status, plan, database, backup, target, initiatedBy } = record;
  const { startedAt, completedAt, bytes, error, notes, holdfastVersion } = record;
  const { type, name, host, requestedBy = null } = initiatedBy;
  return {
    id,
    operation,
    status,
    plan,
    database,
    backup,
    target,
    repositories: [],
    initiatedBy: { type, name, host, requestedBy },
    startedAt,
    completedAt,
    bytes,
    error: error === null ? null : { code: error.code, message: error.message },
    notes,
    holdfastVersion,
  };
}

function orderOf({ completedAt, id }: AuditEntry): string {
  return `${new Date(completedAt).toISOString()} ${id}`;
}

function compare(one: string, other: string): number {
  if (one === other) return 0;
  return one < other ? -1 : 1;
}
