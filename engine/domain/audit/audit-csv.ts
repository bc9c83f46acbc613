import { plainLine } from '../text/plain-text.ts';
import type { AuditEntry } from './audit-entry.ts';

type Cell = string | number | null;

const COLUMNS: Record<string, (entry: AuditEntry) => Cell> = {
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
  bytes: ({ bytes }) => bytes,
  error_code: ({ error }) => error?.code ?? null,
  error_message: ({ error }) => error?.message ?? null,
  notes: ({ notes }) => notes,
  holdfast_version: ({ holdfastVersion }) => holdfastVersion,
};

/** The log as CSV (RFC 4180) with a header, for a spreadsheet. */
export function auditCsv(entries: readonly AuditEntry[]): string {
  const rows = entries.map((entry) => Object.values(COLUMNS).map((column) => cell(column(entry))));
  return [Object.keys(COLUMNS), ...rows].map((row) => `${row.join(',')}\r\n`).join('');
}

/**
 * What a spreadsheet may take for a formula: the characters that OWASP names
 * (https://owasp.org/www-community/attacks/CSV_Injection), also in full width and behind spaces.
 */
const FORMULA = /^[\s']*[=+\-@\uff1d\uff0b\uff0d\uff20]/u;

/**
 * Texts are quoted whatever they hold, so that no other separator splits them; a text that looks
 * like a formula gets an apostrophe.
 */
function cell(value: Cell): string {
  if (value === null) return '';
  if (typeof value === 'number') return String(value);
  const text = plainLine(value);
  return `"${(FORMULA.test(text) ? `'${text}` : text).replaceAll('"', '""')}"`;
}
