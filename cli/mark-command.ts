import { Command } from 'commander';
import type { Context } from '../engine/operations/context.ts';
import type { MarkRequest, MarkResult } from '../engine/operations/mark-copies.ts';
import type { Run } from './run.ts';

export interface MarkCommandOptions<T extends MarkResult> {
  name: string;
  description: string;
  /** `read` where the mark is sealed with the key. */
  access: 'read' | 'optional';
  operation: (context: Context, request: MarkRequest) => Promise<T>;
  say: (result: T) => string;
}

/** A command that puts one mark on every copy of a set. */
export function markCommand<T extends MarkResult>(
  run: Run,
  { name, description, access, operation, say }: MarkCommandOptions<T>,
): Command {
  return new Command(name)
    .description(description)
    .argument('<set>', 'id, latest, latest-proven, DATABASE/latest or DATABASE/PLAN/latest')
    .option('--reason <text>', 'stored with the set and in the audit record')
    .action(
      run(async (invocation, { reason }, [set = '']) => {
        const context = await invocation.context(await invocation.load(), { access });
        const result = await operation(context, { set, reason: reason as string | undefined });
        invocation.printer.result(result, say);
      }),
    );
}
