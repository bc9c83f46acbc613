import type { SeenSet } from '../../domain/finding.ts';
import type { SeenReplication } from '../../domain/health/replication.ts';
import type { ScoredRepository } from '../../domain/health/scorecard.ts';
import type { CheckedConfig } from '../check.ts';

/**
 * The replica of a vault as a copy: by the sets that the store says it has copied whole, not by the config. Nobody reads or drills
 * what lies there, and its locks are not asked. Undefined where the repository has no replica.
 */
export function scoreReplica(
  {
    name,
    sets,
    database,
  }: { name: string; sets: readonly SeenSet[] | undefined; database: string },
  { aws }: Pick<CheckedConfig, 'aws'>,
): ScoredRepository | undefined {
  if (aws?.repository !== name || aws.replica === 'none') return undefined;
  const { region, account = aws.account ?? null } = aws.replica;
  const asked = sets?.filter((set) => set.database === database && set.replication !== undefined);
  const isKnown =
    asked?.some(({ replication }) => KNOWN.includes(replication?.status ?? 'unknown')) ?? false;
  return {
    ...{ repository: `replica in ${region}`, medium: 'object storage', region, account },
    ...{ endpoint: null, disk: null, lock: { status: 'unknown' } },
    sets: isKnown ? asked?.filter(isCopied).map(asCopy) : undefined,
  };
}

const KNOWN: readonly SeenReplication['status'][] = ['completed', 'pending', 'failed'];

function isCopied({ replication }: SeenSet): boolean {
  return replication?.status === 'completed';
}

/** What was done with the set in the vault says nothing of the bytes of the copy. */
function asCopy(set: SeenSet): SeenSet {
  return { ...set, checkedAt: null, provedAt: null, restoreSeconds: undefined };
}
