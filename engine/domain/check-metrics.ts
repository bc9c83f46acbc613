import { METRIC, METRIC_DIMENSION } from '../contract.ts';
import type { Finding } from './finding.ts';
import { type Measurement, ofPlan } from './metrics.ts';
import { SEVERITIES } from './severity.ts';
import type { Audience } from './stack-problems.ts';
import type { Standing } from './standing.ts';

export interface CheckMetricsOptions {
  findings: readonly Finding[];
  /** Since when a plan is to have sets of a database. */
  beginOf: (plan: string, database: string) => Date | undefined;
  now: Date;
}

/** What a check measured. Where there is no set that counts, the age is that of the promise: small for a plan that is new, and ever larger. */
export function measureCheck(
  standings: readonly Standing[],
  { findings, beginOf, now }: CheckMetricsOptions,
): Measurement[] {
  const ages = measureAges(standings, { beginOf, now });
  const proofs = new Map(standings.map(({ database, provenAt }) => [database, provenAt]));
  const proven = [...proofs].flatMap(([database, provenAt]) =>
    provenAt === undefined
      ? []
      : [
          {
            dimensions: { [METRIC_DIMENSION.database]: database },
            values: { [METRIC.provenAge]: secondsSince(provenAt, now) },
          },
        ],
  );
  const counts = SEVERITIES.map((severity) => ({
    dimensions: { [METRIC_DIMENSION.severity]: severity },
    values: { [METRIC.findings]: findings.filter((one) => one.severity === severity).length },
  }));
  const counted = (['unproven', 'unread'] as const).map((verdict) => ({
    dimensions: {},
    values: { [METRIC[verdict]]: findings.filter(isBad(verdict)).length },
  }));
  return [...ages, ...proven, ...counted, ...counts];
}

/** Cold sets that can not be read are listed, and nothing is wrong with them. */
function isBad(verdict: Finding['verdict']): (found: Finding) => boolean {
  return (found) => found.verdict === verdict && found.severity !== 'ok';
}

interface AgedPlan {
  plan: string;
  database: string;
  newest: { startedAt: Date } | undefined;
}

/** Of the newest set, or snapshot, of each plan and database. */
export function measureAges(
  standings: readonly AgedPlan[],
  { beginOf, now }: Omit<CheckMetricsOptions, 'findings'>,
): Measurement[] {
  return standings.flatMap(({ plan, database, newest }) => {
    const since = newest?.startedAt ?? beginOf(plan, database);
    return since === undefined
      ? []
      : [
          {
            dimensions: ofPlan({ plan, database }),
            values: { [METRIC.age]: secondsSince(since, now) },
          },
        ];
  });
}

/** How many hear each topic. */
export function measureAudiences(audiences: readonly Audience[]): Measurement[] {
  return audiences.map(({ topic, subscribers }) => ({
    dimensions: { [METRIC_DIMENSION.topic]: topic },
    values: { [METRIC.subscribers]: subscribers },
  }));
}

function secondsSince(time: Date, now: Date): number {
  return Math.max(0, Math.floor((now.getTime() - time.getTime()) / 1000));
}
