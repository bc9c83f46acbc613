import { systemClock } from '../engine/composition/from-config.ts';
import { serve } from '../engine/composition/serve.ts';
import { stackStarter } from '../engine/composition/stack-starter.ts';
import { stackVault } from '../engine/composition/stack-vault.ts';
import { runOrderSchema } from '../engine/domain/run-order.ts';
import { startRun } from '../engine/operations/start-run.ts';

/** A time of a schedule has come: the run of a plan, or the drills, begin. */
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
    return startRun(
      {
        repository,
        starter: stackStarter(stack, order),
        clock: systemClock,
        config: stack.loaded.config,
      },
      order,
    );
  },
});
