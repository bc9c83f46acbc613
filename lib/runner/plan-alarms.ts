import { Duration } from 'aws-cdk-lib';
import {
  type Alarm,
  AlarmRule,
  CompositeAlarm,
  type IAlarmRule,
  Metric,
  Stats,
} from 'aws-cdk-lib/aws-cloudwatch';
import { METRIC, METRIC_DIMENSION, RUNBOOK } from '../../engine/contract.ts';
import { maxAgeOf, type PlanTiming } from '../../engine/domain/freshness.ts';
import type { Installation } from '../installation.ts';
import { type AlarmList, describe, type Watch } from './alarm-list.ts';

/** How often check measures; a shorter period would have gaps. */
export const CHECK_PERIOD = Duration.hours(1);
/** One check that does not come rings nothing; three in a row are silence. */
export const CHECK_SILENT_PERIODS = 3;
/** A composite alarm may have a hundred children. */
const CHILDREN = 90;

/** It rings with the first check that finds it, and ends with the third that does not: one check that fails ends no alarm. */
export const FOUND_BY_CHECK = {
  evaluationPeriods: CHECK_SILENT_PERIODS,
  datapointsToAlarm: 1,
  missing: 'is well',
} as const satisfies Partial<Watch>;

export interface PlanAlarmsProps {
  installation: Installation;
  namespace: string;
  /** Rings when check itself does not report: then the ages are unknown, and one alarm says so instead of all. */
  checkSilent: Alarm;
  now: Date;
}

interface LateAlarmProps extends PlanAlarmsProps {
  isOfSnapshots?: boolean;
}

/**
 * An alarm a plan for its oldest database, whatever check says by itself. They are shown one by one and ring as one: a vault that can't
 * be written makes every plan late.
 */
export function planAlarms(alarms: AlarmList, props: PlanAlarmsProps): void {
  const { installation, checkSilent } = props;
  const snapshotPlans = Object.entries(installation.config.snapshotPlans).map(([name, plan]) => ({
    name,
    plan,
  }));
  const late = [
    ...installation.plans.flatMap((plan) => lateAlarm(alarms, plan, props)),
    ...snapshotPlans.flatMap((plan) => lateAlarm(alarms, plan, { ...props, isOfSnapshots: true })),
  ];
  if (late.length === 0) return;
  const message = {
    severity: 'critical',
    says: 'a plan has no backup that is young enough.',
    heading: RUNBOOK.late,
  } as const;
  const composite = new CompositeAlarm(alarms, 'late', {
    compositeAlarmName: installation.names.of('late'),
    alarmDescription: describe(message),
    alarmRule: AlarmRule.allOf(anyOf(alarms, late), AlarmRule.not(checkSilent)),
  });
  alarms.ring(composite, 'critical');
  alarms.all.push(composite);
}

interface AlarmedPlan {
  name: string;
  plan: PlanTiming;
}

function lateAlarm(
  alarms: AlarmList,
  { name, plan }: AlarmedPlan,
  { namespace, now, isOfSnapshots }: LateAlarmProps,
): Alarm[] {
  const allowed = maxAgeOf(plan, now);
  if (allowed === undefined) return [];
  const alarm = alarms.add({
    name: `plan-${name}-late`,
    severity: 'critical',
    says: `the newest ${isOfSnapshots ? 'snapshot' : 'backup'} of a database of plan ${name} is older than ${spoken(allowed)}.`,
    heading: isOfSnapshots ? RUNBOOK.snapshot : RUNBOOK.late,
    metric: new Metric({
      namespace,
      metricName: METRIC.age,
      dimensionsMap: { [METRIC_DIMENSION.plan]: name },
      statistic: Stats.MAXIMUM,
      period: CHECK_PERIOD,
    }),
    threshold: allowed,
    // Longer than silence takes to ring, which keeps these from ringing for want of data.
    evaluationPeriods: CHECK_SILENT_PERIODS + 1,
    missing: 'rings',
    isSilent: true,
  });
  return [alarm];
}

/** A group of groups where there are more than one alarm may combine. */
function anyOf(alarms: AlarmList, late: Alarm[]): IAlarmRule {
  if (late.length <= CHILDREN) return AlarmRule.anyOf(...late);
  const groups: CompositeAlarm[] = [];
  for (let from = 0; from < late.length; from += CHILDREN)
    groups.push(
      new CompositeAlarm(alarms, `late-${groups.length + 1}`, {
        alarmRule: AlarmRule.anyOf(...late.slice(from, from + CHILDREN)),
      }),
    );
  return AlarmRule.anyOf(...groups);
}

function spoken(seconds: number): string {
  const hours = Math.round(seconds / 360) / 10;
  return hours > 72 ? `${Math.round(hours / 2.4) / 10} days` : `${hours} h`;
}
