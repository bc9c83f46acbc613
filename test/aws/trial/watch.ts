import { CfnOutput, Duration, Stack } from 'aws-cdk-lib';
import { Trail } from 'aws-cdk-lib/aws-cloudtrail';
import {
  Alarm,
  AlarmRule,
  AlarmState,
  CompositeAlarm,
  Dashboard,
  GraphWidget,
  Metric,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch';
import { Rule } from 'aws-cdk-lib/aws-events';
import { SqsQueue } from 'aws-cdk-lib/aws-events-targets';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import { Schedule, ScheduleExpression, ScheduleTargetInput } from 'aws-cdk-lib/aws-scheduler';
import { LambdaInvoke } from 'aws-cdk-lib/aws-scheduler-targets';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import type { StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';

interface TrialWatchProps {
  fn: IFunction;
  machine: StateMachine;
  trailBucket: IBucket;
  /** One more schedule, and another time of the first; in the vault, a day more until what was released goes. */
  hasExtra: boolean;
}

/** A schedule, an alarm and its dashboard, a trail, and a rule on executions and tasks that end badly. */
export class TrialWatch extends Construct {
  constructor(
    scope: Construct,
    id: string,
    { fn, machine, trailBucket, hasExtra }: TrialWatchProps,
  ) {
    super(scope, id);
    const queue = new Queue(this, 'Backstop');
    new CfnOutput(Stack.of(this), 'BackstopUrl', { value: queue.queueUrl });
    this.#schedule('Nightly', fn, hasExtra ? '3' : '2');
    if (hasExtra) this.#schedule('Extra', fn, '4');
    const metric = new Metric({ namespace: 'Trial', metricName: 'Age', period: Duration.hours(1) });
    const alarm = new Alarm(this, 'Age', {
      alarmName: 'trial-age',
      metric,
      threshold: 26,
      evaluationPeriods: 1,
      treatMissingData: TreatMissingData.BREACHING,
    });
    new CompositeAlarm(this, 'Any', {
      compositeAlarmName: 'trial-any',
      alarmRule: AlarmRule.fromAlarm(alarm, AlarmState.ALARM),
    });
    new Dashboard(this, 'Dashboard', {
      widgets: [[new GraphWidget({ title: alarm.alarmName, left: [metric] })]],
    });
    new Trail(this, 'Trail', { trailName: 'trial', bucket: trailBucket, isMultiRegionTrail: true });
    this.#watch(machine, queue);
  }

  #schedule(name: string, fn: IFunction, hour: string): void {
    new Schedule(this, name, {
      scheduleName: `trial-${name}`,
      schedule: ScheduleExpression.cron({ minute: '0', hour }),
      target: new LambdaInvoke(fn, {
        input: ScheduleTargetInput.fromObject({ say: name }),
        retryAttempts: 3,
      }),
    });
  }

  #watch(machine: StateMachine, queue: Queue): void {
    const status = ['FAILED', 'TIMED_OUT', 'ABORTED'];
    new Rule(this, 'Ended', {
      eventPattern: {
        source: ['aws.states'],
        detail: { stateMachineArn: [machine.stateMachineArn], status },
      },
      targets: [new SqsQueue(queue)],
    });
    new Rule(this, 'NeverStarted', {
      eventPattern: {
        source: ['aws.ecs'],
        detail: { lastStatus: ['STOPPED'], stopCode: ['TaskFailedToStart'] },
      },
      targets: [new SqsQueue(queue)],
    });
  }
}
