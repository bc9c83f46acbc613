import { Duration } from 'aws-cdk-lib';
import type { IRole, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { LogGroup } from 'aws-cdk-lib/aws-logs';
import {
  Choice,
  Condition,
  DefinitionBody,
  Map as EachState,
  Fail,
  type IChainable,
  JsonPath,
  LogLevel,
  Pass,
  StateMachine,
  Succeed,
  TaskInput,
  Timeout,
} from 'aws-cdk-lib/aws-stepfunctions';
import { LambdaInvoke } from 'aws-cdk-lib/aws-stepfunctions-tasks';
import { Construct } from 'constructs';
import { RUN_FAILED } from '../../engine/contract.ts';
import { CAPACITY } from '../../engine/domain/task-outcome.ts';
import type { Names } from '../names.ts';
import { machineStatements } from './machine-statements.ts';
import { managedRole } from './managed-role.ts';
import type { TaskPlace } from './run-task.ts';
import type { TaskKind } from './task-roles.ts';
import { carried, TaskStage } from './task-stage.ts';
import { TRIED_AGAIN } from './tried-again.ts';

/** Far above the longest task with its tries: nothing of ours runs for ever. */
const LONGEST_RUN = Duration.days(7);
const TELL_TIMEOUT = Duration.minutes(5);
/** A run whose failures nobody was told of; the rule behind tells it. */
const UNTOLD = `${RUN_FAILED}Untold`;

/** Their names, which functions have to know before they are there. */
export const MACHINES = { run: 'run', drill: 'drills' } as const;

export interface RunMachinesProps {
  names: Names;
  place: TaskPlace;
  /** Databases at a time. */
  concurrency: number;
  log: LogGroup;
  functions: { recordOutcome: IFunction; notifyFailure: IFunction };
  roles: Readonly<Record<TaskKind, IRole>>;
  /** Whether the config has sets of a database drilled behind their verification. */
  drillsAfterBackup: boolean;
}

/**
 * The two state machines: `run` backs up and verifies the databases of a plan, and drills what the config has drilled after a
 * backup; `drill` restores sets of all databases, its plans in turn, into throw-away servers. Both tell once of all that failed, and of what failed before and did well now; they end as FAILED when anything failed.
 */
export class RunMachines extends Construct {
  readonly run: StateMachine;
  readonly drill: StateMachine;

  constructor(scope: Construct, id: string, props: RunMachinesProps) {
    super(scope, id);
    const drill: TaskKind[] = props.drillsAfterBackup ? ['drill'] : [];
    this.run = this.#machine('run', { ...props, kinds: ['backup', 'verify', ...drill] });
    this.drill = this.#machine('drill', { ...props, kinds: ['drill'] });
  }

  #machine(name: 'run' | 'drill', props: RunMachinesProps & { kinds: TaskKind[] }): StateMachine {
    const within = new Construct(this, name);
    return new StateMachine(within, 'Machine', {
      stateMachineName: props.names.of(MACHINES[name]),
      definitionBody: DefinitionBody.fromChainable(definition(within, props)),
      role: managedRole(within, 'Role', {
        service: 'states.amazonaws.com',
        description: `Holdfast: state machine of a ${name}`,
        statements: statements(props),
        whyWildcards:
          'Revisions of its own task definitions and tasks of its own cluster; log delivery and tracing know no narrower resource.',
      }),
      timeout: LONGEST_RUN,
      tracingEnabled: true,
      logs: { destination: props.log, level: LogLevel.ALL, includeExecutionData: true },
    });
  }
}

function statements({
  place,
  functions,
  roles,
  kinds,
}: RunMachinesProps & { kinds: TaskKind[] }): PolicyStatement[] {
  return machineStatements({
    place,
    kinds,
    roleArns: kinds.map((kind) => roles[kind].roleArn),
    functionArns: Object.values(functions).map(({ functionArn }) => functionArn),
  });
}

type Parts = RunMachinesProps & { kinds: TaskKind[] };

function definition(scope: Construct, parts: Parts): IChainable {
  const each = new EachState(scope, 'Each database', {
    itemsPath: '$.databases',
    itemSelector: {
      'plan.$': '$.plan',
      'scheduledFor.$': '$.scheduledFor',
      execution: JsonPath.executionId,
      'database.$': '$$.Map.Item.Value.database',
      'size.$': '$$.Map.Item.Value.size',
      'job.$': '$$.Map.Item.Value.job',
      attempt: 1,
      capacity: CAPACITY.spot,
      end: {},
    },
    maxConcurrency: parts.concurrency,
    resultPath: '$.databases',
  });
  each.itemProcessor(stages(scope, parts));
  return each.next(asked(scope)).next(verdict(scope, parts));
}

/** The stages of one database, the last first, because each has to know where it goes on. */
function stages(
  scope: Construct,
  { kinds, place, functions: { recordOutcome } }: Parts,
): IChainable {
  const finished = new Pass(scope, 'Done', {
    parameters: { 'database.$': '$.database', status: 'done', 'set.$': '$.recorded.Payload.set' },
  });
  const last = (done: IChainable, kind: TaskKind) =>
    new TaskStage(scope, kind, { kind, place, recordOutcome, done }).start;
  if (!kinds.includes('verify')) return last(finished, 'drill');
  const verified = kinds.includes('drill')
    ? ifDrilled(scope, { drill: last(drilled(scope), 'drill'), otherwise: finished })
    : finished;
  const verify = last(verified, 'verify');
  return last(thenVerify(scope).next(verify), 'backup');
}

/** The end of a database whose set was drilled: it also ends what was told of earlier drills of the plan. */
function drilled(scope: Construct): Pass {
  return new Pass(scope, 'Drilled', {
    parameters: {
      'database.$': '$.database',
      status: 'done',
      drilled: true,
      'set.$': '$.recorded.Payload.set',
    },
  });
}

/** record-outcome knows whether the config has the set drilled, and how large the task has to be. */
function ifDrilled(
  scope: Construct,
  { drill, otherwise }: { drill: IChainable; otherwise: IChainable },
): Choice {
  const then = new Pass(scope, 'Then drill it', {
    parameters: {
      ...carried(),
      'size.$': '$.recorded.Payload.drillSize',
      'job.$': '$.recorded.Payload.drillJob',
      attempt: 1,
      capacity: CAPACITY.lasting,
      end: {},
    },
  });
  then.next(drill);
  const job = '$.recorded.Payload.drillJob';
  // A function of the deployment before does not say it.
  const isDrilled = Condition.and(Condition.isPresent(job), Condition.isString(job));
  return new Choice(scope, 'Is it drilled?').when(isDrilled, then).otherwise(otherwise);
}

/** record-outcome knows the set that the backup made, and so the job. */
function thenVerify(scope: Construct): Pass {
  return new Pass(scope, 'Then verify it', {
    parameters: {
      ...carried(),
      'size.$': '$.size',
      'job.$': '$.recorded.Payload.verifyJob',
      attempt: 1,
      capacity: CAPACITY.lasting,
      end: {},
    },
  });
}

/** What became of the databases takes their place: jobs and results of a fleet together may be more than a payload may hold. */
function asked(scope: Construct): Pass {
  return new Pass(scope, 'Look at all', {
    parameters: {
      'plan.$': '$.plan',
      'scheduledFor.$': '$.scheduledFor',
      'results.$': '$.databases',
      'hasFailed.$': "States.ArrayContains($.databases[*].status, 'failed')",
    },
  });
}

function verdict(scope: Construct, { functions: { notifyFailure } }: Parts): Choice {
  const failed = new Fail(scope, 'Failed', {
    error: RUN_FAILED,
    cause: 'some databases failed; the alert lists them',
  });
  const untold = new Fail(scope, 'Failed, and nobody was told', {
    error: UNTOLD,
    cause: 'notify-failure failed',
  });
  const tell = telling(scope, 'Tell', { notifyFailure, next: failed, otherwise: untold });
  // The end of an earlier failure that could not be told now is told by the next check: this run went well all the same.
  const done = new Succeed(scope, 'All done');
  const tellEnds = telling(scope, 'Tell what is well again', {
    notifyFailure,
    next: done,
    otherwise: done,
  });
  const hasFailed = Condition.booleanEquals('$.hasFailed', true);
  return new Choice(scope, 'Did any fail?').when(hasFailed, tell).otherwise(tellEnds);
}

interface Telling {
  notifyFailure: IFunction;
  next: IChainable;
  otherwise: IChainable;
}

/** All results, because a filter that finds nothing may be an error. */
function telling(
  scope: Construct,
  id: string,
  { notifyFailure, next, otherwise }: Telling,
): LambdaInvoke {
  const tell = new LambdaInvoke(scope, id, {
    lambdaFunction: notifyFailure,
    payload: TaskInput.fromObject({
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
