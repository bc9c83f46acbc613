import { alertingOf, heartbeatOf } from '../engine/composition/alerts.ts';
import { systemClock } from '../engine/composition/from-config.ts';
import { repositoriesOf } from '../engine/composition/repositories.ts';
import type { Observation } from '../engine/domain/alerts.ts';
import { isSkipped } from '../engine/domain/exit-status.ts';
import { severityOfBackups } from '../engine/domain/health/recovery-plan.ts';
import { observeCheck, observeFailure, observeSuccess } from '../engine/domain/observations.ts';
import { repeatOptions } from '../engine/domain/text/repeat-options.ts';
import type { HoldfastError } from '../engine/errors.ts';
import { withSafety } from '../engine/operations/alert/still-safe.ts';
import { beat, tell } from '../engine/operations/tell.ts';
import type { Invocation } from './invocation.ts';
import type { Subject } from './subject.ts';

/** Commands that run on a schedule: a person is told when one of them fails, and when it does well again. */
const WATCHED = new Set(['backup', 'verify', 'drill', 'prune', 'copy', 'check', 'seal', 'report']);

/**
 * Tells the channels of the config how a run ended, and the heartbeat monitor when it ended well. What
 * goes wrong here is a warning and changes nothing else: it must not hide what it reports.
 * @param failure undefined for a good run.
 */
export async function tellOutcome(
  invocation: Invocation,
  failure: HoldfastError | undefined,
): Promise<void> {
  if (!invocation.sendsAlerts) return;
  try {
    const complaints = await Promise.all([
      tellPeople(invocation, failure),
      failure === undefined ? tellWatchman(invocation) : [],
    ]);
    for (const complaint of complaints.flat()) invocation.printer.warning(complaint);
  } catch (error) {
    invocation.printer.warning(
      `alerts met a fault of Holdfast itself (${error instanceof Error ? error.name : typeof error})`,
    );
  }
}

async function tellPeople(
  invocation: Invocation,
  failure: HoldfastError | undefined,
): Promise<string[]> {
  const { command, loaded, subject } = invocation;
  if (loaded === undefined || subject === undefined || !WATCHED.has(command)) return [];
  const isSilent =
    failure === undefined
      ? invocation.isOneOff
      : isSkipped(failure) || invocation.stoppedBy === 'SIGINT';
  const alerting = isSilent ? undefined : alertingOf(loaded);
  if (alerting === undefined) return [];
  const seen = withOptions(observe(invocation, { subject, failure }), loaded);
  return tell(alerting, await withSafety(seen, { repositories: () => repositoriesOf(loaded) }));
}

/** Who reads a mail is in another directory: its commands name the config by its whole path. */
function withOptions(
  observation: Observation,
  { path, envFile }: { path: string | undefined; envFile?: string | undefined },
): Observation {
  const complete = (text: string) => repeatOptions(text, { config: path, envFile });
  const problems = observation.problems.map((problem) => ({
    ...problem,
    detail: complete(problem.detail),
    hint: problem.hint === null ? null : complete(problem.hint),
  }));
  return { ...observation, problems };
}

interface Outcome {
  subject: Subject;
  failure: HoldfastError | undefined;
}

function observe(
  { command, checked, options }: Invocation,
  { subject, failure }: Outcome,
): Observation {
  const at = systemClock.now();
  const run = { operation: command, ...subject };
  if (failure !== undefined) return observeFailure(run, failure, at);
  if (checked === undefined) return observeSuccess(run, at);
  return observeCheck(checked.findings, { at, repository: options.repository });
}

async function tellWatchman({ command, loaded, checked, isOneOff }: Invocation): Promise<string[]> {
  const isGood =
    (command === 'backup' && !isOneOff) ||
    (checked !== undefined && severityOfBackups(checked.findings) === 'ok');
  const heartbeat = loaded === undefined || !isGood ? undefined : heartbeatOf(loaded);
  return heartbeat === undefined ? [] : beat(heartbeat);
}
