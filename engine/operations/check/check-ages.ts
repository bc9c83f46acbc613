import { isDrilled } from '../../config/database-schema.ts';
import type { AgeMetric } from '../../domain/health/plugin-output.ts';
import { standingsOf } from '../../domain/standing.ts';
import { type CheckedConfig, type CheckResult, expectationsOf } from '../check.ts';

/** How old the newest set of each plan is, and the newest PROVEN set of each database. */
export function checkAges(result: CheckResult, config: CheckedConfig): AgeMetric[] {
  return [...agesOfPlans(result), ...agesOfProofs(result, config)];
}

function agesOfPlans({ findings }: CheckResult): AgeMetric[] {
  return findings.flatMap(({ database, plan, repository, ageSeconds, maxAgeSeconds }) =>
    database === null || plan === null || ageSeconds === null
      ? []
      : [
          {
            names: [database, plan, repository, 'age'],
            seconds: ageSeconds,
            critical: maxAgeSeconds ?? undefined,
          },
        ],
  );
}

function agesOfProofs({ seen, checkedAt: now }: CheckResult, config: CheckedConfig): AgeMetric[] {
  return [...seen].flatMap(([repository, sets]) => {
    const expected = expectationsOf(config, { repository, now });
    const proofs = new Map(
      standingsOf(expected, sets).map(({ database, provenAt }) => [database, provenAt]),
    );
    return [...proofs].flatMap(([database, provenAt]) => {
      if (provenAt === undefined) return [];
      const drill = config.databases[database]?.drill;
      const seconds = Math.max(0, Math.floor((now.getTime() - provenAt.getTime()) / 1000));
      const warning = drill !== undefined && isDrilled(drill) ? drill.maxAge : undefined;
      return [{ names: [database, repository, 'proven'], seconds, warning }];
    });
  });
}
