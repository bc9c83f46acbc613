import { Command } from 'commander';
import { accept } from '../../engine/operations/hold.ts';
import type { Run } from '../run.ts';

export function acceptCommand(run: Run): Command {
  return new Command('accept')
    .description('take what made a set SUSPECT as the new normal, so that it freezes retention no longer')
    .argument('<set>', 'id, latest, latest-proven, DATABASE/latest or DATABASE/PLAN/latest')
    .option('--reason <text>', 'kept in the mark and the audit record')
    .action(
      run(async (invocation, { reason }, [set = '']) => {
        const context = await invocation.context(await invocation.load(), { access: 'none' });
        const result = await accept(context, { set, reason: reason as string | undefined });
        invocation.printer.result(
          result,
          `${result.id} is SUSPECT no longer in ${result.repositories.join(', ')}; drill it, and older sets may rest on it`,
        );
      }),
    );
}
