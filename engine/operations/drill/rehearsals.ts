import { PREFIX } from '../../contract.ts';
import { parseBasicTime } from '../../domain/backup-id.ts';
import { REHEARSALS, rehearsalKey, rehearsalTime } from '../../domain/drill/rehearsal-name.ts';
import type { DrillReport } from '../../domain/drill-report.ts';
import { jsonText } from '../../domain/text/plain-text.ts';
import { isHoldfastError } from '../../errors.ts';
import type { Repository } from '../../ports/repository.ts';

/** Notes that a drill which passed was the yearly full rehearsal. Two of one second are one. */
export async function noteRehearsal(
  repository: Pick<Repository, 'put'>,
  { report, reportKey }: { report: DrillReport; reportKey: string },
): Promise<void> {
  const { backup, tester, completedAt } = report;
  const key = rehearsalKey({ id: backup.id, completedAt: new Date(completedAt) });
  const content = { database: backup.database, set: backup.id, tester, report: reportKey };
  await repository
    .put(key, Buffer.from(`${jsonText(content, { indent: 2 })}\n`))
    .catch((error: unknown) => {
      if (!isHoldfastError(error, 'OBJECT_EXISTS')) throw error;
    });
}

/** When the newest rehearsal before a time ended; null where there is none. @throws HoldfastError when the repository fails. */
export async function lastRehearsal(
  repository: Pick<Repository, 'list'>,
  before: Date,
): Promise<Date | null> {
  let newest: Date | null = null;
  for await (const { key } of repository.list(REHEARSALS)) {
    const at = rehearsalTime(key);
    if (at === undefined || at > before) continue;
    if (newest === null || at > newest) newest = at;
  }
  return newest;
}

/**
 * Whether an audit record of the month of `limit`, or of the month before it, is as old as that. Records outlive every set, and
 * an installation that works leaves some each month, so two listings are enough.
 */
export async function hasRecordsBefore(
  repository: Pick<Repository, 'list'>,
  limit: Date,
): Promise<boolean> {
  const monthBefore = new Date(Date.UTC(limit.getUTCFullYear(), limit.getUTCMonth() - 1, 1));
  for (const month of [monthBefore, limit]) {
    const prefix = `${PREFIX.audit}/${month.toISOString().slice(0, 7).replace('-', '/')}/`;
    for await (const { key } of repository.list(prefix)) {
      const at = parseBasicTime(key.split('/').at(-1) ?? '');
      if (at !== undefined && at <= limit) return true;
    }
  }
  return false;
}
