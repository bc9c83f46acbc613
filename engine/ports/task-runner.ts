import type { RunTaskRequest } from '../domain/run-task-request.ts';
import type { TaskEnd } from '../domain/task-end.ts';

/** A task that ECS accepted. */
export interface StartedTask {
  arn: string;
  cluster: string;
}

/** Status of a task that ECS does not know yet, or not any more. */
export const UNKNOWN_TASK = 'MISSING';

export interface TaskSight {
  /** Of ECS: PROVISIONING, PENDING, RUNNING, ...; or `UNKNOWN_TASK`. */
  status: string;
  /** Undefined while it lives. */
  end: TaskEnd | undefined;
}

export interface LogPart {
  events: string[];
  /** Where to read on; undefined while there is no log yet. */
  position: string | undefined;
}

/** Starts tasks and looks at them. All throw HoldfastError SERVICE_FAILED, ACCESS_DENIED, CREDENTIALS. */
export interface TaskRunner {
  /** @param job HOLDFAST_JOB of its container. @throws HoldfastError TASK_NOT_STARTED also. */
  start(request: RunTaskRequest, job: string): Promise<StartedTask>;
  look(task: StartedTask): Promise<TaskSight>;
  /** What its log has since `position`; from its begin unless given. */
  read(log: { group: string; stream: string }, position: string | undefined): Promise<LogPart>;
}
