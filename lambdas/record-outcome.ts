import { randomBytes } from 'node:crypto';
import { serve } from '../engine/composition/serve.ts';
import { stackVault } from '../engine/composition/stack-vault.ts';
import { writeLine } from '../engine/composition/write-line.ts';
import { outcomeReportSchema } from '../engine/domain/outcome-report.ts';
import { recordOutcome } from '../engine/operations/record-outcome.ts';
import type { ProgressEvent } from '../engine/ports/progress.ts';

/** A task of a run has ended: what came of it, and what is to be done now. */
export const handler = serve({
  event: outcomeReportSchema,
  work: async (stack, report) => {
    const { vault, repository, clock } = await stackVault(stack);
    const audit = {
      ...{ repositories: [vault], clock, actor: stack.actor },
      randomTail: () => randomBytes(2).toString('hex'),
      progress: ({ note }: ProgressEvent) => {
        if (note !== undefined) writeLine({ type: 'note', text: note });
      },
    };
    return recordOutcome({ repository, clock, audit }, report);
  },
});
