import { setTimeout as sleep } from 'node:timers/promises';
import type { Problem } from '../domain/alerts.ts';
import { type EndedExecution, type FailedRun, type FailureNotice, planOfExecution, type StoppedTask } from '../domain/failure-notice.ts';
import { problemOfExecution, problemOfTask, problemsOfRun, type SafetyOf, safetyIn, wasTold } from '../domain/run-problems.ts';
import { HoldfastError, isHoldfastError } from '../errors.ts';
import { readEntries } from './catalog.ts';
import type { Context } from './context.ts';
import { type Alerting, tell } from './tell.ts';

export interface NotifyContext extends Pick<Context, 'repository' | 'clock'> {
  alerting: Alerting;
  /** How long the vault may take to say what is still safe. */
  patienceMs?: number;
}

const PATIENCE_MS = 20_000;

export interface Notified {
  /** How many there were to tell; what was told not long ago is not told again. */
  problems: number;
}

/**
 * Tells the topics, in one message, every failure of a run, or what EventBridge saw of a run or task that could not tell itself.
 * @throws HoldfastError ALERT_FAILED: a failure that nobody hears of must not look like one that was told.
 */
export async function notifyFailure(context: NotifyContext, notice: FailureNotice): Promise<Notified> {
  const problems = await problemsIn(context, notice);
  if (problems.length === 0) return { problems: 0 };
  const observation = { at: context.clock.now(), problems, wouldSee: () => false };
  assertTold(await tell(context.alerting, observation));
  return { problems: problems.length };
}

/** @throws HoldfastError ALERT_FAILED where a channel did not take it. */
export function assertTold(complaints: readonly string[]): void {
  if (complaints.length === 0) return;
  throw new HoldfastError({ code: 'ALERT_FAILED', message: complaints.join('; '), retryable: true });
}

async function problemsIn(context: NotifyContext, notice: FailureNotice): Promise<Problem[]> {
  if (!('detail-type' in notice)) return problemsOfRun(notice as FailedRun, await safety(context));
  if (notice['detail-type'] === 'ECS Task State Change')
    return [problemOfTask(notice.detail as StoppedTask)].filter((one) => one !== undefined);
  return executionProblems(context, notice.detail as EndedExecution);
}

/** EventBridge does not always say the error: then what was told since the run began decides. */
async function executionProblems({ alerting, clock }: NotifyContext, execution: EndedExecution): Promise<Problem[]> {
  const problem = problemOfExecution(execution);
  if (problem === undefined) return [];
  if (execution.error) return [problem];
  const since = new Date(execution.startDate ?? clock.now().getTime());
  const states = await Promise.all(alerting.notifiers.map(({ channel }) => alerting.memory.recall(channel)));
  return states.some((state) => wasTold(state, { plan: planOfExecution(execution), since })) ? [] : [problem];
}

/** A vault that does not answer, or not in time, must not keep the alert from going out. */
async function safety({ repository, patienceMs = PATIENCE_MS }: NotifyContext): Promise<SafetyOf> {
  const unknown = (why: string) => () => `what is still safe is not known: ${why}`;
  const over = new AbortController();
  const tooLate = sleep(patienceMs, unknown('the vault did not answer in time'), { signal: over.signal }).catch(() => unknown(''));
  const known = readEntries(repository).then(safetyIn, (error: unknown) => {
    if (!isHoldfastError(error)) throw error;
    return unknown(error.message);
  });
  try {
    return await Promise.race([known, tooLate]);
  } finally {
    over.abort();
  }
}
