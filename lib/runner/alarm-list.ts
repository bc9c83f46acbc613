import {
  Alarm,
  type AlarmBase,
  ComparisonOperator,
  type IAlarmAction,
  type IMetric,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import { RUNBOOK } from '../../engine/contract.ts';
import { acknowledge } from '../acknowledge.ts';
import type { Names } from '../names.ts';

export type AlarmSeverity = 'critical' | 'warning';

/** One thing that is watched. */
export interface Watch {
  /** `plan-daily-late`: in the alarm's name behind that of the installation. */
  name: string;
  severity: AlarmSeverity;
  /** What happened, as a sentence for somebody who was asleep. */
  says: string;
  /** Heading of docs/RUNBOOK.md. */
  heading: string;
  metric: IMetric;
  /** It rings above, or below with `isFloor`. */
  threshold: number;
  isFloor?: boolean;
  evaluationPeriods?: number;
  /** How many of these have to be out of line; all unless given. */
  datapointsToAlarm?: number;
  /** No data is bad news of whatever reports by itself, and none of what only counts failures. */
  missing: 'rings' | 'is well';
  /** Shown and combined, without a message of its own. */
  isSilent?: boolean;
}

export interface AlarmListProps {
  names: Names;
  actions: Readonly<Record<AlarmSeverity, IAlarmAction>>;
}

/** Alarms of one shape: a severity, a sentence, a heading of the runbook. */
export class AlarmList extends Construct {
  readonly all: AlarmBase[] = [];
  readonly #props: AlarmListProps;

  constructor(scope: Construct, id: string, props: AlarmListProps) {
    super(scope, id);
    this.#props = props;
  }

  add(watch: Watch): Alarm {
    const { names } = this.#props;
    const alarm = new Alarm(this, watch.name, {
      alarmName: names.of(watch.name),
      alarmDescription: describe(watch),
      metric: watch.metric,
      threshold: watch.threshold,
      comparisonOperator: watch.isFloor
        ? ComparisonOperator.LESS_THAN_THRESHOLD
        : ComparisonOperator.GREATER_THAN_THRESHOLD,
      evaluationPeriods: watch.evaluationPeriods ?? 1,
      ...(watch.datapointsToAlarm === undefined
        ? {}
        : { datapointsToAlarm: watch.datapointsToAlarm }),
      treatMissingData:
        watch.missing === 'rings' ? TreatMissingData.BREACHING : TreatMissingData.NOT_BREACHING,
    });
    if (watch.isSilent)
      acknowledge(
        alarm,
        ['HIPAA.Security-CloudWatchAlarmAction'],
        'A composite alarm rings for all of its kind.',
      );
    else this.ring(alarm, watch.severity);
    this.all.push(alarm);
    return alarm;
  }

  /** Tells that it rings and that it is over. */
  ring(alarm: AlarmBase, severity: AlarmSeverity): void {
    const action = this.#props.actions[severity];
    alarm.addAlarmAction(action);
    alarm.addOkAction(action);
  }
}

export function describe({
  severity,
  says,
  heading,
}: Pick<Watch, 'severity' | 'says' | 'heading'>): string {
  return `${severity.toUpperCase()}: ${says} What to do: ${RUNBOOK.page}#${heading}`;
}
