import { z } from 'zod';
import type { AuditRecord } from '../audit-record.ts';

const time = z.iso.datetime();

export const reportedAlertSchema = z.object({
  title: z.string(),
  severity: z.string(),
  database: z.string().nullable(),
  since: time,
  endedAt: time.nullable().describe('Null where it stood at the end of the month.'),
  seconds: z.number().nonnegative().describe('How long it stood, up to the end of the month.'),
});

export type ReportedAlert = z.output<typeof reportedAlertSchema>;

/**
 * Which alerts stood in a month and for how long, by the records of check. One that began before the month is there by the record of its
 * end; one that neither began nor ended in it is among the findings of the check.
 */
export function alertsOf(
  records: readonly AuditRecord[],
  month: { from: Date; to: Date },
): ReportedAlert[] {
  const stood = new Map<
    string,
    { record: AuditRecord; alert: NonNullable<AuditRecord['alert']> }
  >();
  for (const record of records) {
    const { alert } = record;
    if (alert === undefined) continue;
    const key = JSON.stringify([alert.key, alert.since]);
    if (stood.get(key)?.alert.endedAt == null) stood.set(key, { record, alert });
  }
  return [...stood.values()].flatMap(({ record: { database }, alert }) => {
    const since = new Date(alert.since);
    const isOver = alert.endedAt !== null && new Date(alert.endedAt) < month.to;
    const end = isOver && alert.endedAt !== null ? new Date(alert.endedAt) : month.to;
    if (since >= month.to || end < month.from) return [];
    const { title, severity } = alert;
    const seconds = Math.max(0, (end.getTime() - since.getTime()) / 1000);
    const times = { since: alert.since, endedAt: isOver ? alert.endedAt : null };
    return [{ title, severity, database, ...times, seconds }];
  });
}
