import { serve } from '../engine/composition/serve.ts';
import { stackAlertingOf } from '../engine/composition/stack-alerts.ts';
import { stackVault } from '../engine/composition/stack-vault.ts';
import { failureNoticeSchema } from '../engine/domain/failure-notice.ts';
import { notifyFailure } from '../engine/operations/notify-failure.ts';

/** A run has ended, and what failed or is well again is told; or EventBridge saw a run or a task that can't tell itself. */
export const handler = serve({
  event: failureNoticeSchema,
  work: async (stack, notice) =>
    notifyFailure({ ...(await stackVault(stack)), alerting: stackAlertingOf(stack) }, notice),
});
