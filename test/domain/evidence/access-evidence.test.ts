import { describe, expect, it } from 'vitest';
import type { Access } from '../../../engine/domain/access/access-table.ts';
import { accessEvidence } from '../../../engine/domain/evidence/access-evidence.ts';
import { makeReport } from '../../../engine/domain/evidence/make-report.ts';
import { reportSchema } from '../../../engine/domain/evidence/report-schema.ts';
import { renderPage } from '../../../engine/operations/evidence-page/page.ts';
import { emptyEvidence } from '../../fixtures/evidence.ts';

const READ: Access = {
  principal: 'arn:aws:iam::123456789012:user/<script>eve</script>',
  session: null,
  isOurs: false,
  action: 's3:GetObject',
  set: { plan: 'nightly', database: 'clinic', id: '20261122T020000Z-7f3a' },
  from: '192.0.2.7',
  region: 'eu-central-1',
  error: null,
  calls: 3,
  first: '2026-11-22T03:00:00Z',
  last: '2026-11-22T03:00:02Z',
};
const OURS = { ...READ, principal: 'verify', isOurs: true, calls: 40 };

describe('reads by others in a report', () => {
  const reportOf = (accesses: Access[]) => {
    const trails = { accesses, files: 12, unreadable: [], failures: [] };
    return makeReport({ ...emptyEvidence(), accesses: accessEvidence(trails) });
  };

  it('are those of everybody but our readers, whose calls are counted', () => {
    const report = reportOf([OURS, READ]);
    expect(report.accesses).toMatchObject({
      oursCalls: 40,
      others: [{ principal: READ.principal, database: 'clinic', calls: 3 }],
    });
    expect(reportSchema.parse(JSON.parse(JSON.stringify(report)))).toEqual(report);
    expect(report.notShown.join()).not.toContain('audit access');
    const page = renderPage(report);
    expect(page).toContain('user/&lt;script&gt;eve');
    expect(renderPage(reportOf([OURS]))).toContain('Nobody else read what a set holds.');
  });

  it('are named as not shown where no trail was read', () => {
    const report = makeReport(emptyEvidence());
    expect(report.accesses).toBeNull();
    expect(report.notShown[0]).toContain('holdfast audit access --month 2026-11');
    expect(renderPage(report)).not.toContain('Reads by others');
  });

  it('say what of the trails could not be read', () => {
    const evidence = accessEvidence({
      accesses: [],
      files: 1,
      unreadable: [{ bucket: 'b', key: 'k', why: 'is cut or no gzip file' }],
      failures: [{ bucket: 'away', error: { message: 's3:ListBucket was refused' } }],
    });
    expect(evidence.missing).toEqual([
      'k in b is cut or no gzip file',
      'away: s3:ListBucket was refused',
    ]);
  });
});
