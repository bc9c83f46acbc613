import { z } from 'zod';

/** How a task of ECS ended, as far as its state machine was told. */
export interface TaskEnd {
  /** Name of the error that Step Functions caught; undefined where the task ended with 0. */
  error: string | undefined;
  taskArn: string | undefined;
  /** Undefined where the container never ran. */
  exitCode: number | undefined;
  /** ECS's own word: EssentialContainerExited, TaskFailedToStart, SpotInterruption, UserInitiated, ... */
  stopCode: string | undefined;
  /** What ECS says of the container, else of the task. */
  reason: string | undefined;
  createdAt: Date | undefined;
}

/** A time is milliseconds, as Step Functions write it, or ISO 8601, as events do. */
const time = z.union([z.number(), z.string()]).transform((value) => new Date(value));
const optional = <T extends z.ZodType>(schema: T) => schema.nullish().catch(undefined);

const taskSchema = z.looseObject({
  TaskArn: optional(z.string()),
  StopCode: optional(z.string()),
  StoppedReason: optional(z.string()),
  CreatedAt: optional(time),
  Containers: optional(
    z.array(z.looseObject({ ExitCode: optional(z.number()), Reason: optional(z.string()) })),
  ),
  Failures: optional(z.array(z.looseObject({ Reason: optional(z.string()) }))),
});

/** What `Catch` puts into the state. */
export const caughtSchema = z.looseObject({ Error: z.string(), Cause: z.string().nullish() });
export type Caught = z.output<typeof caughtSchema>;

/** @param task what ecs:runTask.sync answered, where it ended with 0. */
export function readTaskEnd({
  caught,
  task,
}: {
  caught?: Caught | undefined;
  task?: unknown;
}): TaskEnd {
  if (caught === undefined) return endOf(task, undefined);
  const cause = parseJson(caught.Cause ?? '');
  const end = endOf(cause, caught.Error);
  return cause === undefined ? { ...end, reason: caught.Cause || undefined } : end;
}

function endOf(value: unknown, error: string | undefined): TaskEnd {
  const { TaskArn, StopCode, StoppedReason, CreatedAt, Containers, Failures } =
    taskSchema.safeParse(value).data ?? {};
  const [container] = Containers ?? [];
  return {
    error,
    taskArn: TaskArn ?? undefined,
    exitCode: container?.ExitCode ?? undefined,
    stopCode: StopCode ?? undefined,
    reason: container?.Reason ?? Failures?.[0]?.Reason ?? StoppedReason ?? undefined,
    createdAt: CreatedAt ?? undefined,
  };
}

/** Undefined where the text is no JSON object. */
function parseJson(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}
