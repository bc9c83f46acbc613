import { Duration } from 'aws-cdk-lib';
import { type EventPattern, Rule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { RUN_FAILED } from '../../engine/contract.ts';

export interface BackstopProps {
  machineArns: readonly string[];
  clusterArn: string;
  notifyFailure: IFunction;
  deadLetters: Queue;
}

/** Steps of Step Functions start their tasks under this name; what becomes of those is told by their run. */
const BY_STEP_FUNCTIONS = 'AWS Step Functions';

/** Rules behind the state machines, for what they can't tell of themselves. */
export class Backstop extends Construct {
  constructor(scope: Construct, id: string, props: BackstopProps) {
    super(scope, id);
    this.#tell('RunEnded', runsThatEndedBadly(props), props);
    this.#tell('RunFailed', runsThatFailedUntold(props), props);
    this.#tell('TaskNeverStarted', tasksThatNeverStarted(props), props);
  }

  #tell(
    id: string,
    eventPattern: EventPattern,
    { notifyFailure, deadLetters }: BackstopProps,
  ): void {
    const target = new LambdaFunction(notifyFailure, {
      deadLetterQueue: deadLetters,
      maxEventAge: Duration.hours(6),
      retryAttempts: 60,
    });
    new Rule(this, id, { eventPattern, targets: [target] });
  }
}

function runsThatEndedBadly({ machineArns }: BackstopProps): EventPattern {
  return {
    source: ['aws.states'],
    detailType: ['Step Functions Execution Status Change'],
    detail: { stateMachineArn: machineArns, status: ['TIMED_OUT', 'ABORTED'] },
  };
}

/** A run that ended as RunFailed has told what failed. */
function runsThatFailedUntold({ machineArns }: BackstopProps): EventPattern {
  return {
    source: ['aws.states'],
    detailType: ['Step Functions Execution Status Change'],
    detail: {
      stateMachineArn: machineArns,
      status: ['FAILED'],
      error: [{ 'anything-but': [RUN_FAILED] }, { exists: false }],
    },
  };
}

function tasksThatNeverStarted({ clusterArn }: BackstopProps): EventPattern {
  return {
    source: ['aws.ecs'],
    detailType: ['ECS Task State Change'],
    detail: {
      clusterArn: [clusterArn],
      lastStatus: ['STOPPED'],
      stopCode: ['TaskFailedToStart'],
      startedBy: [{ 'anything-but': [BY_STEP_FUNCTIONS] }, { exists: false }],
    },
  };
}
