import { Command } from 'commander';
import { recoveryPage } from '../../engine/composition/recovery-page.ts';
import { runbookFacts } from '../../engine/composition/runbook.ts';
import { makeRunbook } from '../../engine/domain/runbook/runbook.ts';
import { runbookDocument } from '../../engine/domain/runbook/runbook-document.ts';
import type { Run } from '../run.ts';

export function runbookCommand(run: Run): Command {
  return new Command('runbook')
    .description(
      'print a disaster recovery plan for this installation, as Markdown: times, contacts, and the commands for each scenario',
    )
    .action(
      run(async (invocation) => {
        const loaded = await invocation.load();
        const facts = await runbookFacts(loaded);
        const runbook = makeRunbook(facts, await recoveryPage());
        const { length } = runbook.gaps;
        if (length > 0)
          invocation.printer.note(
            `${length === 1 ? '1 thing is' : `${length} things are`} missing: see "What is missing" in the plan`,
          );
        invocation.printer.result(runbookDocument(facts, runbook), () => runbook.markdown);
      }),
    );
}
