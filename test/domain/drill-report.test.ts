import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type DrillReport, judge, renderDrillReport } from '../../engine/domain/drill-report.ts';

const REPORT: DrillReport = {
  schemaVersion: 1,
  date: '2025-11-01',
  tester: 'A. Tester',
  host: 'backup-1',
  backup: {
    id: '20251101T020000Z-7f3a',
    plan: 'nightly',
    database: 'heart',
    startedAt: '2025-11-01T02:00:00.000Z',
    storedBytes: 156_000_000,
    repository: '/mnt/backups',
  },
  isIsolated: true,
  testDatabase: 'heart_drill',
  serverVersion: '17.12',
  startedAt: '2025-11-01T14:30:00.000Z',
  completedAt: '2025-11-01T14:32:15.000Z',
  restoreSeconds: 135,
  durationSeconds: 140,
  tables: [
    { schema: 'public', name: 'users', expected: 45, found: 45, isEqual: true },
    { schema: 'public', name: 'patients', expected: 12, found: 11, isEqual: false },
    { schema: 'public', name: 'medications', expected: 34, found: undefined, isEqual: false },
  ],
  checks: [
    { name: 'Row counts equal', passed: false, detail: '1 of 3 tables, 56 rows' },
    { name: 'Foreign key constraints intact', passed: true, detail: '2 of 2 valid' },
  ],
  exceptions: [],
  result: 'FAIL',
  notes: ['monthly test'],
};

describe('a drill report', () => {
  it('has the fields of the guides, for people', () => {
    expect(renderDrillReport(REPORT)).toBe(
      readFileSync(join(import.meta.dirname, '../golden/drill-report.txt'), 'utf8'),
    );
  });

  const lineOf = (part: Partial<DrillReport>, label: string) =>
    new RegExp(`^${label}: (.*)$`, 'm').exec(renderDrillReport({ ...REPORT, ...part }))?.[1];

  it.each([
    [0.04, '0.0 seconds'],
    [59.4, '59.4 seconds'],
    [59.7, '1 minute 0 seconds'],
    [61, '1 minute 1 second'],
    [119.7, '2 minutes 0 seconds'],
    [3599.5, '60 minutes 0 seconds'],
  ])('says %d s as "%s"', (restoreSeconds, text) => {
    expect(lineOf({ restoreSeconds }, 'Restore Duration')).toBe(text);
  });

  it.each([
    [53_625, '53.6 kB'],
    [999_949, '999.9 kB'],
    [999_950, '1.0 MB'],
    [999_960_000, '1.0 GB'],
    [24_000_000_000, '24.0 GB'],
  ])('says %d bytes as "%s"', (storedBytes, text) => {
    expect(lineOf({ backup: { ...REPORT.backup, storedBytes } }, 'Backup Size')).toBe(text);
  });

  it('passes only when every check passed, and one that looked at nothing fails', () => {
    expect(judge([{ name: 'a', passed: true, detail: '' }])).toBe('PASS');
    expect(judge(REPORT.checks)).toBe('FAIL');
    expect(judge([])).toBe('FAIL');
  });
});
