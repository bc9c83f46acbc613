import { serve } from '../engine/composition/serve.ts';
import { stackAudit } from '../engine/composition/stack-audit.ts';
import { stackVault } from '../engine/composition/stack-vault.ts';
import { outcomeReportSchema } from '../engine/domain/outcome-report.ts';
import { recordOutcome } from '../engine/operations/record-outcome.ts';

/** A task of a run has ended: what came of it, and what is to be done now. */
export const handler = serve({
  event: outcomeReportSchema,
  work: async (stack, report) =>
    recordOutcome({ ...(await stackVault(stack)), audit: await stackAudit(stack) }, report),
});
