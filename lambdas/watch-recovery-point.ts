import { z } from 'zod';
import { serve } from '../engine/composition/serve.ts';
import { stackAlertingOf } from '../engine/composition/stack-alerts.ts';
import { stackRecoveryPoints } from '../engine/composition/stack-recovery-points.ts';
import { stackVault } from '../engine/composition/stack-vault.ts';
import { watchRecoveryPoints } from '../engine/operations/watch-recovery-points.ts';

/** Every hour: could RDS itself bring each database back to within the objective? */
export const handler = serve({
  event: z.looseObject({}),
  tellsAs: () => ({ operation: 'watch-recovery-point', plan: null, database: null }),
  work: async (stack) => {
    const { clock } = await stackVault(stack);
    const watch = {
      config: stack.loaded.config,
      alerting: stackAlertingOf(stack),
      points: stackRecoveryPoints(stack),
      clock,
    };
    return watchRecoveryPoints(watch);
  },
});
