import { rdsKey } from './alert-key.ts';
import type { Problem } from './alerts.ts';
import { speakSeconds, speakTime } from './spoken-numbers.ts';

/** How far RDS itself can bring a database back. */
export interface RecoveryPoint {
  /** Null where RDS keeps no log of changes, or has not begun to. */
  latestAt: Date | null;
  /** Days that its automated backups are kept; 0 where there are none. */
  retentionDays: number;
}

export interface RecoveryPointOptions {
  database: string;
  /** How much may be lost, in seconds. */
  rpoSeconds: number;
  now: Date;
}

/** Uploads come every five minutes: a point that is older by far shows that they stopped. */
export const DEFAULT_RPO_SECONDS = 3600;

/** What is wrong with it; undefined where nothing is. */
export function judgeRecoveryPoint(
  point: RecoveryPoint,
  { database, rpoSeconds, now }: RecoveryPointOptions,
): Problem | undefined {
  const problem = (detail: string, hint: string, since: Date | null = null): Problem => ({
    key: rdsKey(database),
    severity: 'critical',
    title: `${database}: recovery point of RDS`,
    ...{ detail, hint, since },
  });
  if (point.retentionDays === 0) {
    return problem(
      'RDS keeps no automated backups, so there is no point-in-time recovery',
      'Set a backup retention period of at least 7 days (aws rds modify-db-instance --backup-retention-period 7, or modify-db-cluster).',
    );
  }
  const { latestAt } = point;
  if (latestAt === null)
    return problem(
      'RDS names no time to which it could restore',
      `Look at its events: aws rds describe-events --duration 1440.`,
    );
  const ageSeconds = (now.getTime() - latestAt.getTime()) / 1000;
  if (ageSeconds <= rpoSeconds) return undefined;
  const since = new Date(latestAt.getTime() + rpoSeconds * 1000);
  return problem(
    `RDS can restore to ${speakTime(latestAt)} at the latest, ${speakSeconds(ageSeconds)} ago; at most ${speakSeconds(rpoSeconds)} may be lost`,
    'Look at its events (aws rds describe-events --duration 1440) and at free storage; take a backup now with `holdfast remote backup`.',
    since,
  );
}
