import type { Command } from 'commander';
import { HoldfastError, isHoldfastError } from '../engine/errors.ts';
import { tellOutcome } from './alerting.ts';
import { exitStatusOf } from './exit-status.ts';
import { type GlobalOptions, Invocation } from './invocation.ts';

/** What a command does; `options` are its own and the global ones. */
export type Action = (invocation: Invocation, options: Record<string, unknown>, args: string[]) => Promise<void>;

/** Makes a commander action of a command: opens and ends the invocation around it. */
export type Run = (action: Action) => (...given: unknown[]) => Promise<void>;

export const run: Run =
  (action) =>
  async (...given) => {
    const command = given.at(-1) as Command;
    const options = command.optsWithGlobals<GlobalOptions>();
    const invocation = new Invocation(options, command.name());
    const failure = await action(invocation, { ...options }, command.args).then(() => undefined, known);
    await tellOutcome(invocation, failure);
    if (failure !== undefined) report(failure, invocation);
    invocation.end();
  };

/** Says what went wrong, as the last thing, and sets the exit status. */
export function report(error: unknown, invocation: Invocation): void {
  const failure = known(error);
  const status = exitStatusOf(failure, invocation);
  process.exitCode = status;
  invocation.printer.failure(failure, status);
  invocation.end();
}

function known(error: unknown): HoldfastError {
  return isHoldfastError(error) ? error : internal(error);
}

/** A fault of ours: its stack helps whoever mends it, and its message may hold anything. */
function internal(error: unknown): HoldfastError {
  const place =
    error instanceof Error
      ? (error.stack ?? '')
          .split('\n')
          .slice(1, 4)
          .map((line) => line.trim())
          .join(' ')
      : '';
  return new HoldfastError({
    code: 'INTERNAL',
    message: `a fault of Holdfast itself (${error instanceof Error ? error.name : typeof error}) ${place}`,
    hint: 'Please report it with this line; it holds no data of yours.',
    cause: error,
  });
}
