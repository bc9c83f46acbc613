import { systemClock } from '../engine/composition/from-config.ts';
import { serve } from '../engine/composition/serve.ts';
import { stackStarter } from '../engine/composition/stack-starter.ts';
import { stackVault } from '../engine/composition/stack-vault.ts';
import { isReread, runOrderSchema } from '../engine/domain/run-order.ts';
import { startRun } from '../engine/operations/start-run.ts';
import { startReread } from '../engine/operations/verify/start-reread.ts';

/** A time of a schedule has come: the run of a plan, the drills, or the reading of old sets begin. */
export const handler = serve({
  event: runOrderSchema,
  isPatient: true,
  tellsAs: (order) => ({
    operation: 'start-run',
    plan: 'plan' in order ? String(order.plan) : null,
    database: null,
  }),
  work: async (stack, order) => {
    const { repository } = await stackVault(stack);
    const { config } = stack.loaded;
    const parts = { repository, starter: stackStarter(stack, order), config };
    return isReread(order)
      ? startReread({ ...parts, concurrency: config.aws?.tasks.concurrency ?? 1 }, order)
      : startRun({ ...parts, clock: systemClock }, order);
  },
});
