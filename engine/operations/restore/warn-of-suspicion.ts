import { describeSuspicion, endOfSuspicion } from '../../domain/set/describe-suspicion.ts';
import type { Repository } from '../../ports/repository.ts';
import { explainSuspicions } from '../catalog/explain-suspicions.ts';
import type { CatalogedSet } from '../catalog.ts';

/**
 * A SUSPECT set is restored where its id is given: it may be the only one with what somebody needs.
 * @returns warnings of why it is SUSPECT, and what to do about it; none for any other set.
 */
export async function warnOfSuspicion(
  repository: Repository,
  set: CatalogedSet,
): Promise<string[]> {
  if (set.state !== 'SUSPECT') return [];
  const suspicions = await explainSuspicions(repository, set);
  const reasons = suspicions.map(
    (suspicion) => `set ${set.id} is SUSPECT: ${describeSuspicion(suspicion)}`,
  );
  const [newest] = suspicions;
  return newest === undefined ? reasons : [...reasons, endOfSuspicion(newest.kind, set.id)];
}
