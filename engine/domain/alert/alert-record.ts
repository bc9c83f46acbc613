import { z } from 'zod';
import { namesIn } from '../alert-key.ts';
import type { Alert } from '../alerts.ts';
import { SEVERITIES } from '../severity.ts';

const time = z.iso.datetime();

/** That an alert began, got worse or ended; of audit records of `alert` only. */
export const alertRecordSchema = z.looseObject({
  key: z.string(),
  title: z.string(),
  severity: z.enum(SEVERITIES).describe('Of one that ended, the last that was told.'),
  since: time,
  /** Null where it began or got worse. */
  endedAt: time.nullable(),
});

export type AlertRecord = z.output<typeof alertRecordSchema>;

/** What of the alerts that were told is kept, each once, however many topics heard it; a repetition is no news. */
export function alertRecordsOf(
  told: readonly Alert[],
  at: Date,
): { alert: AlertRecord; plan: string | null; database: string | null }[] {
  const news = told.filter(({ kind }) => kind !== 'still');
  const once = new Map(news.map((alert) => [`${alert.key} ${alert.kind === 'recovered'}`, alert]));
  return [...once.values()].map((one) => {
    const { key, title, kind, severity, previousSeverity, since } = one;
    const isOver = kind === 'recovered';
    const { plan = null, database = null } = namesIn(key);
    const alert = {
      ...{ key, title, since: since.toISOString(), endedAt: isOver ? at.toISOString() : null },
      severity: isOver ? (previousSeverity ?? severity) : severity,
    };
    return { alert, plan, database };
  });
}
