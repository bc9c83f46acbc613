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
      const attempt = () => carryOut(service, { event, signal });
      const result = service.isPatient ? await patiently(attempt, { signal }) : await attempt();
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
  { work, tellsAs }: Service<Event, Result>,
  { event, signal }: { event: Event; signal: AbortSignal },
) {
  const stack = await openStack(process.env);
  const subject = tellsAs?.(event);
  try {
    const result = await work(stack, event, signal);
    if (subject !== undefined) assertTold(await tell(stackAlertingOf(stack), observeSuccess(subject, systemClock.now())));
    return result;
  } catch (error) {
    const failure = knownFailure(error);
    const isForPeople = subject !== undefined && !failure.retryable && failure.code !== 'ALERT_FAILED';
    if (isForPeople) assertTold(await tell(stackAlertingOf(stack), observeFunctionFailure(subject, failure, systemClock.now())));
    throw failure;
  }
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
  if (getRemainingTimeInMillis === undefined) return { signal: controller.signal, end: () => undefined };
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
