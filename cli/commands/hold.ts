import { Command } from 'commander';
import { hold } from '../../engine/operations/hold.ts';
import type { Run } from '../run.ts';

export function holdCommand(run: Run): Command {
  return new Command('hold')
    .description('keep a set whatever its age, in every repository that has it')
    .argument('<set>', 'id, latest, latest-proven, DATABASE/latest or DATABASE/PLAN/latest')
    .option('--reason <text>', 'kept in the mark and the audit record')
    .action(
      run(async (invocation, { reason }, [set = '']) => {
        const context = await invocation.context(await invocation.load(), { access: 'none' });
        const result = await hold(context, { set, reason: reason as string | undefined });
        invocation.printer.result(result, `${result.id} is held in ${result.repositories.join(', ')}`);
      }),
    );
}
