import type { TaskEnd } from '../../domain/task-end.ts';
import type { TaskError } from '../../domain/task-line.ts';
import { decideOutcome } from '../../domain/task-outcome.ts';
import type { TaskSize } from '../../domain/task-size.ts';
import { ERROR_CODES, type ErrorCode, HoldfastError } from '../../errors.ts';

export interface RemoteResult {
  /** The document of the command of the same name. */
  result: object;
  /** Of the task. */
  exitStatus: number;
}

/** What the log of a task says at its end. */
export interface LastWords {
  result: object | undefined;
  error: TaskError | undefined;
}

/** What became of a task, by its end and by the last words of its log. @throws HoldfastError what it failed with. */
export function concludeTask(
  end: TaskEnd | undefined,
  { seen, size }: { seen: LastWords; size: TaskSize },
): RemoteResult {
  if (seen.result !== undefined && end?.exitCode !== undefined)
    return { result: seen.result, exitStatus: end.exitCode };
  if (seen.error !== undefined) throw failureOf(seen.error);
  if (end === undefined) {
    throw new HoldfastError({
      code: 'SERVICE_FAILED',
      message:
        'ECS has forgotten the task, which ended while nobody looked, and its exit status with it',
      hint: '`holdfast list` shows what it made, and its log what it said.',
    });
  }
  if (end.exitCode === 0) {
    throw new HoldfastError({
      code: 'SERVICE_FAILED',
      message: 'the task did its work, and its result has not come into its log',
      hint: '`holdfast list` shows what it made; the log may have the result in a minute.',
    });
  }
  const { code, message } = decideOutcome(end, { attempt: 1, size, record: undefined });
  throw new HoldfastError({
    code: knownCode(code),
    message: message ?? '',
    hint: HINTS[knownCode(code)] ?? 'See its log.',
  });
}

const HINTS: Partial<Record<ErrorCode, string>> = {
  TASK_NOT_STARTED: 'docs/RUNBOOK.md#task-never-started says what each reason means.',
  TASK_KILLED: 'Run it again with a larger --size.',
};

/** A task of another version may fail with a code of its own. */
function knownCode(code: string | null): ErrorCode {
  return code !== null && code in ERROR_CODES ? (code as ErrorCode) : 'TASK_FAILED';
}

function failureOf({ code, message, hint, retryable }: TaskError): HoldfastError {
  return new HoldfastError({
    code: knownCode(code),
    message,
    retryable,
    ...(hint === null ? {} : { hint }),
  });
}
