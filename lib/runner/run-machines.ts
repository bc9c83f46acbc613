import { Duration } from 'aws-cdk-lib';
import type { IRole, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { LogGroup } from 'aws-cdk-lib/aws-logs';
import {
  Choice,
  Condition,
  DefinitionBody,
  Map as EachState,
  type IChainable,
  JsonPath,
  LogLevel,
  Pass,
  StateMachine,
} from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { REREAD_MACHINE } from '../../engine/domain/stack-names.ts';
import { CAPACITY } from '../../engine/domain/task-outcome.ts';
import type { Names } from '../names.ts';
import { machineStatements } from './machine-statements.ts';
import { managedRole } from './managed-role.ts';
import { runEnd } from './run-end.ts';
import type { TaskPlace } from './run-task.ts';
import type { TaskKind } from './task-roles.ts';
import { carried, resultOf, TaskStage } from './task-stage.ts';

/** Far above the longest task with its tries: nothing of ours runs for ever. */
const LONGEST_RUN = Duration.days(7);

/** Their names, which functions have to know before they are there. */
export const MACHINES = { run: 'run', drill: 'drills', reread: REREAD_MACHINE } as const;
type MachineName = keyof typeof MACHINES;

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
 * The state machines: `run` backs up and verifies the databases of a plan, and drills what the config has drilled after a backup;
 * `drill` restores sets of all databases, its plans in turn, into throw-away servers; `reread` verifies old sets again. Each tells once
 * of all that failed, and of what failed before and did well now; it ends as FAILED when anything failed.
 */
export class RunMachines extends Construct {
  readonly run: StateMachine;
  readonly drill: StateMachine;
  readonly reread: StateMachine;

  constructor(scope: Construct, id: string, props: RunMachinesProps) {
    super(scope, id);
    const drill: TaskKind[] = props.drillsAfterBackup ? ['drill'] : [];
    this.run = this.#machine('run', { ...props, kinds: ['backup', 'verify', ...drill] });
    this.drill = this.#machine('drill', { ...props, kinds: ['drill'] });
    this.reread = this.#machine('reread', { ...props, kinds: ['verify'], stage: 'reread' });
  }

  get all(): StateMachine[] {
    return [this.run, this.drill, this.reread];
  }

  #machine(name: MachineName, props: Parts): StateMachine {
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

function statements({ place, functions, roles, kinds }: Parts): PolicyStatement[] {
  return machineStatements({
    place,
    kinds,
    roleArns: kinds.map((kind) => roles[kind].roleArn),
    functionArns: Object.values(functions).map(({ functionArn }) => functionArn),
  });
}

interface Parts extends RunMachinesProps {
  kinds: TaskKind[];
  /** Its items are sets of several plans. */
  stage?: 'reread';
}

function definition(scope: Construct, parts: Parts): IChainable {
  const isReread = parts.stage === 'reread';
  const each = new EachState(scope, isReread ? 'Each set' : 'Each database', {
    itemsPath: '$.databases',
    itemSelector: {
      ...(isReread ? ofItem('plan', 'set') : { 'plan.$': '$.plan' }),
      'scheduledFor.$': '$.scheduledFor',
      execution: JsonPath.executionId,
      ...ofItem('database', 'size', 'job'),
      attempt: 1,
      capacity: CAPACITY.spot,
      end: {},
    },
    // Several executions of one day share what the config allows.
    ...(isReread ? { maxConcurrencyPath: '$.concurrency' } : { maxConcurrency: parts.concurrency }),
    resultPath: '$.databases',
  });
  each.itemProcessor(stages(scope, parts));
  return each.next(runEnd(scope, { operation: parts.stage, ...parts.functions }));
}

function ofItem(...names: string[]): Record<string, string> {
  return Object.fromEntries(names.map((name) => [`${name}.$`, `$$.Map.Item.Value.${name}`]));
}

/** The stages of one database, the last first, because each has to know where it goes on. */
function stages(
  scope: Construct,
  { kinds, stage, place, functions: { recordOutcome } }: Parts,
): IChainable {
  if (stage === 'reread') return rereadStage(scope, { place, recordOutcome });
  const finished = new Pass(scope, 'Done', {
    parameters: { 'database.$': '$.database', status: 'done', 'set.$': '$.recorded.Payload.set' },
  });
  const last = (done: IChainable, kind: 'backup' | 'verify' | 'drill') =>
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

function rereadStage(
  scope: Construct,
  parts: { place: TaskPlace; recordOutcome: IFunction },
): IChainable {
  const carries = ['set'];
  const done = new Pass(scope, 'Done', { parameters: { ...resultOf(carries), status: 'done' } });
  return new TaskStage(scope, 'verify', {
    ...parts,
    kind: 'verify',
    stage: 'reread',
    carries,
    done,
  }).start;
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
