import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type DeployedTrial, deployTrial, TRIAL_PROGRAMS } from '../fixtures/trial.ts';

let trial: DeployedTrial;

beforeAll(async () => {
  trial = await deployTrial();
});
afterAll(() => trial?.stack.stop());

interface Execution {
  executionArn: string;
  status: string;
  output?: string;
  error?: string;
}

/** What one item of a run comes to. */
interface Result {
  deed: string;
  error?: string;
  task: { exitCode: number; arn: string } | string;
  told?: { answer: string };
}

async function start(run: string, deeds: readonly string[]): Promise<string> {
  const input = JSON.stringify({ run, items: deeds.map((deed) => ({ deed })) });
  const wish = { stateMachineArn: trial.outputs.MachineArn, name: run, input };
  const { executionArn } = await trial.stack.call<Execution>(
    'stepfunctions',
    'StartExecution',
    wish,
  );
  return executionArn;
}

async function ended(executionArn: string): Promise<Execution> {
  const execution = await trial.stack.call<Execution>('stepfunctions', 'DescribeExecution', {
    executionArn,
  });
  if (execution.status !== 'RUNNING') return execution;
  await sleep(100);
  return ended(executionArn);
}

async function resultOf(deed: string): Promise<Result> {
  const { status, output = '' } = await ended(await start(`deed-${deed}`, [deed]));
  expect(status).toBe('SUCCEEDED');
  return JSON.parse(output).results[0];
}

/** The task of a failed result, as `ecs:runTask.sync` tells it in the cause. */
function taskOf({ task }: Result) {
  return JSON.parse(task as string);
}

async function historyOf(run: string): Promise<string[]> {
  const executionArn = trial.outputs.MachineArn?.replace(':stateMachine:', ':execution:');
  const wish = { executionArn: `${executionArn}:${run}` };
  const { events } = await trial.stack.call<{ events: { type: string }[] }>(
    'stepfunctions',
    'GetExecutionHistory',
    wish,
  );
  return events
    .map(({ type }) => type)
    .filter((type) => /^Task(Failed|TimedOut|Succeeded)$/.test(type));
}

/** Messages of a queue until one fits. */
async function received(queue: string, isFitting: (body: string) => boolean): Promise<string> {
  for (let tries = 0; tries < 100; tries += 1) {
    const wish = { QueueUrl: trial.outputs[queue], MaxNumberOfMessages: 10 };
    const { Messages = [] } = await trial.stack.call<{ Messages?: { Body: string }[] }>(
      'sqs',
      'ReceiveMessage',
      wish,
    );
    const found = Messages.find(({ Body }) => isFitting(Body));
    if (found !== undefined) return found.Body;
    await sleep(100);
  }
  throw new Error(`nothing fitting came to ${queue}`);
}

async function logOf(taskArn: string): Promise<string[]> {
  const wish = {
    logGroupName: trial.outputs.TaskLogGroup,
    logStreamName: `task/program/${taskArn.split('/').at(-1)}`,
  };
  const { events } = await trial.stack.call<{ events: { message: string }[] }>(
    'logs',
    'GetLogEvents',
    wish,
  );
  return events.map(({ message }) => message);
}

describe('a state machine that runs a task', () => {
  it('goes on when it exits with 0: its output is logged, the function answers, the subscriber hears', async () => {
    const result = await resultOf('0');
    expect(result).toMatchObject({ deed: '0', task: { exitCode: 0 }, told: { answer: 'first' } });
    expect(await logOf((result.task as { arn: string }).arn)).toEqual(['0: hello, from a secret']);
    expect(await received('QueueUrl', (body) => body.startsWith('deed-0'))).toBe('deed-0-0');
  });

  it.each(['1', '75'])('tries once more and fails with exit code %s in the cause', async (deed) => {
    const result = await resultOf(deed);
    expect(result.error).toBe('States.TaskFailed');
    expect(taskOf(result)).toMatchObject({
      LastStatus: 'STOPPED',
      StopCode: 'EssentialContainerExited',
      StoppedReason: 'Essential container in task exited',
      Containers: [{ Name: 'program', ExitCode: Number(deed) }],
    });
    expect(await historyOf(`deed-${deed}`)).toEqual(['TaskFailed', 'TaskFailed']);
  });

  it('sees a task that was killed for its memory', async () => {
    const { Containers } = taskOf(await resultOf('memory'));
    expect(Containers).toMatchObject([
      { ExitCode: 137, Reason: expect.stringContaining('OutOfMemoryError') },
    ]);
  });

  it('sees a task that never started, which has no exit code', async () => {
    const task = taskOf(await resultOf('absent'));
    expect(task).toMatchObject({ LastStatus: 'STOPPED', StopCode: 'TaskFailedToStart' });
    expect(task.StoppedReason).toMatch(/^CannotPullContainerError: .*registry\.invalid\/absent:1/);
    expect(task.Containers[0]).not.toHaveProperty('ExitCode');
    expect(await received('BackstopUrl', (body) => body.includes('TaskFailedToStart'))).toContain(
      'ECS Task State Change',
    );
  });

  it('stops a task that takes too long', async () => {
    const executionArn = await start('slow', ['hang']);
    const { output = '' } = await ended(executionArn);
    expect(JSON.parse(output).results).toMatchObject([{ deed: 'hang', error: 'States.Timeout' }]);
    expect(await historyOf('slow')).toEqual(['TaskTimedOut']);
    await expect
      .poll(() => stoppedTask(), { timeout: 10_000 })
      .toMatchObject({ containers: [{ exitCode: 143 }] });
    const { taskArn } = await stoppedTask();
    expect(await logOf(taskArn)).toEqual(['hang: hello, from a secret', 'told to stop']);
  });

  it('maps over many, and lists those that failed beside those that did not', async () => {
    const { output = '' } = await ended(await start('many', ['0', '75', '0', 'absent']));
    const results: Result[] = JSON.parse(output).results;
    expect(results.map(({ deed, error }) => [deed, error])).toEqual([
      ['0', undefined],
      ['75', 'States.TaskFailed'],
      ['0', undefined],
      ['absent', 'States.TaskFailed'],
    ]);
  });

  it('finds another program from the next task on', async () => {
    await trial.stack.setPrograms({ program: ['sh', '-c', 'exit 9'] });
    const { output = '' } = await ended(await start('other', ['0']));
    await trial.stack.setPrograms(TRIAL_PROGRAMS);
    expect(taskOf(JSON.parse(output).results[0])).toMatchObject({ Containers: [{ ExitCode: 9 }] });
  });
});

describe('an execution that ends badly', () => {
  it('is told to the rules: failed', async () => {
    expect(await ended(await start('doomed', ['abort']))).toMatchObject({
      status: 'FAILED',
      error: 'Aborted',
    });
    const event = JSON.parse(await received('BackstopUrl', (body) => body.includes('doomed')));
    expect(event).toMatchObject({
      'detail-type': 'Step Functions Execution Status Change',
      detail: { status: 'FAILED', name: 'doomed' },
    });
    expect(new Date(event.time).getFullYear()).toBeGreaterThan(2020);
  });

  it('is told to the rules, and its task is stopped: aborted', async () => {
    const executionArn = await start('stopped', ['hang']);
    await expect.poll(() => runningTasks(), { timeout: 10_000 }).toHaveLength(1);
    await trial.stack.call('stepfunctions', 'StopExecution', {
      executionArn,
      error: 'Operator',
      cause: 'enough',
    });
    expect(await ended(executionArn)).toMatchObject({ status: 'ABORTED' });
    await expect.poll(() => runningTasks(), { timeout: 10_000 }).toEqual([]);
    expect(
      JSON.parse(await received('BackstopUrl', (body) => body.includes('stopped'))),
    ).toMatchObject({ detail: { status: 'ABORTED' } });
  });

  it('is timed out when the machine says so', async () => {
    const States = {
      Long: { Type: 'Wait', Seconds: 60, Next: 'Again' },
      Again: { Type: 'Pass', Next: 'Long' },
    };
    const definition = JSON.stringify({ StartAt: 'Long', TimeoutSeconds: 1, States });
    const machine = { name: 'timed', definition, roleArn: 'arn:aws:iam::123456789012:role/any' };
    const { stateMachineArn } = await trial.stack.call<{ stateMachineArn: string }>(
      'stepfunctions',
      'CreateStateMachine',
      machine,
    );
    const { executionArn } = await trial.stack.call<Execution>('stepfunctions', 'StartExecution', {
      stateMachineArn,
    });
    expect(await ended(executionArn)).toMatchObject({ status: 'TIMED_OUT' });
  });

  it('of a name that was there is refused', async () => {
    await ended(await start('once', ['0']));
    await expect(start('once', ['1'])).rejects.toMatchObject({ name: 'ExecutionAlreadyExists' });
  });
});

describe('a function that fails', () => {
  it('says so to whoever waits for it', async () => {
    const wish = { FunctionName: trial.outputs.FunctionName, Payload: '{"fail":true}' };
    const answer = await trial.stack.call<{ FunctionError: string; Payload: string }>(
      'lambda',
      'Invoke',
      wish,
    );
    expect(answer.FunctionError).toBeDefined();
    expect(JSON.parse(answer.Payload)).toMatchObject({
      errorType: 'TypeError',
      errorMessage: 'this handler fails',
    });
  });

  it('leaves the event in the dead-letter queue when nobody waits', async () => {
    const wish = {
      FunctionName: trial.outputs.FunctionName,
      InvocationType: 'Event',
      Payload: '{"fail":true,"of":"event"}',
    };
    await trial.stack.call('lambda', 'Invoke', wish);
    expect(JSON.parse(await received('DeadLettersUrl', (body) => body.includes('event')))).toEqual({
      fail: true,
      of: 'event',
    });
  });
});

async function stoppedTask(): Promise<{ taskArn: string; containers: { exitCode: number }[] }> {
  const cluster = trial.outputs.ClusterArn;
  const { taskArns } = await trial.stack.call<{ taskArns: string[] }>('ecs', 'ListTasks', {
    cluster,
    desiredStatus: 'STOPPED',
  });
  const { tasks } = await trial.stack.call<{
    tasks: { taskArn: string; stoppedReason: string; containers: { exitCode: number }[] }[];
  }>('ecs', 'DescribeTasks', { cluster, tasks: taskArns });
  const found = tasks.find(
    ({ stoppedReason }) => stoppedReason === 'Task stopped by AWS Step Functions',
  );
  if (found === undefined) throw new Error('no task was stopped by Step Functions');
  return found;
}

async function runningTasks(): Promise<string[]> {
  const wish = { cluster: trial.outputs.ClusterArn, desiredStatus: 'RUNNING' };
  const { taskArns } = await trial.stack.call<{ taskArns: string[] }>('ecs', 'ListTasks', wish);
  return taskArns;
}
