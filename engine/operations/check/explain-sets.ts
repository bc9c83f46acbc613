import { isSound, type SeenSet } from '../../domain/finding.ts';
import { restsOnProof } from '../../domain/health/unread.ts';
import type { Repository } from '../../ports/repository.ts';
import { tablesLost } from '../catalog/earlier-set.ts';
import { explainSuspicions } from '../catalog/explain-suspicions.ts';
import { readProof } from '../catalog/read-proof.ts';
import { readableManifest } from '../catalog.ts';

/**
 * The sets, with what takes more requests and so is asked of few: of the newest set of each plan what made it SUSPECT and whether
 * it has the tables of the one before it, and what the proofs say of the sets whose proofs matter.
 */
export async function explainSets(
  repository: Repository,
  { sets, now }: { sets: readonly SeenSet[]; now: Date },
): Promise<SeenSet[]> {
  const newest = new Set(
    new Map(sets.map((set) => [JSON.stringify([set.plan, set.database]), set])).values(),
  );
  const proven = setsWithProofs(sets, now);
  const explained: SeenSet[] = [];
  for (const set of sets)
    explained.push({
      ...set,
      ...(newest.has(set) ? await explainNewest(repository, { set, sets }) : {}),
      ...(proven.has(set) ? await readProof(repository, { ...set, provenAt: set.provedAt }) : {}),
    });
  return explained;
}

/**
 * Of each database the newest proven set and the one that was drilled last, of all its sets and of those of the whole database;
 * and sets that nobody has read back unless their proofs rest on these copies.
 */
function setsWithProofs(sets: readonly SeenSet[], now: Date): Set<SeenSet> {
  const proven = sets.filter((set) => set.state === 'PROVEN' && isSound(set));
  const byDrill = proven.toSorted(
    (one, other) => (one.provedAt?.getTime() ?? 0) - (other.provedAt?.getTime() ?? 0),
  );
  const lastOf = (some: readonly SeenSet[]) =>
    new Map(some.map((set) => [set.database, set])).values();
  const lasts = [proven, byDrill].flatMap((some) => [
    ...lastOf(some),
    ...lastOf(some.filter(({ isWhole }) => isWhole)),
  ]);
  return new Set([...lasts, ...proven.filter((set) => restsOnProof(set, now))]);
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
