import { stackVault } from '../../engine/composition/stack-vault.ts';
import { checkDocument } from '../../engine/domain/check-document.ts';
import { CHECK_EXIT } from '../../engine/domain/exit-status.ts';
import { check } from '../../engine/operations/check.ts';
import type { Done, Surroundings } from './job.ts';

/** For a person who asks; the function `check` is the watchman, and tells. */
export async function checkJob({ stack }: Surroundings): Promise<Done> {
  const { vault, clock } = await stackVault(stack);
  const result = await check({ repositories: [vault], clock }, stack.loaded.config);
  return { result: checkDocument(result), notes: [], measurements: [], exitStatus: CHECK_EXIT[result.status] };
}
