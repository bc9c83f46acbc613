import { type Finding, finding } from '../finding.ts';
import { speakTime } from '../spoken-numbers.ts';
import { CONFIG_PLACE } from './recovery-plan.ts';

/** A full rehearsal of the recovery, with the people who would do it, is due once a year. */
export const REHEARSE_WITHIN_DAYS = 365;

const DAY_MS = 86_400_000;

export interface RehearsalView {
  /** The newest one; null where none is on record. */
  rehearsedAt: Date | null;
  /** Whether anything of the installation is older than the time in which a rehearsal is due. */
  isOldEnough: boolean;
  now: Date;
}

/** The last moment at which a rehearsal, or the first backup of a young installation, is recent enough. */
export function rehearsalLimit(now: Date): Date {
  return new Date(now.getTime() - REHEARSE_WITHIN_DAYS * DAY_MS);
}

/** Whether the yearly rehearsal is overdue. A young installation is not asked for one before it is a year old. */
export function judgeRehearsal({ rehearsedAt, isOldEnough, now }: RehearsalView): Finding[] {
  const limit = rehearsalLimit(now);
  const isRecent = rehearsedAt !== null && rehearsedAt >= limit;
  if (isRecent || (rehearsedAt === null && !isOldEnough)) return [];
  const last =
    rehearsedAt === null ? 'none is on record' : `the last one was ${speakTime(rehearsedAt)}`;
  return [
    finding(
      { plan: null, database: null, repository: CONFIG_PLACE },
      {
        verdict: 'rehearsal',
        severity: 'warning',
        detail: `no full rehearsal of a recovery in the last 12 months: ${last}`,
        since:
          rehearsedAt === null
            ? null
            : new Date(rehearsedAt.getTime() + REHEARSE_WITHIN_DAYS * DAY_MS),
        hint: 'Work through the recovery plan with the people who would do it (`holdfast runbook`), and record it: `holdfast drill DATABASE --rehearsal --notes TEXT`.',
      },
    ),
  ];
}
