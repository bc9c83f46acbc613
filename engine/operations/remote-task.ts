import { setTimeout as sleep } from 'node:timers/promises';
import { type Job, jobSchema } from '../domain/job.ts';
import { knownFailure } from '../domain/known-failure.ts';
import { type RunTaskRequest, requestFor, runTaskRequests } from '../domain/run-task-request.ts';
import { kindOfJob, type StackNames, TASK_CONTAINER } from '../domain/stack-names.ts';
import type { TaskEnd } from '../domain/task-end.ts';
import { type TaskLine, TaskLines } from '../domain/task-line.ts';
import type { TaskSize } from '../domain/task-size.ts';
import { HoldfastError } from '../errors.ts';
import type { DeployedMachines } from '../ports/deployed-machines.ts';
import type { Progress } from '../ports/progress.ts';
import { type StartedTask, type TaskRunner, UNKNOWN_TASK } from '../ports/task-runner.ts';
import { concludeTask, type LastWords, type RemoteResult } from './stack/conclude-task.ts';

export interface RemoteContext {
  names: StackNames;
  /** The account of the config; undefined where that of the credentials is meant. */
  account: string | undefined;
  machines: DeployedMachines;
  runner: TaskRunner;
  progress: Progress;
  note: (text: string) => void;
  /** ARN of the principal that asks, for the audit record of the task. @throws HoldfastError where AWS does not say it. */
  whoAsks: () => Promise<string>;
  /** Of the stack; for commands that a person types. */
  region: string;
  /** Ends the following, never the task. */
  signal: AbortSignal;
  /** Until a connection that was lost is tried again. */
  lostPauseMs?: number;
  /** Between two looks at task and log. */
  lookPauseMs?: number;
}

const LOOK_MS = 2_000;
/** A minute: ECS knows a task some moments after it took it, and forgets it about an hour after its end. */
const UNKNOWN_LOOKS = 30;
/** CloudWatch shows a line some seconds after it was written. */
const LAST_WORDS_MS = 1_000;
const LAST_WORDS_LOOKS = 12;
/** Five minutes and what the SDK tries by itself: a machine that slept, a network that changed. */
const LOST_PAUSE_MS = 10_000;
const LOST_LOOKS = 30;

/**
 * Does a job in the deployed stack as a run of its plan would, and follows its log to the end.
 * @throws HoldfastError what the task failed with, TASK_NOT_STARTED, TASK_KILLED, TASK_FAILED; INTERRUPTED when only the following ended.
 */
export async function runRemotely(
  context: RemoteContext,
  job: Job,
  size: TaskSize,
): Promise<RemoteResult> {
  const { runner, names, signal, note } = context;
  const request = await requestOf(context, job, size);
  const requested = { ...job, ...(await requester(context)) };
  signal.throwIfAborted();
  const task = await runner.start(request, JSON.stringify(jobSchema.parse(requested)));
  const log = { group: names.taskLog, stream: `${kindOfJob(job)}/${TASK_CONTAINER}/${idOf(task)}` };
  note(`task ${idOf(task)} (${size}), log ${log.group} ${log.stream}`);
  const seen: Seen = {
    lines: new TaskLines(),
    position: undefined,
    result: undefined,
    error: undefined,
  };
  const following = { context, task, log, seen };
  const end = await follow(following).catch((error: unknown) => {
    throw goesOn(error, following);
  });
  return concludeTask(end, { seen, size });
}

/** A restore does not wait until it is known whose it is: CloudTrail knows. */
async function requester({ whoAsks, note }: RemoteContext): Promise<{ requestedBy?: string }> {
  try {
    return { requestedBy: await whoAsks() };
  } catch (error) {
    note(`the audit record will not name who asked: ${knownFailure(error).message}`);
    return {};
  }
}

/** As the state machines start it: cluster, network, image and volume are theirs. */
async function requestOf(
  context: RemoteContext,
  job: Job,
  size: TaskSize,
): Promise<RunTaskRequest> {
  const { names, machines } = context;
  const kind = kindOfJob(job);
  const arn = await findMachine(context, kind === 'drill' ? names.drillMachine : names.runMachine);
  const requests = runTaskRequests(await machines.definitionOf(arn));
  const family = names.familyOf(kind, size);
  const own = requests.get(family);
  if (own !== undefined) return own;
  // No machine restores; a restore reaches databases as a backup does.
  const backup = kind === 'restore' ? requests.get(names.familyOf('backup', size)) : undefined;
  if (backup !== undefined) return requestFor(backup, family);
  throw notDeployed(`the deployed stack has no task ${family}`);
}

/** The ARN of a machine of the stack. @throws HoldfastError SERVICE_FAILED where it is not deployed, CREDENTIALS of another account. */
export async function findMachine(
  { machines, account }: Pick<RemoteContext, 'machines' | 'account'>,
  name: string,
): Promise<string> {
  const arn = await machines.find(name);
  if (arn === undefined)
    throw notDeployed(`there is no state machine ${name} in this account and region`);
  const actual = arn.split(':')[4];
  if (account === undefined || actual === account) return arn;
  throw new HoldfastError({
    code: 'CREDENTIALS',
    message: `the AWS credentials are of account ${actual}, and aws.account is ${account}`,
    hint: 'Choose others with AWS_PROFILE.',
  });
}

interface Seen extends LastWords {
  lines: TaskLines;
  position: string | undefined;
}

interface Following {
  context: RemoteContext;
  task: StartedTask;
  log: { group: string; stream: string };
  seen: Seen;
}

/**
 * The task is looked at before its log is read, so that a task that ended has written all that is read then. @returns undefined where ECS
 * has forgotten it: the machine that follows slept for longer than the task lived.
 */
async function follow(following: Following): Promise<TaskEnd | undefined> {
  const { context, task, seen } = following;
  const { runner, signal, progress, lookPauseMs = LOOK_MS } = context;
  for (let unknown = 0; unknown < UNKNOWN_LOOKS; ) {
    const { status, end } = await untilItAnswers(() => runner.look(task), following);
    await untilItAnswers(() => readOn(following), following);
    if (end !== undefined) {
      if (end.exitCode !== undefined) await readLastWords(following);
      return end;
    }
    if (seen.position === undefined) progress({ phase: `task ${status.toLowerCase()}` });
    unknown = status === UNKNOWN_TASK ? unknown + 1 : 0;
    await sleep(lookPauseMs, undefined, { signal });
  }
  return undefined;
}

async function readLastWords(following: Following): Promise<void> {
  const { context, seen } = following;
  for (
    let looks = 0;
    looks < LAST_WORDS_LOOKS && seen.result === undefined && seen.error === undefined;
    looks++
  ) {
    await sleep(LAST_WORDS_MS, undefined, { signal: context.signal });
    await untilItAnswers(() => readOn(following), following);
  }
}

/** A connection that is lost for a while loses nothing: the task goes on, and its log waits. */
async function untilItAnswers<T>(ask: () => Promise<T>, { context }: Following): Promise<T> {
  const { note, signal, lostPauseMs = LOST_PAUSE_MS } = context;
  for (let failures = 1; ; failures += 1) {
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof HoldfastError) || !error.retryable || failures > LOST_LOOKS)
        throw error;
      if (failures === 1)
        note(`lost sight of the task, which goes on (${error.message}); it is looked for again`);
      await sleep(lostPauseMs, undefined, { signal });
    }
  }
}

/** All that is there now; a page may be empty, and the last one names itself as the next. */
async function readOn({ context, log, seen }: Following): Promise<void> {
  for (;;) {
    const { events, position } = await context.runner.read(log, seen.position);
    for (const event of events) take(seen.lines.read(event), { context, seen });
    const isLast = position === seen.position;
    seen.position = position;
    if (isLast) return;
  }
}

function take(
  line: TaskLine | undefined,
  { context, seen }: Pick<Following, 'context' | 'seen'>,
): void {
  if (line?.type === 'progress') {
    const { type, ...event } = line;
    context.progress(event);
  } else if (line?.type === 'note') context.note(line.text);
  else if (line?.type === 'result') seen.result = line.result;
  else if (line?.type === 'error') seen.error = line;
}

/** Whatever ended the following, the task goes on. */
function goesOn(error: unknown, { context, task, log }: Following): unknown {
  const at = `--region ${context.region}`;
  const follow = `aws logs tail ${log.group} --log-stream-names ${log.stream} --follow ${at}`;
  const stop = `aws ecs stop-task --cluster ${task.cluster} --task ${idOf(task)} ${at}`;
  const hint = `The task goes on in AWS. Follow it: ${follow}. Stop it: ${stop}`;
  if (context.signal.aborted) {
    const message = `stopped following task ${idOf(task)}`;
    return new HoldfastError({ code: 'INTERRUPTED', message, hint, retryable: true, cause: error });
  }
  if (!(error instanceof HoldfastError)) return error;
  const { code, message, retryable } = error;
  return new HoldfastError({
    code,
    message,
    retryable,
    hint: `${error.hint ?? ''} ${hint}`.trim(),
    cause: error,
  });
}

function idOf({ arn }: StartedTask): string {
  return arn.split('/').at(-1) ?? arn;
}

function notDeployed(message: string): HoldfastError {
  return new HoldfastError({
    code: 'SERVICE_FAILED',
    message,
    hint: 'Deploy it (npx cdk deploy --all), or choose the account with AWS_PROFILE; the region is aws.region of the config.',
  });
}
