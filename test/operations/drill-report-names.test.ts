import { describe, expect, it } from 'vitest';
import { MemoryRepository } from '../../engine/adapters/memory-repository.ts';
import type { DrillReport } from '../../engine/domain/drill-report.ts';
import { storeReport } from '../../engine/operations/drill/store-report.ts';

const REPORT: DrillReport = {
  ...{ schemaVersion: 1, date: '2025-11-01', tester: 'A. Tester', host: 'backup-1' },
  backup: {
    ...{ id: '20251101T020000Z-7f3a', plan: 'nightly', database: 'heart' },
    ...{ startedAt: '2025-11-01T02:00:00.000Z', storedBytes: 1, repository: 'memory' },
  },
  ...{ isIsolated: true, testDatabase: 'heart_drill', serverVersion: '17.12' },
  ...{ startedAt: '2025-11-01T14:30:00.000Z', completedAt: '2025-11-01T14:32:15.000Z' },
  ...{ restoreSeconds: 135, durationSeconds: 140, tables: [], checks: [], exceptions: [] },
  ...{ result: 'FAIL', notes: [] },
};

describe('the report of a drill', () => {
  it('is stored beside that of a drill of the same set that ended in the same second', async () => {
    const repository = new MemoryRepository();
    const first = await storeReport(repository, REPORT);
    const second = await storeReport(repository, { ...REPORT, result: 'PASS' });
    expect(first.reportKey).toMatch(/20251101T143215Z-20251101T020000Z-7f3a\.json$/);
    expect(second.reportKey).toMatch(/20251101T143216Z-20251101T020000Z-7f3a\.json$/);
  });
});
