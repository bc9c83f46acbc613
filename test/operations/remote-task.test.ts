import { describe, expect, it } from 'vitest';
import { stackNames } from '../../engine/domain/stack-names.ts';
import { HoldfastError } from '../../engine/errors.ts';
import { type RemoteContext, runRemotely } from '../../engine/operations/remote-task.ts';
import type { TaskRunner } from '../../engine/ports/task-runner.ts';

const NAMES = stackNames('ward');
const DEFINITION = {
  States: {
    Verify: {
      Resource: 'arn:aws:states:::ecs:runTask.sync',
      Parameters: {
        Cluster: 'ward',
        TaskDefinition: NAMES.familyOf('verify', 'small'),
        Overrides: {},
      },
    },
  },
};
const RESULT = JSON.stringify({ type: 'result', result: { status: 'ok' } });

const lost = () =>
  new HoldfastError({
    code: 'SERVICE_FAILED',
    message: 'ecs:DescribeTasks failed (ENOTFOUND)',
    retryable: true,
  });

interface Scene {
  /** What the first looks and reads fail with. */
  looks?: HoldfastError[];
  reads?: HoldfastError[];
}

function setScene({ looks = [], reads = [] }: Scene): { context: RemoteContext; notes: string[] } {
  const notes: string[] = [];
  const end = {
    error: undefined,
    taskArn: 'task/1',
    exitCode: 0,
    stopCode: undefined,
    reason: undefined,
    createdAt: undefined,
  };
  const failWith = (failures: HoldfastError[]) => {
    const failure = failures.shift();
    if (failure !== undefined) throw failure;
  };
  const runner: TaskRunner = {
    start: async () => ({
      arn: 'arn:aws:ecs:eu-central-1:123456789012:task/ward/1',
      cluster: 'ward',
    }),
    look: async () => {
      failWith(looks);
      return { status: 'STOPPED', end };
    },
    read: async (_log, position) => {
      failWith(reads);
      return { events: position === undefined ? [RESULT] : [], position: 'end' };
    },
  };
  const context: RemoteContext = {
    ...{
      names: NAMES,
      account: undefined,
      region: 'eu-central-1',
      runner,
      lostPauseMs: 1,
      signal: new AbortController().signal,
      whoAsks: async () => EVE,
    },
    machines: {
      find: async () => 'arn:aws:states:eu-central-1:123456789012:stateMachine:run',
      definitionOf: async () => JSON.stringify(DEFINITION),
    },
    progress: () => undefined,
    note: (text) => notes.push(text),
  };
  return { context, notes };
}

const EVE = 'arn:aws:sts::123456789012:assumed-role/Ops/eve';

describe('a task', () => {
  const jobOf = async (change: Partial<RemoteContext> = {}) => {
    const { context, notes } = setScene({});
    const jobs: string[] = [];
    context.runner.start = async (_, job) => {
      jobs.push(job);
      return { arn: 'arn:aws:ecs:eu-central-1:123456789012:task/ward/1', cluster: 'ward' };
    };
    await runRemotely({ ...context, ...change }, { operation: 'check' }, 'small');
    return { job: JSON.parse(jobs[0] ?? '') as unknown, notes };
  };

  it('is told who asks for it', async () => {
    expect((await jobOf()).job).toEqual({ operation: 'check', requestedBy: EVE });
  });

  it('starts all the same where AWS does not say who asks, with a note', async () => {
    const lost = () =>
      Promise.reject(new HoldfastError({ code: 'SERVICE_FAILED', message: 'no answer' }));
    const { job, notes } = await jobOf({ whoAsks: lost });
    expect(job).toEqual({ operation: 'check' });
    expect(notes).toContain('the audit record will not name who asked: no answer');
  });
});

describe('following a task', () => {
  it('goes on when the connection comes back, and says once that it was lost', async () => {
    const { context, notes } = setScene({ looks: [lost(), lost(), lost()], reads: [lost()] });
    expect(await runRemotely(context, { operation: 'check' }, 'small')).toEqual({
      result: { status: 'ok' },
      exitStatus: 0,
    });
    expect(notes.filter((note) => /lost sight.*goes on/.test(note))).toHaveLength(2);
  });

  it('gives up when it stays away, and says how to follow and to stop the task, which goes on', async () => {
    const { context } = setScene({ looks: Array.from({ length: 100 }, lost) });
    await expect(runRemotely(context, { operation: 'check' }, 'small')).rejects.toMatchObject({
      code: 'SERVICE_FAILED',
      retryable: true,
      hint: expect.stringMatching(
        /The task goes on.*aws logs tail \/holdfast\/ward\/tasks .* Stop it: aws ecs stop-task --cluster ward --task 1 --region/,
      ),
    });
  });

  it('ends when ECS has forgotten the task, and does not say that it goes on', async () => {
    const { context } = setScene({});
    context.runner.look = async () => ({ status: 'MISSING', end: undefined });
    const failure = await runRemotely(
      { ...context, lookPauseMs: 1 },
      { operation: 'check' },
      'small',
    ).catch((error: unknown) => error);
    expect(failure).toMatchObject({
      code: 'SERVICE_FAILED',
      message: expect.stringContaining('ECS has forgotten the task'),
    });
    expect((failure as HoldfastError).hint).not.toContain('goes on');
  });

  it('gives up at once when it is refused', async () => {
    const denied = new HoldfastError({
      code: 'ACCESS_DENIED',
      message: 'logs:GetLogEvents was refused',
    });
    const { context, notes } = setScene({ reads: [denied] });
    await expect(runRemotely(context, { operation: 'check' }, 'small')).rejects.toMatchObject({
      code: 'ACCESS_DENIED',
    });
    expect(notes).toHaveLength(1);
  });
});
