import { z } from 'zod';
import { serve } from '../engine/composition/serve.ts';
import { stackAudit } from '../engine/composition/stack-audit.ts';
import { stackSigner } from '../engine/composition/stack-signer.ts';
import { stackVault } from '../engine/composition/stack-vault.ts';
import { recordConfig } from '../engine/operations/audit/record-config.ts';
import { sealLedger } from '../engine/operations/audit/seal-ledger.ts';

/** Every hour: an entry of the ledger has all audit records that are new, and says which config is deployed. */
export const handler = serve({
  event: z.looseObject({}),
  tellsAs: () => ({ operation: 'seal-ledger', plan: null, database: null }),
  work: async (stack) => {
    const { repository, clock } = await stackVault(stack);
    const { uri, sha256 } = stack.deployed;
    const config = { sha256, host: stack.actor.name };
    const onNewConfig = recordConfig(await stackAudit(stack), { ...config, target: uri });
    return sealLedger({
      ...{ repository, clock, config, onNewConfig },
      signer: await stackSigner(stack),
    });
  },
});
