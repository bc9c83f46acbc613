import type { Command } from 'commander';
import { exitStatusOf } from '../engine/domain/exit-status.ts';
import { knownFailure } from '../engine/domain/known-failure.ts';
import { limitTyped } from '../engine/domain/text/limit-typed.ts';
import { HoldfastError } from '../engine/errors.ts';
import { tellOutcome } from './alerting.ts';
import { withConfigOrigin } from './config-origin.ts';
import { type GlobalOptions, Invocation } from './invocation.ts';

/** What a command does; `options` are its own and the global ones. */
export type Action = (
  invocation: Invocation,
  options: Record<string, unknown>,
  args: string[],
) => Promise<void>;

/** Makes a commander action of a command: opens and ends the invocation around it. */
export type Run = (action: Action) => (...given: unknown[]) => Promise<void>;

export const run: Run =
  (action) =>
  async (...given) => {
    const command = given.at(-1) as Command;
    const options = command.optsWithGlobals<GlobalOptions>();
    const invocation = new Invocation(options, command.name());
    const failure = await action(invocation, { ...options }, command.args).then(
      () => undefined,
      (error: unknown) => withConfigOrigin(knownFailure(error), invocation),
    );
    await tellOutcome(invocation, failure);
    if (failure !== undefined) report(failure, invocation);
    invocation.end();
  };

/** Answers repeat little of what was typed, and no password of it. */
function withTypedLimited({ code, message, hint, retryable, cause }: HoldfastError): HoldfastError {
  const typed = process.argv.slice(2);
  return new HoldfastError({
    ...{ code, message: limitTyped(message, typed), retryable, cause },
    ...(hint === undefined ? {} : { hint: limitTyped(hint, typed) }),
  });
}

/** Says what went wrong, as the last thing, and sets the exit status. */
export function report(error: unknown, invocation: Invocation): void {
  const failure = withTypedLimited(knownFailure(error));
  const status = exitStatusOf(failure, invocation);
  process.exitCode = status;
  invocation.printer.failure(failure, status);
  invocation.end();
}
