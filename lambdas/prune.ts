import { z } from 'zod';
import type { Stack } from '../engine/composition/from-stack.ts';
import { retentionRulesOf } from '../engine/composition/retention-rules.ts';
import { serve } from '../engine/composition/serve.ts';
import { stackContext } from '../engine/composition/stack-context.ts';
import { stackSnapshots } from '../engine/composition/stack-snapshots.ts';
import { prune } from '../engine/operations/prune.ts';
import { releaseSnapshots } from '../engine/operations/release-snapshots.ts';

/** Every day: what retention releases is let go, and the locks of all else are lengthened. */
export const handler = serve({
  event: z.looseObject({}),
  tellsAs: () => ({ operation: 'prune', plan: null, database: null }),
  work: async (stack, _event, signal) => {
    const context = await stackContext(stack, {
      access: 'read',
      signal,
      progress: () => undefined,
    });
    const [report] = await prune(context, {
      isApplied: true,
      rulesOf: (name) => retentionRulesOf(stack.loaded, name),
    }).catch((error: unknown) => failAfterSnapshots(stack, error));
    const { sets = [], disposed = [], notes = [], ...counted } = report ?? {};
    const released = sets.filter(({ action }) => action === 'release').map(({ id }) => id);
    const snapshots = await releaseIn(stack);
    return {
      ...counted,
      kept: sets.length - released.length,
      released,
      disposed,
      snapshots,
      notes,
    };
  },
});

/** What is wrong in the vault keeps no snapshot from being released. */
async function failAfterSnapshots(stack: Stack, error: unknown): Promise<never> {
  await releaseIn(stack);
  throw error;
}

async function releaseIn(stack: Stack) {
  const inRds = stackSnapshots(stack);
  return inRds === undefined ? null : releaseSnapshots(inRds);
}
