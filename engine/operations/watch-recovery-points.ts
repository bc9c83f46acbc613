import type { RdsConfig } from '../config/database-schema.ts';
import type { Config } from '../config/schema.ts';
import { RUNBOOK } from '../contract.ts';
import { rdsKey } from '../domain/alert-key.ts';
import type { Problem } from '../domain/alerts.ts';
import { DEFAULT_RPO_SECONDS, judgeRecoveryPoint } from '../domain/recovery-point.ts';
import { regionOfAddress } from '../domain/stack-addresses.ts';
import { type HoldfastError, isHoldfastError } from '../errors.ts';
import type { RecoveryPoints } from '../ports/recovery-points.ts';
import type { Context } from './context.ts';
import { assertTold } from './notify-failure.ts';
import { type Alerting, tell } from './tell.ts';

export interface RecoveryPointWatch {
  config: Pick<Config, 'databases' | 'objectives'>;
  points: (region: string | undefined) => RecoveryPoints;
  alerting: Alerting;
  clock: Context['clock'];
}

export interface WatchedPoints {
  /** Databases that RDS runs. */
  watched: number;
  problems: string[];
}

/**
 * Whether RDS itself could bring each database back to within the objective; its own backups are the quickest way out of most troubles.
 * @throws HoldfastError ALERT_FAILED.
 */
export async function watchRecoveryPoints(watch: RecoveryPointWatch): Promise<WatchedPoints> {
  const { config, alerting, clock } = watch;
  const ofRds = Object.entries(config.databases).filter(([, { rds }]) => rds !== undefined);
  const found = await Promise.all(
    ofRds.map(([name, database]) =>
      problemOf(name, {
        source: database.rds as RdsConfig,
        region: regionOfAddress(database),
        watch,
      }),
    ),
  );
  const problems = found.filter((problem) => problem !== undefined);
  const observation = {
    at: clock.now(),
    problems,
    wouldSee: (key: string) => key.startsWith('rds/'),
  };
  assertTold(await tell(alerting, observation));
  return {
    watched: ofRds.length,
    problems: problems.map(({ title, detail }) => `${title}: ${detail}`),
  };
}

interface WatchedDatabase {
  source: RdsConfig;
  region: string | undefined;
  watch: RecoveryPointWatch;
}

async function problemOf(
  database: string,
  { source, region, watch }: WatchedDatabase,
): Promise<Problem | undefined> {
  const { config, points, clock } = watch;
  const problem = await points(region)
    .of(source)
    .then((point) => {
      if (point === undefined) return absent(database, source);
      return judgeRecoveryPoint(point, {
        database,
        rpoSeconds: config.objectives?.rpo ?? DEFAULT_RPO_SECONDS,
        now: clock.now(),
      });
    })
    .catch((error: unknown) => {
      if (!isHoldfastError(error)) throw error;
      return unanswered(database, error);
    });
  if (problem === undefined) return undefined;
  const detail = `${problem.detail}; the sets in the vault do not depend on it`;
  return { ...problem, detail, runbook: `${RUNBOOK.page}#${RUNBOOK.recoveryPoint}` };
}

function absent(database: string, { instance, cluster }: RdsConfig): Problem {
  return {
    key: rdsKey(database),
    severity: 'critical',
    title: `${database}: recovery point of RDS`,
    detail:
      instance === undefined
        ? `there is no DB cluster ${cluster}`
        : `there is no DB instance ${instance}`,
    since: null,
    hint: `Was it deleted or renamed? Correct databases.${database}.rds and deploy again; its sets are in the vault.`,
  };
}

function unanswered(database: string, { message, hint }: HoldfastError): Problem {
  const title = `${database}: recovery point of RDS`;
  return {
    key: rdsKey(database),
    severity: 'unknown',
    title,
    detail: message,
    since: null,
    hint: hint ?? null,
  };
}
