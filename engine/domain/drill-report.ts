import type { TableComparison } from './restore-comparison.ts';
import { speakBytes } from './spoken-numbers.ts';
import { showTable } from './table-name.ts';
import { withPlainLines } from './text/plain-text.ts';

export interface DrillCheck {
  name: string;
  passed: boolean;
  /** False where only the surroundings of the drill kept it from being shown: that is no fault of the backup. */
  isShown?: false;
  /** A count or an age, never a value of a row. */
  detail: string;
}

/** One object that only the surroundings of the drill kept from coming back. */
export interface DrillException {
  /** As the table of contents has it: `MATERIALIZED VIEW DATA`, `INDEX`, ... */
  type: string;
  schema: string;
  name: string;
  /** What the surroundings lack. */
  lacks: string;
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
  /** Whether the throw-away server ran in a network namespace of its own. */
  isIsolated: boolean;
  testDatabase: string;
  serverVersion: string;
  startedAt: string;
  completedAt: string;
  restoreSeconds: number;
  durationSeconds: number;
  tables: TableComparison[];
  checks: DrillCheck[];
  /** Objects that were not shown, though the set as a whole was. */
  exceptions: DrillException[];
  result: DrillResult;
  /** The drill was the yearly full rehearsal of a recovery, which its notes describe. */
  rehearsal?: true;
  /** The server in which the set was restored, where that was no throw-away server. */
  server?: string;
  notes: string[];
}

/**
 * PASS: all rows and the whole structure were shown. FAIL: the backup is at fault. NOT SHOWN: something about all of it could not be
 * shown here, and nothing speaks against the backup.
 */
export type DrillResult = 'PASS' | 'FAIL' | 'NOT SHOWN';

/** A drill that looked at nothing proves nothing. */
export function judge(checks: readonly DrillCheck[]): DrillResult {
  if (checks.length === 0 || checks.some(({ passed, isShown }) => !passed && isShown !== false))
    return 'FAIL';
  return checks.every(({ passed }) => passed) ? 'PASS' : 'NOT SHOWN';
}

/** An object of an archive, for people. */
export function describeException({ type, schema, name, lacks }: DrillException): string {
  return `${type} ${schema === '' ? name : showTable({ schema, name })}: needs ${lacks}`;
}

/**
 * The report as a page of text, for a file and an auditor. Names, notes and details that others wrote
 * can not add a line to it.
 */
export function renderDrillReport(made: DrillReport): string {
  const report = withPlainLines(made);
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
    `Restore Test Database: ${report.testDatabase} (PostgreSQL ${report.serverVersion}, ${report.server === undefined ? 'thrown away' : `on ${report.server}, dropped afterwards`})`,
    `Network: ${report.server !== undefined ? 'that of the server' : report.isIsolated ? 'none (a namespace of its own)' : 'not isolated: user mappings, subscriptions and passwords of servers were left out'}`,
    `Restore Start Time: ${showTime(report.startedAt)}`,
    `Restore End Time: ${showTime(report.completedAt)}`,
    `Restore Duration: ${showSeconds(report.restoreSeconds)}`,
    '',
    'Data Verification:',
    ...report.tables.map(
      (table) =>
        `${mark(table.isEqual)} ${showTable(table)}: ${table.found ?? 'missing,'} ${table.isEqual ? 'rows' : `of ${table.expected} rows`}`,
    ),
    ...report.checks.map(
      ({ name, passed, isShown, detail }) =>
        `${isShown === false ? '?' : mark(passed)} ${name}: ${detail}`,
    ),
    '',
    ...exceptionLines(report),
    ...(report.rehearsal === true ? ['Rehearsal: the yearly full rehearsal of a recovery'] : []),
    `Result: ${report.result}`,
    `Notes: ${report.notes.length === 0 ? 'none' : report.notes.join('; ')}`,
    '',
  ];
  return lines.join('\n');
}

function exceptionLines({ exceptions }: DrillReport): string[] {
  if (exceptions.length === 0) return [];
  return ['Not shown, for lack of surroundings:', ...exceptions.map(describeException), ''];
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
