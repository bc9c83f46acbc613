import { describe, expect, it } from 'vitest';
import { auditKey, auditRecord, auditRecordSchema } from '../../engine/domain/audit-record.ts';

const RECORD = auditRecord(
  {
    operation: 'backup',
    plan: 'nightly',
    database: 'clinic',
    backup: '20261122T020000Z-7f3a',
    target: null,
  },
  {
    status: 'failed',
    bytes: null,
    error: { code: 'DUMP_FAILED', message: 'pg_dump exited with 1' },
    notes: null,
  },
  {
    id: '20261123T000007Z-11aa',
    repository: '/mnt/backups',
    initiatedBy: { type: 'user', name: 'ops', host: 'backup-1' },
    startedAt: new Date('2026-11-22T23:59:59Z'),
    completedAt: new Date('2026-11-23T00:00:07Z'),
  },
);

describe('an audit record', () => {
  it('keeps its schema', () => {
    expect(auditRecordSchema.parse(JSON.parse(JSON.stringify(RECORD)))).toEqual(RECORD);
  });

  it('lies under the UTC day on which the work was completed', () => {
    expect(auditKey(RECORD)).toBe('audit/2026/11/23/20261123T000007Z-11aa-backup.json');
  });

  it("has a field for each column of the guide's backup_audit_log", () => {
    expect(Object.keys(RECORD)).toEqual(
      expect.arrayContaining([
        'operation',
        'backup',
        'initiatedBy',
        'startedAt',
        'completedAt',
        'status',
        'bytes',
        'error',
        'notes',
      ]),
    );
  });
});
