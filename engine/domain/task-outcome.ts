import type { RUN_VERDICTS } from '../contract.ts';
import type { ErrorCode } from '../errors.ts';
import type { AuditRecord } from './audit-record.ts';
import { EXIT } from './exit-status.ts';
import type { TaskEnd } from './task-end.ts';
import { biggerThan, type TaskSize } from './task-size.ts';

export type RunVerdict = (typeof RUN_VERDICTS)[number];

/** Capacity providers of Fargate. */
export const CAPACITY = { spot: 'FARGATE_SPOT', lasting: 'FARGATE' } as const;
export type Capacity = (typeof CAPACITY)[keyof typeof CAPACITY];

/** What came of one try of one task, and what is to be done now. */
export interface TaskOutcome {
  verdict: RunVerdict;
  /** Of HoldfastError, or of how the task ended; null when it is done. */
  code: string | null;
  message: string | null;
  /** Of the next try. */
  size: TaskSize;
  attempt: number;
  /** Pause before the next try; 0 where there is none. */
  waitSeconds: number;
  /** Of the next try, where the task may run on Spot: the last one may not be taken away. */
  capacity: Capacity;
}

export interface OutcomeOptions {
  /** Of the try that ended, from 1. */
  attempt: number;
  size: TaskSize;
  /** What the task wrote about itself, where it came so far. */
  record: Pick<AuditRecord, 'status' | 'error'> | undefined;
}

/** Tries of one task, whatever it was that passed. */
export const MAX_ATTEMPTS = 3;
const WAIT_SECONDS = [60, 300] as const;
/** Of a container that was killed: 128 + SIGKILL, 128 + SIGTERM. */
const [KILLED, TERMINATED] = [137, 143];

type Reason = { code: ErrorCode | (string & {}); message: string };
type Judged = Reason & { verdict: Exclude<RunVerdict, 'done'> };

/** Whether a task did its work, and else whether another try may. */
export function decideOutcome(end: TaskEnd, options: OutcomeOptions): TaskOutcome {
  const { size, attempt } = options;
  if (end.error === undefined)
    return {
      verdict: 'done',
      code: null,
      message: null,
      size,
      attempt,
      waitSeconds: 0,
      capacity: capacityOf(attempt),
    };
  return settle(judge(end, options), options);
}

/** No verdict asks for a try that may not be made. */
function settle(
  { verdict, code, message: said }: Judged,
  { attempt, size }: OutcomeOptions,
): TaskOutcome {
  const message = oneLine(said);
  const stays = { code, message, size, attempt, waitSeconds: 0, capacity: capacityOf(attempt) };
  if (verdict !== 'retry' && verdict !== 'bigger') return { verdict, ...stays };
  const next = verdict === 'bigger' ? biggerThan(size) : size;
  if (next === undefined)
    return { verdict: 'failed', ...stays, message: `${message}, and there is no larger task` };
  if (attempt >= MAX_ATTEMPTS)
    return { verdict: 'failed', ...stays, message: `${message}, ${attempt} times` };
  const waitSeconds = verdict === 'bigger' ? 0 : (WAIT_SECONDS[attempt - 1] ?? 0);
  return {
    verdict,
    code,
    message,
    size: next,
    attempt: attempt + 1,
    waitSeconds,
    capacity: capacityOf(attempt + 1),
  };
}

function capacityOf(attempt: number): Capacity {
  return attempt < MAX_ATTEMPTS ? CAPACITY.spot : CAPACITY.lasting;
}

function judge(end: TaskEnd, options: OutcomeOptions): Judged {
  if (end.error === 'States.Timeout') return { verdict: 'failed', ...TIMED_OUT };
  if (isTakenAway(end))
    return {
      verdict: 'retry',
      code: 'INTERRUPTED',
      message: `AWS took the task away (${oneLine(end.reason)})`,
    };
  if (end.exitCode === undefined) return judgeNeverRan(end);
  if (end.stopCode === 'UserInitiated')
    return { verdict: 'failed', code: 'INTERRUPTED', message: 'somebody stopped the task' };
  if (end.exitCode === KILLED)
    return {
      verdict: 'bigger',
      code: 'TASK_KILLED',
      message: 'the task was killed, as when it needs more memory than it has',
    };
  const { code, message } = options.record?.error ?? unrecorded(end.exitCode);
  if (end.exitCode === EXIT.skipped) return { verdict: 'skipped', code, message };
  return {
    verdict: end.exitCode === EXIT.passing || end.exitCode === TERMINATED ? 'retry' : 'failed',
    code,
    message,
  };
}

const TIMED_OUT: Reason = {
  code: 'TASK_TIMED_OUT',
  message: 'the task was stopped because it took longer than its plan and size allow',
};

function unrecorded(exitCode: number): Reason {
  return {
    code: 'TASK_FAILED',
    message: `the task ended with exit status ${exitCode} and left no record: its log says why`,
  };
}

/** Spot capacity that is needed elsewhere, a machine that AWS mends. */
function isTakenAway({ stopCode }: TaskEnd): boolean {
  return (
    stopCode === 'SpotInterruption' ||
    stopCode === 'TerminationNotice' ||
    stopCode === 'ServiceSchedulerInitiated'
  );
}

/** Refused once is refused for ever; an image or a network that could not be had may be there in five minutes. */
const LASTING =
  /AccessDenied|InvalidParameter|ClientException|ClusterNotFound|PlatformUnknown|Unsupported|BlockedException|States\.Permissions|States\.Runtime/;

function judgeNeverRan({ error, reason }: TaskEnd): Judged {
  const words = `${error} ${reason ?? ''}`;
  const message = `the task never started: ${oneLine(reason ?? error)}`;
  return { verdict: LASTING.test(words) ? 'failed' : 'retry', code: 'TASK_NOT_STARTED', message };
}

/** Results of a whole fleet travel as one payload of 256 KiB. */
const MAX_REASON = 300;

function oneLine(text = 'no reason was given'): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length > MAX_REASON ? `${line.slice(0, MAX_REASON)}...` : line;
}
