import { isSound, type SeenSet } from '../../domain/finding.ts';
import { isOfAnomaly, newestCompared } from '../../domain/health/deviations.ts';
import { restsOnProof } from '../../domain/health/unread.ts';
import { objectKey } from '../../domain/key.ts';
import { markName } from '../../domain/set/mark-name.ts';
import type { Repository } from '../../ports/repository.ts';
import { tablesLost } from '../catalog/earlier-set.ts';
import { explainSuspicions } from '../catalog/explain-suspicions.ts';
import { readMark } from '../catalog/name-suspicion-kinds.ts';
import { readProof } from '../catalog/read-proof.ts';
import { readableManifest } from '../catalog.ts';
import { explainDeviations } from './explain-deviations.ts';

/**
 * The sets, with what takes more requests and so is asked of few: of the newest set of each plan what made it SUSPECT and whether
 * it has the tables of the one before it, of the newest that was compared how it differs from the earlier ones, and what the proofs say of the sets whose proofs matter.
 */
export async function explainSets(
  repository: Repository,
  { sets, now }: { sets: readonly SeenSet[]; now: Date },
): Promise<SeenSet[]> {
  const groups = Map.groupBy(sets, ({ plan, database }) => JSON.stringify([plan, database]));
  const newest = new Set([...groups.values()].map((own) => own.at(-1)));
  const compared = new Map([...groups.values()].map((own) => [newestCompared(own), own] as const));
  const proven = setsWithProofs(sets, now);
  const unshown = new Set(
    new Map(
      sets
        .filter(({ notShownAt = null }) => notShownAt !== null)
        .map((set) => [set.database, set] as const),
    ).values(),
  );
  const explained: SeenSet[] = [];
  for (const set of sets)
    explained.push({
      ...set,
      ...(newest.has(set) ? await explainNewest(repository, { set, sets }) : {}),
      ...(compared.has(set)
        ? { deviations: await explainDeviations(repository, compared.get(set) ?? []) }
        : {}),
      ...(unshown.has(set) ? { notShownWhy: await whyNotShown(repository, set) } : {}),
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
  const latest = set.suspicions.find((one) => !isOfAnomaly(one));
  const [why] =
    latest === undefined
      ? []
      : await explainSuspicions(repository, { plan, database, id, suspicions: [latest] });
  const manifest =
    set.damage === null && (set.empty ?? null) === null
      ? await readableManifest(set, repository)
      : undefined;
  const empty =
    manifest?.kind !== 'logical'
      ? (set.empty ?? null)
      : await tablesLost(manifest, { repository, sets });
  return { why, empty };
}

/** Longest reason that is shown: anybody may have written the mark. */
const LONGEST_REASON = 300;

async function whyNotShown(repository: Repository, set: SeenSet): Promise<string | undefined> {
  const { plan, database, id, notShownAt = null } = set;
  if (notShownAt === null) return undefined;
  const key = objectKey({ plan, database, id }, markName('notshown', notShownAt));
  const reason = (await readMark({ repository }, key))?.reason;
  return typeof reason === 'string' ? reason.slice(0, LONGEST_REASON) : undefined;
}
