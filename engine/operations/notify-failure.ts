import { setTimeout as sleep } from 'node:timers/promises';
import type { Observation, Problem } from '../domain/alerts.ts';
import {
  type EndedExecution,
  type EndedRun,
  type FailureNotice,
  planOfExecution,
  type StoppedTask,
} from '../domain/failure-notice.ts';
import { isEndedBy } from '../domain/run-ends.ts';
import {
  problemOfExecution,
  problemOfTask,
  problemsOfRun,
  type SafetyOf,
  safetyIn,
  wasTold,
} from '../domain/run-problems.ts';
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
 * Tells the topics, in one message, every failure of a run and every earlier one that it ends, or what EventBridge saw of a run or task
 * that could not tell itself.
 * @throws HoldfastError ALERT_FAILED: a failure that nobody hears of must not look like one that was told.
 */
export async function notifyFailure(
  context: NotifyContext,
  notice: FailureNotice,
): Promise<Notified> {
  const problems = await problemsIn(context, notice);
  assertTold(
    await tell(context.alerting, { at: context.clock.now(), problems, wouldSee: endsIn(notice) }),
  );
  return { problems: problems.length };
}

/** Only a run that went well ends anything. */
function endsIn(notice: FailureNotice): Observation['wouldSee'] {
  return 'detail-type' in notice ? () => false : (key) => isEndedBy(key, notice as EndedRun);
}

/** @throws HoldfastError ALERT_FAILED where a channel did not take it. */
export function assertTold(complaints: readonly string[]): void {
  if (complaints.length === 0) return;
  throw new HoldfastError({
    code: 'ALERT_FAILED',
    message: complaints.join('; '),
    retryable: true,
  });
}

async function problemsIn(context: NotifyContext, notice: FailureNotice): Promise<Problem[]> {
  if (!('detail-type' in notice))
    return problemsOfRun(notice as EndedRun, await safetyFor(context, notice as EndedRun));
  if (notice['detail-type'] === 'ECS Task State Change')
    return [problemOfTask(notice.detail as StoppedTask)].filter((one) => one !== undefined);
  return executionProblems(context, notice.detail as EndedExecution);
}

/** EventBridge does not always say the error: then what was told since the run began decides. */
async function executionProblems(
  { alerting, clock }: NotifyContext,
  execution: EndedExecution,
): Promise<Problem[]> {
  const problem = problemOfExecution(execution);
  if (problem === undefined) return [];
  if (execution.error) return [problem];
  const since = new Date(execution.startDate ?? clock.now().getTime());
  const states = await Promise.all(
    alerting.notifiers.map(({ channel }) => alerting.memory.recall(channel).catch(nothing)),
  );
  return states.some((state) => wasTold(state, { plan: planOfExecution(execution), since }))
    ? []
    : [problem];
}

/** `tell` says what is wrong with the memory. */
const nothing = () => ({});

/** Of a run that went well nobody asks. */
function safetyFor(context: NotifyContext, { results }: EndedRun): Promise<SafetyOf> | SafetyOf {
  return results.some(({ status }) => status === 'failed') ? safety(context) : () => '';
}

/** A vault that does not answer, or not in time, must not keep the alert from going out. */
async function safety({ repository, patienceMs = PATIENCE_MS }: NotifyContext): Promise<SafetyOf> {
  const unknown = (why: string) => () => `what is still safe is not known: ${why}`;
  const over = new AbortController();
  const tooLate = sleep(patienceMs, unknown('the vault did not answer in time'), {
    signal: over.signal,
  }).catch(() => unknown(''));
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
