import { alertRecordsOf } from '../../domain/alert/alert-record.ts';
import type { Alert } from '../../domain/alerts.ts';
import { knownFailure } from '../../domain/known-failure.ts';
import { type AuditContext, writeAudit } from '../audit.ts';

/** Keeps which alerts began, got worse and ended. What can't be kept is a note: it was told all the same. */
export async function recordAlerts(
  context: AuditContext,
  told: readonly Alert[],
  at: Date,
): Promise<void> {
  for (const { alert, plan, database } of alertRecordsOf(told, at)) {
    const subject = { operation: 'alert', plan, database, backup: null, target: null } as const;
    const notes = `${alert.endedAt === null ? alert.severity : 'over'}: ${alert.title}`;
    const outcome = { status: 'success', bytes: null, error: null, notes, alert } as const;
    await writeAudit(context, subject, { outcome, startedAt: new Date(alert.since) }).catch(
      (error: unknown) =>
        context.progress({
          phase: 'audit',
          note: `no record of the alert "${alert.title}" could be written: ${knownFailure(error).message}`,
        }),
    );
  }
}
