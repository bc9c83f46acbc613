import type { z } from 'zod';
import { systemClock } from '../adapters/system-clock.ts';
import type { RunSubject } from '../domain/alert-key.ts';
import { exitStatusOf } from '../domain/exit-status.ts';
import { observeFunctionFailure } from '../domain/function-failure.ts';
import { failureLine, knownFailure } from '../domain/known-failure.ts';
import { observeSuccess } from '../domain/observations.ts';
import { HoldfastError, interrupted, isHoldfastError } from '../errors.ts';
import { assertTold } from '../operations/notify-failure.ts';
import { patiently } from '../operations/patience.ts';
import { tell } from '../operations/tell.ts';
import { openStack, type Stack } from './from-stack.ts';
import { stackAlertingOf } from './stack-alerts.ts';
import { writeLine } from './write-line.ts';

export interface Service<Event, Result> {
  event: z.ZodType<Event>;
  work: (stack: Stack, event: Event, signal: AbortSignal) => Promise<Result>;
  /** It tries again as long as its time lasts, because what calls it gives up within minutes. */
  isPatient?: boolean;
  /** As what its own failures are told, where nobody else tells them. */
  tellsAs?: (event: Event) => RunSubject;
}

/** What Lambda says of a call, as far as it is looked at. */
interface Call {
  getRemainingTimeInMillis?: () => number;
}

/** What is left of the time limit for ending in order. */
const ENDING_MS = 15_000;

/**
 * Makes a handler of Lambda: event -> operation -> result. A failure is a line of its log and fails the call, so that Lambda tries it
 * again and then keeps it in the queue of dead letters. What no second try mends is told to the topics at once.
 */
export function serve<Event, Result extends object>(service: Service<Event, Result>) {
  return async (given: unknown, call: Call = {}): Promise<Result> => {
    const { signal, end } = timeLimit(call);
    try {
      const event = parseEvent(service.event, given);
      const result = await carryOut(service, { event, signal });
      writeLine({ type: 'result', ...result });
      return result;
    } catch (error) {
      const failure = knownFailure(error);
      writeLine(failureLine(failure, exitStatusOf(failure)));
      throw withoutCause(failure);
    } finally {
      end();
    }
  };
}

async function carryOut<Event, Result>(
  { work, isPatient, tellsAs }: Service<Event, Result>,
  { event, signal }: { event: Event; signal: AbortSignal },
): Promise<Result> {
  const subject = tellsAs?.(event);
  let stack: Stack | undefined;
  const attempt = async () => {
    stack = await openStack(process.env);
    return work(stack, event, signal);
  };
  try {
    const result = isPatient ? await patiently(attempt, { signal }) : await attempt();
    if (stack !== undefined && subject !== undefined) await tellSuccess(stack, subject);
    return result;
  } catch (error) {
    const failure = knownFailure(error);
    if (stack !== undefined && subject !== undefined)
      await tellFailure(stack, { subject, failure });
    throw failure;
  }
}

/** What is done is done: an end that can't be told now is told by the next call that goes well. */
async function tellSuccess(stack: Stack, subject: RunSubject): Promise<void> {
  const complaints = await tell(stackAlertingOf(stack), observeSuccess(subject, systemClock.now()));
  for (const text of complaints) writeLine({ type: 'note', text });
}

/** Where it can't be told, its line in the log says at least what it was. */
async function tellFailure(
  stack: Stack,
  { subject, failure }: { subject: RunSubject; failure: HoldfastError },
): Promise<void> {
  if (failure.retryable || failure.code === 'ALERT_FAILED') return;
  const complaints = await tell(
    stackAlertingOf(stack),
    observeFunctionFailure(subject, failure, systemClock.now()),
  );
  if (complaints.length > 0) writeLine(failureLine(failure, exitStatusOf(failure)));
  assertTold(complaints);
}

function parseEvent<Event>(schema: z.ZodType<Event>, given: unknown): Event {
  const parsed = schema.safeParse(given);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new HoldfastError({
    code: 'USAGE',
    message: `the event is not one of this function's (${issue?.path.join('.') || 'event'}: ${issue?.message})`,
    hint: 'Schedules, state machines and rules of the stack send what it takes: deploy the stack again.',
  });
}

function timeLimit({ getRemainingTimeInMillis }: Call): { signal: AbortSignal; end: () => void } {
  const controller = new AbortController();
  if (getRemainingTimeInMillis === undefined)
    return { signal: controller.signal, end: () => undefined };
  const abort = () => controller.abort(interrupted('the time limit of the function'));
  const timer = setTimeout(abort, Math.max(0, getRemainingTimeInMillis() - ENDING_MS));
  return { signal: controller.signal, end: () => clearTimeout(timer) };
}

/** Lambda prints all that hangs at an error, and causes hold requests. Step Functions know it by its name. */
function withoutCause(failure: HoldfastError): Error {
  const { code, message, stack } = isHoldfastError(failure) ? failure : knownFailure(failure);
  const bare = new Error(message);
  bare.name = code;
  if (stack !== undefined) bare.stack = stack;
  return bare;
}
