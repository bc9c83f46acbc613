import { createHash } from 'node:crypto';
import { PREFIX } from '../../contract.ts';
import { basicTime } from '../../domain/backup-id.ts';
import { type DrillReport, renderDrillReport } from '../../domain/drill-report.ts';
import { encodeName } from '../../domain/key.ts';
import { jsonText } from '../../domain/text/plain-text.ts';
import { isHoldfastError } from '../../errors.ts';
import type { Repository } from '../../ports/repository.ts';

export interface StoredReport {
  reportKey: string;
  textKey: string;
  /** SHA-256 of the report as JSON, in hexadecimal. */
  reportSha256: string;
}

/** Seconds that the name of a report may be ahead of its end. */
const LATEST = 10;

/**
 * Stores a report as JSON and as text. Two drills of one set may end in the same second; the name of
 * the second report is a second later then, because a finding must never be lost for its report.
 */
export async function storeReport(
  repository: Pick<Repository, 'put'>,
  report: DrillReport,
): Promise<StoredReport> {
  const { database, id } = report.backup;
  const json = Buffer.from(`${jsonText(report, { indent: 2 })}\n`);
  const reportSha256 = createHash('sha256').update(json).digest('hex');
  for (let later = 0; ; later += 1) {
    const at = new Date(Date.parse(report.completedAt) + later * 1000);
    const stem = `${PREFIX.drills}/${encodeName(database)}/${basicTime(at)}-${id}`;
    try {
      await repository.put(`${stem}.json`, json);
    } catch (error) {
      if (later < LATEST && isHoldfastError(error, 'OBJECT_EXISTS')) continue;
      throw error;
    }
    await repository.put(`${stem}.txt`, Buffer.from(renderDrillReport(report)));
    return { reportKey: `${stem}.json`, textKey: `${stem}.txt`, reportSha256 };
  }
}
