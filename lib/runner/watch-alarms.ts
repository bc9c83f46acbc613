import { Duration } from 'aws-cdk-lib';
import { type IMetric, MathExpression, Metric, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { isDrilled } from '../../engine/config/database-schema.ts';
import { METRIC, METRIC_DIMENSION, RUNBOOK } from '../../engine/contract.ts';
import type { Installation } from '../installation.ts';
import type { AlarmList, Watch } from './alarm-list.ts';
import type { DeadLetters } from './dead-letters.ts';
import { CHECK_PERIOD, CHECK_SILENT_PERIODS, FOUND_BY_CHECK, planAlarms } from './plan-alarms.ts';
import type { FunctionName } from './runner-functions.ts';
import { SCHEDULE_GROUP } from './schedules.ts';
import { topicWatches } from './topic-watches.ts';
import type { AlertTopics } from './topics.ts';

export interface WatchAlarmsProps {
  installation: Installation;
  namespace: string;
  functions: Readonly<Record<FunctionName, IFunction>>;
  deadLetters: DeadLetters;
  topics: AlertTopics;
  now: Date;
}

/** S3 promises to copy nearly everything within fifteen minutes. */
const COPIED_WITHIN = Duration.minutes(15);
const PERIOD = Duration.minutes(5);

/** Everything that is watched by CloudWatch, which does not know what check knows. */
export function watchAlarms(alarms: AlarmList, props: WatchAlarmsProps): void {
  const checkSilent = alarms.add(checkIsSilent(props));
  planAlarms(alarms, { ...props, checkSilent });
  const { topics, namespace } = props;
  const ofTopics = topicWatches({ topics, namespace });
  for (const watch of [
    ...findings(props),
    ...functions(props),
    ...undelivered(props),
    ...ofTopics,
    ...replication(props),
  ])
    alarms.add(watch);
}

function checkIsSilent({ functions: { check } }: WatchAlarmsProps): Watch {
  return {
    name: 'check-silent',
    severity: 'critical',
    says: 'check has not run for 3 hours: nobody looks after the backups.',
    heading: RUNBOOK.checkSilent,
    metric: check.metricInvocations({ statistic: Stats.SUM, period: CHECK_PERIOD }),
    threshold: 1,
    isFloor: true,
    evaluationPeriods: CHECK_SILENT_PERIODS,
    missing: 'rings',
  };
}

function findings({ namespace, installation }: WatchAlarmsProps): Watch[] {
  const drillsAny = Object.values(installation.config.databases).some(({ drill }) =>
    isDrilled(drill),
  );
  return [
    {
      name: 'critical-findings',
      severity: 'critical',
      says: 'check found something critical; its own message lists what.',
      heading: RUNBOOK.check,
      metric: ofCheck(namespace, METRIC.findings, { [METRIC_DIMENSION.severity]: 'critical' }),
      threshold: 0,
      ...FOUND_BY_CHECK,
    },
    {
      name: 'unread',
      severity: 'warning',
      says: 'nobody has read some backups back for 45 days, or their manifests can not be read.',
      heading: RUNBOOK.unread,
      metric: ofCheck(namespace, METRIC.unread, {}),
      threshold: 0,
      ...FOUND_BY_CHECK,
    },
    ...(!drillsAny
      ? []
      : [
          {
            name: 'unproven',
            severity: 'warning',
            says: 'no drill has restored a backup of some database for longer than the config allows.',
            heading: RUNBOOK.unproven,
            metric: ofCheck(namespace, METRIC.unproven, {}),
            threshold: 0,
            ...FOUND_BY_CHECK,
          } satisfies Watch,
        ]),
  ];
}

function ofCheck(
  namespace: string,
  metricName: string,
  dimensionsMap: Record<string, string>,
): Metric {
  return new Metric({
    namespace,
    metricName,
    dimensionsMap,
    statistic: Stats.MAXIMUM,
    period: CHECK_PERIOD,
  });
}

function functions({ functions: all }: WatchAlarmsProps): Watch[] {
  const sum = (of: (one: IFunction) => IMetric) => sumOf(Object.values(all).map(of));
  return [
    {
      name: 'function-errors',
      severity: 'warning',
      says: 'a call of a function failed; it is tried again, and what fails each time rings by itself.',
      heading: RUNBOOK.functions,
      metric: sum((one) => one.metricErrors({ statistic: Stats.SUM, period: PERIOD })),
      threshold: 0,
      missing: 'is well',
    },
    {
      name: 'function-throttles',
      severity: 'warning',
      says: 'calls of a function were refused for an hour, because the account runs as many as it may.',
      heading: RUNBOOK.functions,
      metric: sum((one) => one.metricThrottles({ statistic: Stats.SUM, period: PERIOD })),
      threshold: 0,
      evaluationPeriods: 12,
      missing: 'is well',
    },
    {
      name: 'prune-silent',
      severity: 'warning',
      says: 'prune has not run for two days; the locks of old sets end 14 days after its last run.',
      heading: RUNBOOK.prune,
      metric: all.prune.metricInvocations({ statistic: Stats.SUM, period: Duration.days(1) }),
      threshold: 1,
      isFloor: true,
      evaluationPeriods: 2,
      missing: 'rings',
    },
    {
      name: 'ledger-silent',
      severity: 'warning',
      says: 'no entry of the ledger was begun for three hours; audit records of this time can be changed unseen.',
      heading: RUNBOOK.ledger,
      metric: all['seal-ledger'].metricInvocations({
        statistic: Stats.SUM,
        period: Duration.hours(1),
      }),
      threshold: 1,
      isFloor: true,
      evaluationPeriods: 3,
      missing: 'rings',
    },
  ];
}

function sumOf(metrics: IMetric[]): IMetric {
  const usingMetrics = Object.fromEntries(
    metrics.map((metric, index) => [`m${index + 1}`, metric]),
  );
  return new MathExpression({
    expression: `SUM([${Object.keys(usingMetrics).join(', ')}])`,
    usingMetrics,
    label: 'all functions',
    period: PERIOD,
  });
}

function undelivered({ deadLetters, installation: { names } }: WatchAlarmsProps): Watch[] {
  const waiting = { statistic: Stats.MAXIMUM, period: PERIOD };
  const failed = { statistic: Stats.SUM, period: PERIOD };
  const base = { threshold: 0, missing: 'is well' } as const;
  return [
    {
      ...base,
      name: 'schedules-dead',
      severity: 'critical',
      says: 'a schedule could not start what it is for, for a whole day.',
      heading: RUNBOOK.schedules,
      metric: deadLetters.schedules.metricApproximateNumberOfMessagesVisible(waiting),
    },
    {
      ...base,
      name: 'schedules-dropped',
      severity: 'critical',
      says: 'Scheduler gave up on a call and could not even keep it.',
      heading: RUNBOOK.schedules,
      metric: new Metric({
        namespace: 'AWS/Scheduler',
        metricName: 'InvocationDroppedCount',
        dimensionsMap: { ScheduleGroup: names.of(SCHEDULE_GROUP) },
        ...failed,
      }),
    },
    {
      ...base,
      name: 'functions-dead',
      severity: 'critical',
      says: 'an event is left over that a function failed on each time: an alert may not have been told.',
      heading: RUNBOOK.deadLetters,
      metric: deadLetters.functions.metricApproximateNumberOfMessagesVisible(waiting),
    },
  ];
}

/** The rule's id is that of the vault's replication. */
function replication({ installation: { aws, names } }: WatchAlarmsProps): Watch[] {
  if (aws.replica === 'none') return [];
  const destination = aws.replica.bucketArn?.split(':').at(-1) ?? names.replicaBucket;
  const dimensionsMap = {
    SourceBucket: names.vaultBucket,
    DestinationBucket: destination,
    RuleId: REPLICATION_RULE,
  };
  const metric = (metricName: string, statistic: string) =>
    new Metric({ namespace: 'AWS/S3', metricName, dimensionsMap, statistic, period: PERIOD });
  return [
    {
      name: 'replication-late',
      severity: 'warning',
      says: 'the replica has been more than 15 minutes behind the vault for an hour.',
      heading: RUNBOOK.replication,
      metric: metric('ReplicationLatency', Stats.MAXIMUM),
      threshold: COPIED_WITHIN.toSeconds(),
      evaluationPeriods: 12,
      missing: 'is well',
    },
    {
      name: 'replication-failed',
      severity: 'critical',
      says: 'objects of the vault were not copied to the replica.',
      heading: RUNBOOK.replication,
      metric: metric('OperationsFailedReplication', Stats.SUM),
      threshold: 0,
      missing: 'is well',
    },
  ];
}

const REPLICATION_RULE = 'everything';
