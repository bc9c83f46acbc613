import { systemClock } from '../engine/composition/from-config.ts';
import { serve } from '../engine/composition/serve.ts';
import { stackAlertingOf } from '../engine/composition/stack-alerts.ts';
import { stackPlaces } from '../engine/composition/stack-places.ts';
import { accessEventSchema } from '../engine/domain/access/access-event.ts';
import { tellAccess } from '../engine/operations/access/tell-access.ts';

/** EventBridge saw that somebody who is none of ours read what a set holds. */
export const handler = serve({
  event: accessEventSchema,
  tellsAs: () => ({ operation: 'tell-access', plan: null, database: null }),
  work: (stack, { detail }) =>
    tellAccess(
      { alerting: stackAlertingOf(stack), places: stackPlaces(stack), clock: systemClock },
      detail,
    ),
});
