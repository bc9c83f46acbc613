import { Command } from 'commander';
import { unhold } from '../../engine/operations/hold.ts';
import type { Run } from '../run.ts';

export function unholdCommand(run: Run): Command {
  return new Command('unhold')
    .description('leave a held set to retention again')
    .argument('<set>', 'id, latest, latest-proven, DATABASE/latest or DATABASE/PLAN/latest')
    .option('--reason <text>', 'kept in the mark and the audit record')
    .action(
      run(async (invocation, { reason }, [set = '']) => {
        const context = await invocation.context(await invocation.load(), { access: 'none' });
        const result = await unhold(context, { set, reason: reason as string | undefined });
        const { id, repositories } = result;
        invocation.printer.result(
          result,
          repositories.length === 0 ? `${id} was not held` : `${id} is no longer held in ${repositories.join(', ')}`,
        );
      }),
    );
}
