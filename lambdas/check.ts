import { z } from 'zod';
import { heartbeatOf } from '../engine/composition/alerts.ts';
import { checkedKeys } from '../engine/composition/checked-keys.ts';
import { measureInto } from '../engine/composition/measure.ts';
import { serve } from '../engine/composition/serve.ts';
import { stackAlertingOf, stackTopicsOf } from '../engine/composition/stack-alerts.ts';
import { stackAudit } from '../engine/composition/stack-audit.ts';
import { stackSnapshots } from '../engine/composition/stack-snapshots.ts';
import { stackVault } from '../engine/composition/stack-vault.ts';
import { vaultSurroundings } from '../engine/composition/vault-surroundings.ts';
import { checkStack } from '../engine/operations/check-stack.ts';

/** Every few hours: is every plan of every database as it should be? Once a week it says so, whatever it is. */
export const handler = serve({
  event: z.looseObject({ digest: z.boolean().default(false) }),
  tellsAs: () => ({ operation: 'check', plan: null, database: null }),
  work: async (stack, { digest }) => {
    const { config } = stack.loaded;
    const alerting = stackAlertingOf(stack);
    const heartbeat = heartbeatOf(stack.loaded);
    const parts = {
      config,
      surroundings: vaultSurroundings(stack.loaded),
      keys: checkedKeys(stack.loaded, { holdsSets: true }),
      snapshots: stackSnapshots(stack),
      alerting,
      heartbeat,
      audit: await stackAudit(stack),
      topics: stackTopicsOf(stack),
      measure: measureInto(stack),
      isDigest: digest,
    };
    return checkStack({ ...(await stackVault(stack)), ...parts });
  },
});
