import type { Observation, Problem } from '../domain/alerts.ts';
import {
  type EndedExecution,
  type EndedRun,
  type FailureNotice,
  operationOfExecution,
  planOfExecution,
  type StoppedTask,
} from '../domain/failure-notice.ts';
import { isEndedBy } from '../domain/run-ends.ts';
import {
  problemOfExecution,
  problemOfTask,
  problemsOfRun,
  type SafetyOf,
  wasTold,
} from '../domain/run-problems.ts';
import { HoldfastError } from '../errors.ts';
import { readSafety } from './alert/still-safe.ts';
import type { Context, NamedRepository } from './context.ts';
import { type Alerting, tell } from './tell.ts';

export interface NotifyContext extends Pick<Context, 'clock'> {
  vault: NamedRepository;
  alerting: Alerting;
  /** How long the vault may take to say what is still safe. */
  patienceMs?: number;
}

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
  const kind = { plan: planOfExecution(execution), operation: operationOfExecution(execution) };
  return states.some((state) => wasTold(state, { ...kind, since })) ? [] : [problem];
}

/** `tell` says what is wrong with the memory. */
const nothing = () => ({});

/** Only what failed is asked about. */
function safetyFor(
  { vault, clock, patienceMs }: NotifyContext,
  { results }: EndedRun,
): Promise<SafetyOf> | SafetyOf {
  const failed = results.filter(({ status }) => status === 'failed');
  if (failed.length === 0) return () => '';
  return readSafety([...new Set(failed.map(({ database }) => database))], {
    repositories: async () => [vault],
    at: clock.now(),
    ...(patienceMs === undefined ? {} : { patienceMs }),
  });
}
