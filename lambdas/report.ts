import { z } from 'zod';
import { serve } from '../engine/composition/serve.ts';
import { stackAudit } from '../engine/composition/stack-audit.ts';
import { stackSigner } from '../engine/composition/stack-signer.ts';
import { stackVault } from '../engine/composition/stack-vault.ts';
import { monthBefore, monthOf, parseMonth } from '../engine/domain/evidence/month.ts';
import { reportDocument } from '../engine/operations/evidence/report-document.ts';
import { writeReport } from '../engine/operations/evidence/write-report.ts';
import { readPlanBegins } from '../engine/operations/plan-begins.ts';

/** Every month: the evidence of the month before, or of the one that a person names. */
export const handler = serve({
  event: z.union([
    z.looseObject({ month: z.string() }),
    z.looseObject({ scheduledFor: z.iso.datetime() }),
  ]),
  tellsAs: () => ({ operation: 'report', plan: null, database: null }),
  work: async (stack, event) => {
    const begins = await readPlanBegins(await stackVault(stack));
    const written = await writeReport(await stackAudit(stack), {
      month: 'month' in event ? parseMonth(String(event.month)) : lastMonth(event.scheduledFor),
      config: stack.loaded.config,
      signer: await stackSigner(stack),
      // The function `check` asks for the settings of the vault, with a right that this role does not have.
      check: { beginOf: begins, asksVault: false },
    });
    return reportDocument(written);
  },
});

function lastMonth(scheduledFor: string) {
  return monthBefore(monthOf(new Date(scheduledFor)));
}
