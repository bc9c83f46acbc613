import { longestGapSeconds } from '../../config/cron.ts';
import type { PlanConfig } from '../../config/plan-schema.ts';
import { type Finding, finding } from '../finding.ts';
import { speakSeconds } from '../spoken-numbers.ts';

export interface PlannedDatabase {
  database: string;
  repository: string;
  /** The plans that write sets of it there, by name. */
  plans: Readonly<Record<string, ObjectivesOfPlan>>;
  drill: { enabled: boolean; maxAge: number };
  now: Date;
}

export type ObjectivesOfPlan = Pick<PlanConfig, 'schedule' | 'timezone' | 'maxAge' | 'contents'> &
  Partial<Pick<PlanConfig, 'tables' | 'excludeTables'>>;

/** What the plans of a database can not reach, however well every run goes. One finding a plan, and one for the drills. */
export function judgeObjectives(planned: PlannedDatabase): Finding[] {
  const { database, repository, plans, drill } = planned;
  const ofPlans = Object.entries(plans).flatMap(([plan, settings]) => {
    const detail = lateByPlan(settings, planned) ?? neverReleased(settings, planned);
    if (detail === undefined) return [];
    const place = { plan, database, repository };
    return [finding(place, { verdict: 'unattainable', severity: 'warning', ...detail })];
  });
  const proofs = drill.enabled ? unprovenByPlan(planned) : undefined;
  if (proofs === undefined) return ofPlans;
  const place = { plan: null, database, repository };
  return [...ofPlans, finding(place, { verdict: 'unattainable', severity: 'warning', ...proofs })];
}

type Unattainable = Pick<Finding, 'detail' | 'hint'>;

function lateByPlan(plan: ObjectivesOfPlan, { now }: PlannedDatabase): Unattainable | undefined {
  const gap = gapOf(plan, now);
  if (plan.maxAge === undefined || gap === undefined || plan.maxAge > gap) return undefined;
  return {
    detail: `maxAge is ${speakSeconds(plan.maxAge)}, and the schedule leaves up to ${speakSeconds(gap)} between two runs`,
    hint: 'Give the plan a longer maxAge, or run it more often.',
  };
}

/** A drill needs the schema, so no set of rows alone is ever PROVEN; only a set that holds both can stand in for one. */
function neverReleased(
  { contents }: ObjectivesOfPlan,
  { plans, drill }: PlannedDatabase,
): Unattainable | undefined {
  const hasStandIn = Object.values(plans).some((plan) => plan.contents === 'all');
  if (contents !== 'data' || !drill.enabled || hasStandIn) return undefined;
  return {
    detail:
      'keep.atLeast can not be met: a set of data alone can not be drilled, and no other plan takes the whole database, so no set is ever released',
    hint: 'Add a plan that takes the whole database, or set drill.enabled: false for it: CHECKED sets count then.',
  };
}

function unprovenByPlan({ plans, drill, now }: PlannedDatabase): Unattainable | undefined {
  const gaps = Object.values(plans)
    .filter(isWhole)
    .map((plan) => gapOf(plan, now));
  if (gaps.length === 0 || gaps.includes(undefined)) return undefined;
  const gap = Math.min(...gaps.filter((one) => one !== undefined));
  if (drill.maxAge > gap) return undefined;
  return {
    detail: `drill.maxAge is ${speakSeconds(drill.maxAge)}, and its plans leave up to ${speakSeconds(gap)} between two backups: the newest PROVEN set is older than that even if each is drilled at once`,
    hint: 'Give drill.maxAge a longer time, or take backups more often.',
  };
}

function isWhole({ contents, tables, excludeTables }: ObjectivesOfPlan): boolean {
  return contents === 'all' && tables === undefined && excludeTables === undefined;
}

function gapOf({ schedule, timezone }: ObjectivesOfPlan, now: Date): number | undefined {
  return schedule === undefined ? undefined : longestGapSeconds(schedule, { timezone, from: now });
}
