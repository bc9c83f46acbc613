import { describe, expect, it } from 'vitest';
import { alertRecordsOf } from '../../../engine/domain/alert/alert-record.ts';
import type { Alert } from '../../../engine/domain/alerts.ts';
import { auditRecord, parseAuditRecord } from '../../../engine/domain/audit-record.ts';
import { alertsOf } from '../../../engine/domain/evidence/alert-evidence.ts';
import { makeReport } from '../../../engine/domain/evidence/make-report.ts';
import { parseMonth } from '../../../engine/domain/evidence/month.ts';
import { renderPage } from '../../../engine/operations/evidence-page/page.ts';
import { emptyEvidence } from '../../fixtures/evidence.ts';

const MONTH = parseMonth('2026-11');
const LATE = 'check/nightly/clinic/local/late';
const DAY_SECONDS = 86_400;

function told(kind: Alert['kind'], since: string, more: Partial<Alert> = {}): Alert {
  return {
    ...{ key: LATE, kind, severity: kind === 'recovered' ? 'ok' : 'critical' },
    ...{ title: 'clinic/nightly in local: late', detail: '', since: new Date(since), hint: null },
    ...(kind === 'recovered' ? { previousSeverity: 'critical' as const } : {}),
    ...more,
  };
}

/** As check writes them down, and a report reads them. */
function recordsOf(alerts: Alert[], at: string) {
  return alertRecordsOf(alerts, new Date(at)).map(({ alert, plan, database }, index) => {
    const record = auditRecord(
      { operation: 'alert', plan, database, backup: null, target: null },
      { status: 'success', bytes: null, error: null, notes: null, alert },
      {
        ...{ id: `20261122T020000Z-000${index}`, repository: 'vault' },
        ...{ startedAt: new Date(alert.since), completedAt: new Date(at) },
        initiatedBy: { type: 'role', name: 'check', host: 'aws' },
      },
    );
    const parsed = parseAuditRecord(Buffer.from(JSON.stringify(record)));
    if (parsed === undefined) throw new Error('it is no audit record');
    return parsed;
  });
}

describe('the history of alerts', () => {
  it('has the begin and the end of each, once for both topics, and no repetition', () => {
    const begun = told('problem', '2026-11-02T00:00:00Z');
    expect(
      recordsOf([begun, begun, told('still', '2026-11-02T00:00:00Z')], '2026-11-02T06:00:00Z'),
    ).toMatchObject([
      { plan: 'nightly', database: 'clinic', alert: { severity: 'critical', endedAt: null } },
    ]);
    expect(
      recordsOf([told('recovered', '2026-11-02T00:00:00Z')], '2026-11-03T00:00:00Z'),
    ).toMatchObject([{ alert: { severity: 'critical', endedAt: '2026-11-03T00:00:00.000Z' } }]);
  });

  it('says how long each stood, over the edges of the month too', () => {
    const records = [
      ...recordsOf([told('problem', '2026-11-02T00:00:00Z')], '2026-11-02T06:00:00Z'),
      ...recordsOf([told('recovered', '2026-11-02T00:00:00Z')], '2026-11-03T00:00:00Z'),
      ...recordsOf([told('recovered', '2026-10-30T00:00:00Z')], '2026-11-01T00:00:00Z'),
      ...recordsOf([told('problem', '2026-11-29T00:00:00Z')], '2026-11-29T06:00:00Z'),
      ...recordsOf([told('recovered', '2026-11-29T00:00:00Z')], '2026-12-03T00:00:00Z'),
      ...recordsOf([told('problem', '2026-12-01T00:00:00Z')], '2026-12-01T06:00:00Z'),
      ...recordsOf([told('recovered', '2026-10-01T00:00:00Z')], '2026-10-02T00:00:00Z'),
    ];
    expect(
      alertsOf(records, MONTH).map(({ seconds, endedAt }) => [seconds / DAY_SECONDS, endedAt]),
    ).toEqual([
      [1, '2026-11-03T00:00:00.000Z'],
      [2, '2026-11-01T00:00:00.000Z'],
      [2, null],
    ]);
    const page = renderPage(makeReport({ ...emptyEvidence(), records }));
    expect(page).toContain('clinic/nightly in local: late');
  });
});
