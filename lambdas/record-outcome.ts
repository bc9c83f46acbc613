import { serve } from '../engine/composition/serve.ts';
import { stackAudit } from '../engine/composition/stack-audit.ts';
import { stackVault } from '../engine/composition/stack-vault.ts';
import { isDrilledAfterBackup } from '../engine/config/database-schema.ts';
import { outcomeReportSchema } from '../engine/domain/outcome-report.ts';
import { ownValue } from '../engine/domain/text/own-value.ts';
import { recordOutcome } from '../engine/operations/record-outcome.ts';

/** A task of a run has ended: what came of it, and what is to be done now. */
export const handler = serve({
  event: outcomeReportSchema,
  work: async (stack, report) => {
    const { plans, databases } = stack.loaded.config;
    return recordOutcome(
      {
        ...(await stackVault(stack)),
        audit: await stackAudit(stack),
        isDrilledAfter: ({ plan, database }) => {
          const drill = ownValue(databases, database)?.drill;
          return drill !== undefined && isDrilledAfterBackup(drill, ownValue(plans, plan) ?? {});
        },
      },
      report,
    );
  },
});
