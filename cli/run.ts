import type { Command } from 'commander';
import { HoldfastError, isHoldfastError } from '../engine/errors.ts';
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
    const invocation = new Invocation(options);
    try {
      await action(invocation, { ...options }, command.args);
    } catch (error) {
      report(error, options, invocation);
    } finally {
      invocation.end();
    }
  };

/** Says what went wrong and sets the exit status. */
export function report(error: unknown, options: GlobalOptions, invocation = new Invocation(options)): void {
  const known = isHoldfastError(error) ? error : internal(error);
  const status = exitStatusOf(known);
  process.exitCode = status;
  invocation.printer.failure(known, status);
  invocation.end();
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
