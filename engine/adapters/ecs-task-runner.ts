import { CloudWatchLogsClient, GetLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import {
  DescribeTasksCommand,
  ECSClient,
  RunTaskCommand,
  type RunTaskCommandInput,
  type Task,
} from '@aws-sdk/client-ecs';
import { STACK_ENV } from '../contract.ts';
import type { RunTaskRequest } from '../domain/run-task-request.ts';
import { TASK_CONTAINER } from '../domain/stack-names.ts';
import type { TaskEnd } from '../domain/task-end.ts';
import { HoldfastError } from '../errors.ts';
import {
  type LogPart,
  type StartedTask,
  type TaskRunner,
  type TaskSight,
  UNKNOWN_TASK,
} from '../ports/task-runner.ts';
import { clientOptions } from './aws-client-options.ts';
import { serviceFailure } from './service-failure.ts';

/** Who started it, as `aws ecs list-tasks --started-by` knows it. */
const STARTED_BY = 'holdfast-remote';

/** Tasks of ECS, and their streams in CloudWatch Logs. */
export class EcsTaskRunner implements TaskRunner {
  readonly #ecs: ECSClient;
  readonly #logs: CloudWatchLogsClient;

  constructor({ env, region }: { env: NodeJS.ProcessEnv; region: string }) {
    this.#ecs = new ECSClient(clientOptions(env, { service: 'ECS', region }));
    this.#logs = new CloudWatchLogsClient(
      clientOptions(env, { service: 'CLOUDWATCH_LOGS', region }),
    );
  }

  async start(request: RunTaskRequest, job: string): Promise<StartedTask> {
    const { cluster, taskDefinition } = request;
    const environment = [{ name: STACK_ENV.job, value: job }];
    const overrides = { containerOverrides: [{ name: TASK_CONTAINER, environment }] };
    const input: RunTaskCommandInput = { ...request, count: 1, startedBy: STARTED_BY, overrides };
    const { tasks = [], failures = [] } = await this.#ecs
      .send(new RunTaskCommand(input))
      .catch((error: unknown) => {
        throw serviceFailure(error, { action: 'ecs:RunTask', what: taskDefinition });
      });
    const arn = tasks[0]?.taskArn;
    if (arn === undefined) throw refused(failures[0]?.reason);
    return { arn, cluster };
  }

  async look({ arn, cluster }: StartedTask): Promise<TaskSight> {
    try {
      const { tasks: [task] = [] } = await this.#ecs.send(
        new DescribeTasksCommand({ cluster, tasks: [arn] }),
      );
      if (task !== undefined)
        return {
          status: task.lastStatus ?? '',
          end: task.lastStatus === 'STOPPED' ? endOf(task) : undefined,
        };
      return { status: UNKNOWN_TASK, end: undefined };
    } catch (error) {
      throw serviceFailure(error, { action: 'ecs:DescribeTasks', what: arn });
    }
  }

  async read(
    { group, stream }: { group: string; stream: string },
    position: string | undefined,
  ): Promise<LogPart> {
    const from = position === undefined ? {} : { nextToken: position };
    const request = { logGroupName: group, logStreamName: stream, startFromHead: true, ...from };
    try {
      const { events = [], nextForwardToken } = await this.#logs.send(
        new GetLogEventsCommand(request),
      );
      return { events: events.map(({ message = '' }) => message), position: nextForwardToken };
    } catch (error) {
      if (error instanceof Error && error.name === 'ResourceNotFoundException')
        return { events: [], position };
      throw serviceFailure(error, { action: 'logs:GetLogEvents', what: `${group} ${stream}` });
    }
  }
}

function endOf({ taskArn, stopCode, stoppedReason, createdAt, containers = [] }: Task): TaskEnd {
  const { exitCode, reason } =
    containers.find(({ name }) => name === TASK_CONTAINER) ?? containers[0] ?? {};
  return {
    error: exitCode === 0 ? undefined : (stopCode ?? 'TaskFailed'),
    taskArn,
    exitCode,
    stopCode,
    reason: reason ?? stoppedReason,
    createdAt,
  };
}

function refused(reason = 'no reason was given'): HoldfastError {
  return new HoldfastError({
    code: 'TASK_NOT_STARTED',
    message: `the task never started: ${reason}`,
    hint: 'docs/RUNBOOK.md#task-never-started says what each reason means.',
  });
}
