import { Duration } from 'aws-cdk-lib';
import { Metric, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import { METRIC, METRIC_DIMENSION, RUNBOOK } from '../../engine/contract.ts';
import type { AlarmSeverity, Watch } from './alarm-list.ts';
import { CHECK_PERIOD, FOUND_BY_CHECK } from './plan-alarms.ts';
import type { AlertTopics } from './topics.ts';

export interface TopicWatchesProps {
  topics: AlertTopics;
  namespace: string;
}

/** Of each topic the other one tells: that a message did not arrive, and that nobody is there to get one. */
export function topicWatches({ topics, namespace }: TopicWatchesProps): Watch[] {
  const others = { critical: 'warning', warning: 'critical' } as const satisfies Record<
    AlarmSeverity,
    AlarmSeverity
  >;
  return (['critical', 'warning'] as const).flatMap((topic) => [
    {
      name: `${topic}-not-delivered`,
      severity: others[topic],
      says: `a message of the ${topic} topic did not reach a subscriber.`,
      heading: RUNBOOK.delivery,
      metric: topics[topic].metricNumberOfNotificationsFailed({
        statistic: Stats.SUM,
        period: Duration.minutes(5),
      }),
      threshold: 0,
      missing: 'is well',
    },
    {
      name: `${topic}-unheard`,
      severity: others[topic],
      says: `nobody who confirmed it listens to the ${topic} topic: its alerts reach nobody.`,
      heading: RUNBOOK.subscribers,
      metric: new Metric({
        namespace,
        metricName: METRIC.subscribers,
        dimensionsMap: { [METRIC_DIMENSION.topic]: topic },
        statistic: Stats.MINIMUM,
        period: CHECK_PERIOD,
      }),
      threshold: 1,
      isFloor: true,
      ...FOUND_BY_CHECK,
    },
  ]);
}
