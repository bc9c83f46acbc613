import { Command } from 'commander';
import { repositoriesOf } from '../../engine/composition/repositories.ts';
import type { PlanConfig } from '../../engine/config/plan-schema.ts';
import { keepIn } from '../../engine/config/plan-scope.ts';
import { HoldfastError } from '../../engine/errors.ts';
import { copy } from '../../engine/operations/copy.ts';
import type { Run } from '../run.ts';
import { subjectOfSet } from '../subject.ts';
import { showBytes, showSeconds } from '../words.ts';

export function copyCommand(run: Run): Command {
  return new Command('copy')
    .description('copy a set, encrypted as it is, to another repository and read it back there')
    .argument('<set>', 'id, latest, latest-proven, DATABASE/latest or DATABASE/PLAN/latest')
    .requiredOption('--to <repository>', 'name of the repository that is to have it')
    .action(
      run(async (invocation, options, [set = '']) => {
        invocation.subject = subjectOfSet(set);
        const loaded = await invocation.load();
        const name = String(options.to);
        if (name === invocation.options.repository)
          throw new HoldfastError({
            code: 'USAGE',
            message: '--to and --repository are the same',
            hint: 'A copy goes to another repository.',
          });
        const [to] = await repositoriesOf(loaded, [name]);
        if (to === undefined) return;
        const context = await invocation.context(loaded, { access: 'read' });
        const result = await copy(context, {
          set,
          to,
          keepOf: (plan) => keepOf(loaded.config.plans[plan], name),
        });
        invocation.subject = result;
        invocation.printer.result(
          result,
          (shown) =>
            `${shown.set} is in ${shown.to} too, ${shown.state}: ${shown.objects} objects, ${showBytes(shown.bytes)} copied and read back in ${showSeconds(shown.seconds)}`,
        );
      }),
    );
}

/** What the plan says of that repository; a plan that does not name it leaves the set as it is. */
function keepOf(plan: PlanConfig | undefined, repository: string): PlanConfig['keep'] | undefined {
  const isNamed = plan?.repositories?.some(({ name }) => name === repository) ?? false;
  return plan !== undefined && isNamed ? keepIn(plan, repository) : undefined;
}
