import { type CsvCell, csvText } from '../text/csv.ts';
import type { AuditEntry } from './audit-entry.ts';

const COLUMNS: Record<string, (entry: AuditEntry) => CsvCell> = {
  id: ({ id }) => id,
  completed_at: ({ completedAt }) => completedAt,
  started_at: ({ startedAt }) => startedAt,
  operation: ({ operation }) => operation,
  status: ({ status }) => status,
  plan: ({ plan }) => plan,
  database: ({ database }) => database,
  backup: ({ backup }) => backup,
  repositories: ({ repositories }) => repositories.join(' '),
  target: ({ target }) => target,
  initiated_by: ({ initiatedBy }) => initiatedBy.name,
  initiated_by_type: ({ initiatedBy }) => initiatedBy.type,
  host: ({ initiatedBy }) => initiatedBy.host,
  requested_by: ({ initiatedBy }) => initiatedBy.requestedBy,
  bytes: ({ bytes }) => bytes,
  error_code: ({ error }) => error?.code ?? null,
  error_message: ({ error }) => error?.message ?? null,
  notes: ({ notes }) => notes,
  holdfast_version: ({ holdfastVersion }) => holdfastVersion,
};

/** The log as CSV (RFC 4180) with a header, for a spreadsheet. */
export function auditCsv(entries: readonly AuditEntry[]): string {
  const rows = entries.map((entry) => Object.values(COLUMNS).map((column) => column(entry)));
  return csvText(Object.keys(COLUMNS), rows);
}
