import { openStack, type Stack, stackVariable } from '../engine/composition/from-stack.ts';
import { measureInto } from '../engine/composition/measure.ts';
import { writeLine } from '../engine/composition/write-line.ts';
import type { Environment } from '../engine/config/from-environment.ts';
import { STACK_ENV } from '../engine/contract.ts';
import { EXIT, exitStatusOf } from '../engine/domain/exit-status.ts';
import { type Job, jobSchema } from '../engine/domain/job.ts';
import { failureLine, knownFailure } from '../engine/domain/known-failure.ts';
import { redactSecrets } from '../engine/domain/text/redact-secrets.ts';
import { HoldfastError, interrupted } from '../engine/errors.ts';
import { perform } from './perform.ts';
import { progressLines } from './progress-lines.ts';

/**
 * Does the job of this task: JSON lines on stdout as it goes, its result or its failure as the last one, and metrics.
 * @returns the exit status, which is the command line's.
 */
export async function runTask(env: Environment): Promise<number> {
  const { signal, stopListening } = abortOnSignals();
  let operation: string | undefined;
  try {
    const job = readJob(env);
    operation = job.operation;
    const stack = requestedFor(await openStack(env), job);
    signal.throwIfAborted();
    const done = await perform(job, { stack, signal, progress: progressLines(writeLine) });
    for (const note of done.notes) writeLine({ type: 'note', text: redactSecrets(note) });
    measureInto(stack)(done.measurements);
    writeLine({ type: 'result', operation, result: done.result });
    return done.exitStatus ?? EXIT.done;
  } catch (error) {
    const failure = knownFailure(error);
    const status = exitStatusOf(failure, { command: operation });
    writeLine(failureLine(failure, status));
    return status;
  } finally {
    stopListening();
  }
}

/** Each audit record of the task names who asked for it. */
function requestedFor(stack: Stack, { requestedBy }: Job): Stack {
  return requestedBy === undefined ? stack : { ...stack, actor: { ...stack.actor, requestedBy } };
}

function readJob(env: Environment): Job {
  const parsed = jobSchema.safeParse(parseJson(stackVariable(env, STACK_ENV.job)));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new HoldfastError({
    code: 'USAGE',
    message: `${STACK_ENV.job} is no job (${issue?.path.join('.') || 'job'}: ${issue?.message})`,
    hint: 'The state machine and `holdfast remote` make it; deploy the stack again if they are of another version.',
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Fargate sends SIGTERM and, 120 seconds later, SIGKILL: enough to abort uploads and to end sessions. A second signal ends at once. */
function abortOnSignals(): { signal: AbortSignal; stopListening: () => void } {
  const controller = new AbortController();
  const stop = (name: NodeJS.Signals) => {
    if (controller.signal.aborted) process.exit(EXIT.passing);
    controller.abort(interrupted(name));
  };
  const signals: NodeJS.Signals[] = ['SIGTERM', 'SIGINT'];
  for (const name of signals) process.on(name, stop);
  return {
    signal: controller.signal,
    stopListening: () => {
      for (const name of signals) process.off(name, stop);
    },
  };
}
