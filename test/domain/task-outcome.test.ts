import { describe, expect, it } from 'vitest';
import type { Caught } from '../../engine/domain/task-end.ts';
import { readTaskEnd } from '../../engine/domain/task-end.ts';
import {
  CAPACITY,
  decideOutcome,
  MAX_ATTEMPTS,
  type OutcomeOptions,
} from '../../engine/domain/task-outcome.ts';

interface TaskWish {
  exitCode?: number;
  reason?: string;
  stopCode?: string;
  stoppedReason?: string;
}

/** A task as Step Functions put it into a cause: every name in PascalCase, times in milliseconds, no exit code where nothing ran. */
function task({
  exitCode,
  reason,
  stopCode = 'EssentialContainerExited',
  stoppedReason = 'Essential container in task exited',
}: TaskWish) {
  return {
    TaskArn:
      'arn:aws:ecs:eu-central-1:123456789012:task/holdfast-clinic/0f9de17a6465404e8b1b2356dc13c2f8',
    ClusterArn: 'arn:aws:ecs:eu-central-1:123456789012:cluster/holdfast-clinic',
    Containers: [
      {
        Name: 'holdfast',
        LastStatus: 'STOPPED',
        ...(exitCode === undefined ? {} : { ExitCode: exitCode }),
        ...(reason === undefined ? {} : { Reason: reason }),
      },
    ],
    CreatedAt: 1_795_312_800_123,
    LastStatus: 'STOPPED',
    StopCode: stopCode,
    StoppedReason: stoppedReason,
    Overrides: {
      ContainerOverrides: [
        { Name: 'holdfast', Environment: [{ Name: 'HOLDFAST_JOB', Value: '{}' }] },
      ],
    },
  };
}

const failed = (wish: TaskWish): Caught => ({
  Error: 'States.TaskFailed',
  Cause: JSON.stringify(task(wish)),
});
const judge = (caught: Caught, options: Partial<OutcomeOptions> = {}) =>
  decideOutcome(readTaskEnd({ caught }), {
    attempt: 1,
    size: 'small',
    record: undefined,
    ...options,
  });

const RECORD = {
  status: 'failed',
  error: { code: 'CONNECTION_FAILED', message: 'the server refused the login' },
} as const;

describe('what came of a task', () => {
  it('is done when the state machine caught nothing', () => {
    const end = readTaskEnd({ task: task({ exitCode: 0 }) });
    expect(end).toMatchObject({
      error: undefined,
      exitCode: 0,
      createdAt: new Date('2026-11-22T02:00:00.123Z'),
    });
    expect(decideOutcome(end, { attempt: 2, size: 'medium', record: undefined })).toEqual({
      verdict: 'done',
      code: null,
      message: null,
      size: 'medium',
      attempt: 2,
      waitSeconds: 0,
      capacity: CAPACITY.spot,
    });
  });

  it.each<[what: string, caught: Caught, verdict: string, code: string]>([
    ['a failure that stays', failed({ exitCode: 1 }), 'failed', 'CONNECTION_FAILED'],
    ['a config that is wrong', failed({ exitCode: 2 }), 'failed', 'CONNECTION_FAILED'],
    ['a plan that is running already', failed({ exitCode: 3 }), 'skipped', 'CONNECTION_FAILED'],
    ['a failure that passes', failed({ exitCode: 75 }), 'retry', 'CONNECTION_FAILED'],
    [
      'want of memory',
      failed({ exitCode: 137, reason: 'OutOfMemoryError: Container killed due to memory usage' }),
      'bigger',
      'TASK_KILLED',
    ],
    ['a kill without a reason', failed({ exitCode: 137 }), 'bigger', 'TASK_KILLED'],
    ['a signal before anything began', failed({ exitCode: 143 }), 'retry', 'CONNECTION_FAILED'],
    [
      'Spot capacity that is gone',
      failed({
        exitCode: 75,
        stopCode: 'SpotInterruption',
        stoppedReason: 'Your Spot Task was interrupted.',
      }),
      'retry',
      'INTERRUPTED',
    ],
    [
      'Spot capacity that is gone faster than a run can end',
      failed({
        exitCode: 137,
        stopCode: 'SpotInterruption',
        stoppedReason: 'Your Spot Task was interrupted.',
      }),
      'retry',
      'INTERRUPTED',
    ],
    [
      'Spot capacity that is gone before anything was listening',
      failed({
        exitCode: 143,
        stopCode: 'SpotInterruption',
        stoppedReason: 'Your Spot Task was interrupted.',
      }),
      'retry',
      'INTERRUPTED',
    ],
    [
      'Spot capacity that is gone before the container was there',
      failed({ stopCode: 'SpotInterruption', stoppedReason: 'Your Spot Task was interrupted.' }),
      'retry',
      'INTERRUPTED',
    ],
    [
      'a machine that AWS mends',
      failed({
        exitCode: 75,
        stopCode: 'TerminationNotice',
        stoppedReason:
          'ECS is performing maintenance on the underlying infrastructure hosting the task.',
      }),
      'retry',
      'INTERRUPTED',
    ],
    [
      'somebody who stops it',
      failed({ exitCode: 75, stopCode: 'UserInitiated', stoppedReason: 'Task stopped by user' }),
      'failed',
      'INTERRUPTED',
    ],
    [
      'an image that can not be pulled',
      failed({
        stopCode: 'TaskFailedToStart',
        stoppedReason:
          'CannotPullContainerError: pull image manifest has been retried 5 time(s): failed to resolve ref: i/o timeout',
      }),
      'retry',
      'TASK_NOT_STARTED',
    ],
    [
      'a network that has no way to a service',
      failed({
        stopCode: 'TaskFailedToStart',
        stoppedReason: 'ResourceInitializationError: unable to pull secrets or registry auth',
      }),
      'retry',
      'TASK_NOT_STARTED',
    ],
    [
      'no capacity',
      {
        Error: 'ECS.AmazonECSException',
        Cause: JSON.stringify({
          Failures: [{ Reason: 'Capacity is unavailable at this time' }],
          Tasks: [],
        }),
      },
      'retry',
      'TASK_NOT_STARTED',
    ],
    [
      'a role that may not start it',
      {
        Error: 'ECS.AccessDeniedException',
        Cause: 'User: arn:aws:sts::1:assumed-role/x is not authorized to perform: ecs:RunTask',
      },
      'failed',
      'TASK_NOT_STARTED',
    ],
    [
      'a definition that is gone',
      { Error: 'ECS.ClientException', Cause: 'TaskDefinition is inactive' },
      'failed',
      'TASK_NOT_STARTED',
    ],
    [
      'a throttled call',
      { Error: 'ECS.ThrottlingException', Cause: 'Rate exceeded' },
      'retry',
      'TASK_NOT_STARTED',
    ],
    ['a time-out', { Error: 'States.Timeout', Cause: null }, 'failed', 'TASK_TIMED_OUT'],
    ['a time-out without a cause', { Error: 'States.Timeout' }, 'failed', 'TASK_TIMED_OUT'],
  ])('of %s', (_what, caught, verdict, code) => {
    expect(judge(caught, { record: RECORD })).toMatchObject({
      verdict,
      code,
      message: expect.stringMatching(/\w/),
    });
  });

  it('says where to look when the task left no record', () => {
    expect(judge(failed({ exitCode: 1 }))).toMatchObject({
      code: 'TASK_FAILED',
      message: expect.stringContaining('exit status 1'),
    });
  });

  it('is tried for the last time on capacity that nobody takes away, as large as it was', () => {
    const interrupted = failed({
      exitCode: 137,
      stopCode: 'SpotInterruption',
      stoppedReason: 'Your Spot Task was interrupted.',
    });
    expect(judge(interrupted, { attempt: 1 })).toMatchObject({
      attempt: 2,
      capacity: CAPACITY.spot,
      size: 'small',
      waitSeconds: 60,
    });
    expect(judge(interrupted, { attempt: 2 })).toMatchObject({
      attempt: 3,
      capacity: CAPACITY.lasting,
      size: 'small',
    });
    expect(judge(failed({ exitCode: 137 }), { attempt: 2 })).toMatchObject({
      capacity: CAPACITY.lasting,
      size: 'medium',
    });
  });

  it('is as short as two hundred in one payload have to be', () => {
    const record = { ...RECORD, error: { ...RECORD.error, message: 'x'.repeat(5000) } };
    expect(judge(failed({ exitCode: 1 }), { record }).message?.length).toBeLessThan(320);
  });

  it('names the next size, at once, and none above the largest', () => {
    expect(judge(failed({ exitCode: 137 }))).toMatchObject({
      size: 'medium',
      attempt: 2,
      waitSeconds: 0,
    });
    expect(judge(failed({ exitCode: 137 }), { size: 'large' })).toMatchObject({
      verdict: 'failed',
      size: 'large',
      code: 'TASK_KILLED',
    });
  });

  it('is no try without end', () => {
    expect(judge(failed({ exitCode: 75 }), { attempt: 1 })).toMatchObject({
      verdict: 'retry',
      attempt: 2,
      waitSeconds: 60,
    });
    expect(judge(failed({ exitCode: 75 }), { attempt: 2 })).toMatchObject({
      verdict: 'retry',
      attempt: 3,
      waitSeconds: 300,
    });
    for (const exitCode of [75, 137])
      expect(judge(failed({ exitCode }), { attempt: MAX_ATTEMPTS })).toMatchObject({
        verdict: 'failed',
        message: expect.stringContaining('3 times'),
      });
  });

  it('is one line, however much AWS has to say', () => {
    const stoppedReason = `CannotPullContainerError:\n ${'x'.repeat(2000)}`;
    const { message } = judge(failed({ stopCode: 'TaskFailedToStart', stoppedReason }));
    expect(message?.length).toBeLessThan(400);
    expect(message).not.toContain('\n');
  });

  it.each([
    '',
    '{',
    'null',
    '[]',
    '{"Containers":[]}',
    '{"Containers":"x","CreatedAt":{}}',
  ])('is never a crash: %s', (Cause) => {
    expect(judge({ Error: 'States.TaskFailed', Cause })).toMatchObject({
      code: 'TASK_NOT_STARTED',
    });
  });
});
