import { runsAfter } from '../../config/cron.ts';
import { databasesOf, destinationsOf } from '../../config/plan-scope.ts';
import type { AuditRecord } from '../audit-record.ts';
import { type Evidence, type ReportedConfig, seriesKey } from './evidence.ts';
import type { ReportedPlan } from './report-schema.ts';

export function plansOf({ plans, databases, repositories }: ReportedConfig): ReportedPlan[] {
  return Object.entries(plans).map(([name, plan]) => ({
    plan: name,
    schedule: plan.schedule ?? null,
    timezone: plan.timezone,
    keepSeconds: plan.keep.for,
    databases: [...databasesOf(plan, databases)],
    repositories: destinationsOf(plan, repositories).map((one) => one.name),
  }));
}

/** What shows that the config was not the same for the whole month: the report knows only the one of today. */
export function configChanges(evidence: Evidence): string[] {
  const { config, plansBefore, sets, records, month } = evidence;
  const plans = plansOf(config);
  const named = new Set(
    plans.flatMap(({ plan, databases }) =>
      databases.map((database) => seriesKey({ plan, database })),
    ),
  );
  const seen = [
    ...sets.filter(({ startedAt }) => startedAt >= month.from),
    ...records.filter(({ operation }) => operation === 'backup'),
  ];
  const unnamed = new Set(
    seen.flatMap(({ plan, database }) =>
      plan === null || database === null || named.has(seriesKey({ plan, database }))
        ? []
        : [`plan ${plan} ran for database ${database}, which the config no longer asks for`],
    ),
  );
  return [
    ...(plansBefore === null ? [] : differences(plansBefore, plans)),
    ...records.flatMap(recordedChange),
    ...unnamed,
    ...plans.flatMap((plan) => otherTimes(plan, evidence)),
  ];
}

/** A change that was noticed when the ledger was continued. */
function recordedChange({ operation, completedAt, notes }: AuditRecord): string[] {
  if (operation !== 'config') return [];
  return [
    `a new config was noticed on ${completedAt.slice(0, 16).replace('T', ' ')} UTC: ${notes}`,
  ];
}

function differences(before: readonly ReportedPlan[], now: readonly ReportedPlan[]): string[] {
  const gone = before.filter(({ plan }) => !now.some((one) => one.plan === plan));
  const changed = now.flatMap((plan) => {
    const old = before.find((one) => one.plan === plan.plan);
    return old === undefined
      ? [`plan ${plan.plan} is new since the report of the month before`]
      : FIELDS.flatMap((field) => difference(field, { old, plan }));
  });
  return [
    ...gone.map(({ plan }) => `plan ${plan} was removed since the report of the month before`),
    ...changed,
  ];
}

const FIELDS = ['schedule', 'timezone', 'keepSeconds', 'databases', 'repositories'] as const;

function difference(
  field: (typeof FIELDS)[number],
  { old, plan }: { old: ReportedPlan; plan: ReportedPlan },
): string[] {
  const [was, is] = [JSON.stringify(old[field]), JSON.stringify(plan[field])];
  return was === is
    ? []
    : [`plan ${plan.plan}: ${field} was ${was} in the report of the month before, and is ${is}`];
}

/** Runs that some scheduler started at times that the schedule of today does not name. */
function otherTimes(
  { plan, schedule, timezone }: ReportedPlan,
  { sets, month, generatedAt }: Evidence,
): string[] {
  const own = sets.filter((set) => set.plan === plan && set.scheduledFor !== null);
  const named = new Set<number>();
  if (schedule !== null)
    for (const at of runsAfter(schedule, { timezone, from: new Date(month.from.getTime() - 1) })) {
      if (at >= month.to || at > generatedAt) break;
      named.add(at.getTime());
    }
  const others = own.filter(
    ({ scheduledFor }) =>
      scheduledFor !== null &&
      scheduledFor >= month.from &&
      scheduledFor < month.to &&
      !named.has(scheduledFor.getTime()),
  );
  if (others.length === 0) return [];
  const last = others.at(-1)?.scheduledFor?.toISOString();
  return [
    `plan ${plan}: ${others.length} sets were taken by another schedule than the one of today, the last one at ${last}`,
  ];
}
