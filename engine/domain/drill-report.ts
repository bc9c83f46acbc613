import type { TableComparison } from './restore-comparison.ts';
import { speakBytes } from './spoken-numbers.ts';
import { showTable } from './table-name.ts';

export interface DrillCheck {
  name: string;
  passed: boolean;
  /** A count or an age, never a value of a row. */
  detail: string;
}

/** What one drill did and found: the fields of a restore test form. */
export interface DrillReport {
  schemaVersion: 1;
  date: string;
  tester: string;
  host: string;
  backup: {
    id: string;
    plan: string;
    database: string;
    startedAt: string;
    storedBytes: number;
    repository: string;
  };
  testDatabase: string;
  serverVersion: string;
  startedAt: string;
  completedAt: string;
  restoreSeconds: number;
  durationSeconds: number;
  tables: TableComparison[];
  checks: DrillCheck[];
  result: 'PASS' | 'FAIL';
  notes: string[];
}

/** Everything must pass; a drill that looked at nothing proves nothing. */
export function judge(checks: readonly DrillCheck[]): DrillReport['result'] {
  return checks.length > 0 && checks.every(({ passed }) => passed) ? 'PASS' : 'FAIL';
}

/** The report as a page of text, for a file and an auditor. */
export function renderDrillReport(report: DrillReport): string {
  const mark = (passed: boolean) => (passed ? '✓' : '✗');
  const lines = [
    'Restore Test Results',
    `Date: ${report.date}`,
    `Tester: ${report.tester} (on ${report.host})`,
    '',
    `Backup File: ${report.backup.plan}/${report.backup.database}/${report.backup.id} in ${report.backup.repository}`,
    `Backup Size: ${speakBytes(report.backup.storedBytes)}`,
    `Backup Date: ${showTime(report.backup.startedAt)}`,
    '',
    `Restore Test Database: ${report.testDatabase} (PostgreSQL ${report.serverVersion}, thrown away)`,
    `Restore Start Time: ${showTime(report.startedAt)}`,
    `Restore End Time: ${showTime(report.completedAt)}`,
    `Restore Duration: ${showSeconds(report.restoreSeconds)}`,
    '',
    'Data Verification:',
    ...report.tables.map(
      (table) =>
        `${mark(table.isEqual)} ${showTable(table)}: ${table.found ?? 'missing,'} ${table.isEqual ? 'rows' : `of ${table.expected} rows`}`,
    ),
    ...report.checks.map(({ name, passed, detail }) => `${mark(passed)} ${name}: ${detail}`),
    '',
    `Result: ${report.result}`,
    `Notes: ${report.notes.length === 0 ? 'none' : report.notes.join('; ')}`,
    '',
  ];
  return lines.join('\n');
}

function showTime(iso: string): string {
  return `${iso.slice(0, 19).replace('T', ' ')} UTC`;
}

function showSeconds(seconds: number): string {
  const whole = Math.round(seconds);
  if (whole < 60) return `${seconds.toFixed(1)} seconds`;
  return `${count(Math.floor(whole / 60), 'minute')} ${count(whole % 60, 'second')}`;
}

function count(number: number, unit: string): string {
  return `${number} ${unit}${number === 1 ? '' : 's'}`;
}
