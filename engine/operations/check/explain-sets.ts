import { isSound, type SeenSet } from '../../domain/finding.ts';
import type { Repository } from '../../ports/repository.ts';
import { tablesLost } from '../catalog/earlier-set.ts';
import { explainSuspicions } from '../catalog/explain-suspicions.ts';
import { readExceptions } from '../catalog/read-exceptions.ts';
import { readableManifest } from '../catalog.ts';

/**
 * The sets, with what takes more requests and so is asked of few: of the newest set of each plan what made it SUSPECT and whether
 * it has the tables of the one before it, of the newest proven set of each database what its proof excepts.
 */
export async function explainSets(
  repository: Repository,
  sets: readonly SeenSet[],
): Promise<SeenSet[]> {
  const newest = new Set(
    new Map(sets.map((set) => [JSON.stringify([set.plan, set.database]), set])).values(),
  );
  const proven = newestProven(sets);
  const explained: SeenSet[] = [];
  for (const set of sets)
    explained.push({
      ...set,
      ...(newest.has(set) ? await explainNewest(repository, { set, sets }) : {}),
      ...(proven.has(set)
        ? { exceptions: await readExceptions(repository, { ...set, provenAt: set.provedAt }) }
        : {}),
    });
  return explained;
}

/** Of each database the newest proven set, and the newest of the whole database. */
function newestProven(sets: readonly SeenSet[]): Set<SeenSet> {
  const proven = sets.filter((set) => set.state === 'PROVEN' && isSound(set));
  const byDatabase = (some: readonly SeenSet[]) =>
    new Map(some.map((set) => [set.database, set])).values();
  return new Set([...byDatabase(proven), ...byDatabase(proven.filter(({ isWhole }) => isWhole))]);
}

interface NewestSet {
  set: SeenSet;
  sets: readonly SeenSet[];
}

/** One request for a set that is SUSPECT, and one or two for its tables. */
async function explainNewest(
  repository: Repository,
  { set, sets }: NewestSet,
): Promise<Pick<SeenSet, 'why' | 'empty'>> {
  const { plan, database, id } = set;
  const [latest] = set.suspicions;
  const [why] =
    latest === undefined
      ? []
      : await explainSuspicions(repository, { plan, database, id, suspicions: [latest] });
  const manifest =
    set.damage === null && (set.empty ?? null) === null
      ? await readableManifest(set, repository)
      : undefined;
  const empty =
    manifest === undefined ? (set.empty ?? null) : await tablesLost(manifest, { repository, sets });
  return { why, empty };
}
