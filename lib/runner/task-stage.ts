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
import type { RunStage } from '../../engine/domain/outcome-report.ts';
import { runTask, type TaskPlace } from './run-task.ts';
import type { TaskKind } from './task-roles.ts';
import { TRIED_AGAIN } from './tried-again.ts';

/** Of one call, with the SDK's own retries; it lists and reads a few objects. */
const RECORD_TIMEOUT = Duration.minutes(5);

/** Nothing restores into a database by a schedule. */
type RunTaskKind = Exclude<TaskKind, 'restore'>;

export interface TaskStageProps {
  kind: RunTaskKind;
  /** What record-outcome and alerts call it; its kind unless given. */
  stage?: RunStage;
  /** What its item holds beside what every item does, such as `set`. */
  carries?: readonly string[];
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
  readonly #stage: RunStage;
  readonly #carries: readonly string[];

  constructor(scope: Construct, id: string, props: TaskStageProps) {
    super(scope, id);
    const { kind, place, recordOutcome, done } = props;
    this.#stage = props.stage ?? kind;
    this.#carries = props.carries ?? [];
    const name = `${kind[0]?.toUpperCase()}${kind.slice(1)}`;
    this.start = new Choice(this, `${name}: which size?`);
    const record = this.#record(name, recordOutcome);
    for (const size of TASK_SIZES) {
      const run = runTask(this, `${name} (${size})`, { kind, size, place });
      run.addCatch(record, { errors: ['States.ALL'], resultPath: '$.end.caught' });
      run.next(record);
      this.start.when(Condition.stringEquals('$.size', size), run);
    }
    this.start.otherwise(this.#noSuchSize(name));
    record.addCatch(this.#unrecorded(name), {
      errors: ['States.ALL'],
      resultPath: '$.end.unrecorded',
    });
    record.next(this.#judge(name, done));
  }

  #record(name: string, recordOutcome: IFunction): LambdaInvoke {
    const record = new LambdaInvoke(this, `${name}: what came of it`, {
      lambdaFunction: recordOutcome,
      payload: TaskInput.fromObject({
        stage: this.#stage,
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

  #judge(name: string, done: IChainable): Choice {
    const is = (verdict: string) => Condition.stringEquals('$.recorded.Payload.verdict', verdict);
    return new Choice(this, `${name}: verdict`)
      .when(is('done'), done)
      .when(Condition.or(is('retry'), is('bigger')), this.#again(name))
      .when(is('skipped'), this.#end(`${name} skipped`, 'skipped'))
      .otherwise(this.#end(`${name} failed`, 'failed'));
  }

  /** The next try, as large and as late as record-outcome has it. */
  #again(name: string): IChainable {
    const wait = new Wait(this, `${name}: wait`, {
      time: WaitTime.secondsPath('$.recorded.Payload.waitSeconds'),
    });
    const again = new Pass(this, `${name}: again`, {
      parameters: {
        ...carried(this.#carries),
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

  #end(id: string, status: string): Pass {
    return new Pass(this, id, {
      parameters: {
        ...resultOf(this.#carries),
        status,
        stage: this.#stage,
        error: { 'code.$': '$.recorded.Payload.code', 'message.$': '$.recorded.Payload.message' },
      },
    });
  }

  #unrecorded(name: string): Pass {
    return this.#lost(
      `${name}: no verdict`,
      'what came of the task could not be found out: see the log of record-outcome',
    );
  }

  #noSuchSize(name: string): Pass {
    return this.#lost(
      `${name}: no such size`,
      'the run names a size of task that this stack does not have',
    );
  }

  #lost(id: string, message: string): Pass {
    return new Pass(this, id, {
      parameters: {
        ...resultOf(this.#carries),
        status: 'failed',
        stage: this.#stage,
        error: { code: 'INTERNAL', message },
      },
    });
  }
}

/** What every stage keeps of its item. */
export function carried(more: readonly string[] = []): Record<string, string> {
  return paths(['plan', 'scheduledFor', 'execution', 'database', ...more]);
}

/** Begins the result of an item. */
export function resultOf(more: readonly string[] = []): Record<string, string> {
  return paths(['database', ...(more.length === 0 ? [] : ['plan', ...more])]);
}

function paths(names: readonly string[]): Record<string, string> {
  return Object.fromEntries(names.map((name) => [`${name}.$`, `$.${name}`]));
}
