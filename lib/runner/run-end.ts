import { Duration } from 'aws-cdk-lib';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import {
  Choice,
  Condition,
  Fail,
  type IChainable,
  JsonPath,
  Pass,
  Succeed,
  TaskInput,
  Timeout,
} from 'aws-cdk-lib/aws-stepfunctions';
import { LambdaInvoke } from 'aws-cdk-lib/aws-stepfunctions-tasks';
import type { Construct } from 'constructs';
import { RUN_FAILED } from '../../engine/contract.ts';
import { TRIED_AGAIN } from './tried-again.ts';

const TELL_TIMEOUT = Duration.minutes(5);
/** A run whose failures nobody was told of; the rule behind tells it. */
const UNTOLD = `${RUN_FAILED}Untold`;

export interface RunEndProps {
  /** Of a run whose plan does not say what it does. */
  operation: 'reread' | undefined;
  notifyFailure: IFunction;
}

/** How a run ends once each of its items has a result in `$.databases`: what failed is told, and so is what went well again. */
export function runEnd(scope: Construct, props: RunEndProps): IChainable {
  return asked(scope, props.operation).next(verdict(scope, props));
}

/** What became of the databases takes their place: jobs and results of a fleet together may be more than a payload may hold. */
function asked(scope: Construct, operation: RunEndProps['operation']): Pass {
  return new Pass(scope, 'Look at all', {
    parameters: {
      ...(operation === undefined ? {} : { operation }),
      'plan.$': '$.plan',
      'scheduledFor.$': '$.scheduledFor',
      'results.$': '$.databases',
      'hasFailed.$': "States.ArrayContains($.databases[*].status, 'failed')",
    },
  });
}

function verdict(scope: Construct, { operation, notifyFailure }: RunEndProps): Choice {
  const failed = new Fail(scope, 'Failed', {
    error: RUN_FAILED,
    cause: 'some databases failed; the alert lists them',
  });
  const untold = new Fail(scope, 'Failed, and nobody was told', {
    error: UNTOLD,
    cause: 'notify-failure failed',
  });
  const tell = telling(scope, 'Tell', {
    ...{ operation, notifyFailure },
    next: failed,
    otherwise: untold,
  });
  // The end of an earlier failure that could not be told now is told by the next check: this run went well all the same.
  const done = new Succeed(scope, 'All done');
  const tellEnds = telling(scope, 'Tell what is well again', {
    ...{ operation, notifyFailure },
    next: done,
    otherwise: done,
  });
  const hasFailed = Condition.booleanEquals('$.hasFailed', true);
  return new Choice(scope, 'Did any fail?').when(hasFailed, tell).otherwise(tellEnds);
}

interface Telling extends RunEndProps {
  next: IChainable;
  otherwise: IChainable;
}

/** All results, because a filter that finds nothing may be an error. */
function telling(
  scope: Construct,
  id: string,
  { operation, notifyFailure, next, otherwise }: Telling,
): LambdaInvoke {
  const tell = new LambdaInvoke(scope, id, {
    lambdaFunction: notifyFailure,
    payload: TaskInput.fromObject({
      ...(operation === undefined ? {} : { operation }),
      'plan.$': '$.plan',
      'scheduledFor.$': '$.scheduledFor',
      execution: JsonPath.executionId,
      'results.$': '$.results',
    }),
    resultPath: '$.told',
    taskTimeout: Timeout.duration(TELL_TIMEOUT),
  });
  tell.addRetry(TRIED_AGAIN);
  tell.addCatch(otherwise, { errors: ['States.ALL'], resultPath: '$.untold' });
  tell.next(next);
  return tell;
}
