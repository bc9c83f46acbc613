import { z } from 'zod';
import { serve } from '../engine/composition/serve.ts';
import { stackAlertingOf } from '../engine/composition/stack-alerts.ts';
import { stackAudit } from '../engine/composition/stack-audit.ts';
import { snapshotKeyOf, stackSnapshots } from '../engine/composition/stack-snapshots.ts';
import { recordSnapshots } from '../engine/operations/audit/record-snapshots.ts';
import { tendSnapshots } from '../engine/operations/tend-snapshots.ts';

/** At the times of snapshot plans, and every 20 minutes: snapshots are taken, copied and, once prune let them go, removed. */
export const handler = serve({
  event: z.looseObject({ plan: z.string().min(1).optional(), scheduledFor: z.iso.datetime() }),
  tellsAs: () => ({ operation: 'rds-snapshot', plan: null, database: null }),
  work: async (stack, { plan, scheduledFor }) => {
    const context = stackSnapshots(stack);
    if (context === undefined) return { taken: [], copied: [], removed: [], problems: [] };
    const order = plan === undefined ? undefined : { plan, scheduledFor: new Date(scheduledFor) };
    const audit = await stackAudit(stack);
    return tendSnapshots(
      {
        ...{ ...context, alerting: stackAlertingOf(stack), copyKeyArn: snapshotKeyOf(stack) },
        record: (done) => recordSnapshots(audit, done),
      },
      order,
    );
  },
});
