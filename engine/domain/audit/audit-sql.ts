import { plainLine } from '../text/plain-text.ts';
import type { AuditEntry } from './audit-entry.ts';

/** As the operations guides create it. */
const CREATE = `CREATE TABLE IF NOT EXISTS backup_audit_log (
    id SERIAL PRIMARY KEY,
    operation VARCHAR(50) NOT NULL,
    backup_file VARCHAR(255),
    initiated_by VARCHAR(100) NOT NULL,
    started_at TIMESTAMP NOT NULL DEFAULT NOW(),
    completed_at TIMESTAMP,
    status VARCHAR(20),
    file_size_mb INTEGER,
    error_message TEXT,
    notes TEXT
);`;

const COLUMNS =
  'operation, backup_file, initiated_by, started_at, completed_at, status, file_size_mb, ' +
  'error_message, notes';

const MB = 1024 * 1024;
const LARGEST_INTEGER = 2 ** 31 - 1;
/** Rows of one statement. */
const ROWS = 500;

/**
 * A script for psql or any other client: creates the guide's table where it is missing and fills
 * it. It can be run again; rows that are there are left alone. Times are UTC.
 */
export function auditSql(entries: readonly AuditEntry[]): string {
  const inserts: string[] = [];
  for (let next = 0; next < entries.length; next += ROWS)
    inserts.push(insertOf(entries.slice(next, next + ROWS)));
  return `${[PREAMBLE, CREATE, ...inserts, 'COMMIT;'].join('\n\n')}\n`;
}

const PREAMBLE = `SET client_encoding TO 'UTF8';
BEGIN;`;

function insertOf(entries: readonly AuditEntry[]): string {
  const rows = entries.map((entry) => `  (${valuesOf(entry).join(', ')})`);
  return `INSERT INTO backup_audit_log (${COLUMNS})
SELECT given.* FROM (VALUES
${rows.join(',\n')}
) AS given (${COLUMNS})
WHERE NOT EXISTS (
  SELECT FROM backup_audit_log AS known
  WHERE known.operation = given.operation
    AND known.initiated_by = given.initiated_by
    AND known.started_at = given.started_at
    AND known.completed_at = given.completed_at
    AND known.notes = given.notes
);`;
}

function valuesOf(entry: AuditEntry): string[] {
  const { initiatedBy, bytes, error } = entry;
  const size = bytes === null ? null : Math.min(Math.ceil(bytes / MB), LARGEST_INTEGER);
  return [
    literal(limited(entry.operation, 50)),
    literal(entry.backup && limited(entry.backup, 255)),
    literal(limited(`${initiatedBy.name}@${initiatedBy.host}`, 100)),
    timestamp(entry.startedAt),
    timestamp(entry.completedAt),
    literal(limited(entry.status, 20)),
    size === null ? 'NULL::integer' : String(size),
    literal(error && plainLine(`${error.code}: ${error.message}`)),
    literal(notesOf(entry)),
  ];
}

/**
 * All that the guide's table has no column for. Begins with the id of the record, by which a row is
 * known again.
 */
function notesOf(entry: AuditEntry): string {
  const { id, plan, database, target, repositories, notes, initiatedBy } = entry;
  const { requestedBy } = initiatedBy;
  const places = repositories.join(' ');
  const said = { database, plan, target, repositories: places, requestedBy, notes };
  const parts = Object.entries(said).flatMap(([name, text]) =>
    text === null || text === '' ? [] : [`${name} ${text}`],
  );
  return plainLine([`record ${id}`, ...parts].join('; '));
}

/** VARCHAR counts characters. */
function limited(text: string, most: number): string {
  const characters = [...plainLine(text)];
  return characters.length <= most
    ? characters.join('')
    : `${characters.slice(0, most - 3).join('')}...`;
}

/**
 * An escape string constant means the same whatever standard_conforming_strings is (PostgreSQL's
 * manual, "String Constants with C-Style Escapes"); doubled quotes are taken whatever
 * backslash_quote is.
 */
function literal(text: string | null): string {
  if (text === null) return 'NULL::text';
  return `E'${text.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`;
}

function timestamp(iso: string): string {
  return `TIMESTAMP '${new Date(iso).toISOString().replace('T', ' ').replace('Z', '')}'`;
}
