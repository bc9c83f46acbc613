import { Duration } from 'aws-cdk-lib';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import {
  Choice,
  Condition,
  type IChainable,
  Pass,
  TaskInput,
  Timeout,
  Wait,
  WaitTime,
} from 'aws-cdk-lib/aws-stepfunctions';
import { LambdaInvoke } from 'aws-cdk-lib/aws-stepfunctions-tasks';
import { Construct } from 'constructs';
import { TASK_SIZES } from '../../engine/contract.ts';
import { runTask, type TaskPlace } from './run-task.ts';
import type { TaskKind } from './task-roles.ts';
import { TRIED_AGAIN } from './tried-again.ts';

/** Of one call, with the SDK's own retries; it lists and reads a few objects. */
const RECORD_TIMEOUT = Duration.minutes(5);

export interface TaskStageProps {
  kind: TaskKind;
  place: TaskPlace;
  recordOutcome: IFunction;
  /** Where it goes on with a task that did its work; what record-outcome answered is at `$.recorded`. */
  done: IChainable;
}

/**
 * One task of one database, tried as often as record-outcome says. Needs `$.job`, `$.size`, `$.attempt` and `$.capacity`; no failure leaves the
 * stage, so that one database never ends the run of the others.
 */
export class TaskStage extends Construct {
  /** Where the stage begins. */
  readonly start: Choice;

  constructor(scope: Construct, id: string, props: TaskStageProps) {
    super(scope, id);
    const { kind, place, recordOutcome, done } = props;
    const name = `${kind[0]?.toUpperCase()}${kind.slice(1)}`;
    this.start = new Choice(this, `${name}: which size?`);
    const record = this.#record(name, { kind, recordOutcome });
    for (const size of TASK_SIZES) {
      const run = runTask(this, `${name} (${size})`, { kind, size, place });
      run.addCatch(record, { errors: ['States.ALL'], resultPath: '$.end.caught' });
      run.next(record);
      this.start.when(Condition.stringEquals('$.size', size), run);
    }
    this.start.otherwise(this.#noSuchSize(name, kind));
    record.addCatch(this.#unrecorded(name, kind), {
      errors: ['States.ALL'],
      resultPath: '$.end.unrecorded',
    });
    record.next(this.#judge(name, { kind, done }));
  }

  #record(
    name: string,
    { kind, recordOutcome }: { kind: TaskKind; recordOutcome: IFunction },
  ): LambdaInvoke {
    const record = new LambdaInvoke(this, `${name}: what came of it`, {
      lambdaFunction: recordOutcome,
      payload: TaskInput.fromObject({
        stage: kind,
        'plan.$': '$.plan',
        'scheduledFor.$': '$.scheduledFor',
        'execution.$': '$.execution',
        'database.$': '$.database',
        'size.$': '$.size',
        'attempt.$': '$.attempt',
        'job.$': '$.job',
        'end.$': '$.end',
      }),
      resultPath: '$.recorded',
      taskTimeout: Timeout.duration(RECORD_TIMEOUT),
    });
    record.addRetry(TRIED_AGAIN);
    return record;
  }

  #judge(name: string, { kind, done }: { kind: TaskKind; done: IChainable }): Choice {
    const is = (verdict: string) => Condition.stringEquals('$.recorded.Payload.verdict', verdict);
    return new Choice(this, `${name}: verdict`)
      .when(is('done'), done)
      .when(Condition.or(is('retry'), is('bigger')), this.#again(name))
      .when(is('skipped'), this.#end(`${name} skipped`, { kind, status: 'skipped' }))
      .otherwise(this.#end(`${name} failed`, { kind, status: 'failed' }));
  }

  /** The next try, as large and as late as record-outcome has it. */
  #again(name: string): IChainable {
    const wait = new Wait(this, `${name}: wait`, {
      time: WaitTime.secondsPath('$.recorded.Payload.waitSeconds'),
    });
    const again = new Pass(this, `${name}: again`, {
      parameters: {
        ...carried(),
        'job.$': '$.job',
        'size.$': '$.recorded.Payload.size',
        'attempt.$': '$.recorded.Payload.attempt',
        'capacity.$': '$.recorded.Payload.capacity',
        end: {},
      },
    });
    wait.next(again).next(this.start);
    return wait;
  }

  #end(id: string, { kind, status }: { kind: TaskKind; status: string }): Pass {
    return new Pass(this, id, {
      parameters: {
        'database.$': '$.database',
        status,
        stage: kind,
        error: { 'code.$': '$.recorded.Payload.code', 'message.$': '$.recorded.Payload.message' },
      },
    });
  }

  #unrecorded(name: string, kind: TaskKind): Pass {
    return this.#lost(
      `${name}: no verdict`,
      kind,
      'what came of the task could not be found out: see the log of record-outcome',
    );
  }

  #noSuchSize(name: string, kind: TaskKind): Pass {
    return this.#lost(
      `${name}: no such size`,
      kind,
      'the run names a size of task that this stack does not have',
    );
  }

  #lost(id: string, kind: TaskKind, message: string): Pass {
    return new Pass(this, id, {
      parameters: {
        'database.$': '$.database',
        status: 'failed',
        stage: kind,
        error: { code: 'INTERNAL', message },
      },
    });
  }
}

/** What every stage keeps of its item. */
export function carried(): Record<string, string> {
  return {
    'plan.$': '$.plan',
    'scheduledFor.$': '$.scheduledFor',
    'execution.$': '$.execution',
    'database.$': '$.database',
  };
}
