import { databasesOf, destinationsOf } from '../../config/plan-scope.ts';
import type { SeenSet } from '../../domain/finding.ts';
import type { CopyPlace } from '../../domain/health/rule-321.ts';
import {
  type Lock,
  newestGoodSet,
  type Scorecard,
  type ScoredRepository,
  scoreDatabase,
} from '../../domain/health/scorecard.ts';
import { manifestKey } from '../../domain/key.ts';
import { isHoldfastError } from '../../errors.ts';
import type { CheckedConfig, CheckResult } from '../check.ts';
import type { NamedRepository } from '../context.ts';
import { scoreReplica } from './score-replica.ts';

/** No gap is looked for further back. */
const WINDOW_SECONDS = 30 * 86_400;

export interface ScoreOptions {
  repositories: readonly NamedRepository[];
  config: CheckedConfig;
}

/**
 * How each database of a plan is protected, from what a check saw. Asks for the lock of the newest set
 * of each database: one request a database and bucket. What can not be asked is unknown, and hides nothing.
 */
export async function scoreDatabases(
  { seen, checkedAt: now }: CheckResult,
  { repositories, config }: ScoreOptions,
): Promise<Scorecard[]> {
  const places = new Map(
    await Promise.all(
      repositories.map(async (place) => [place, await describePlace(place, config)] as const),
    ),
  );
  const scored: Scorecard[] = [];
  for (const database of Object.keys(config.databases)) {
    const destinations = destinationsOfDatabase(database, config);
    if (destinations.size === 0) continue;
    const own: ScoredRepository[] = [];
    for (const [place, described] of places) {
      const sets = seen.get(place.name);
      const newest = newestGoodSet(database, sets ?? []);
      if (!destinations.has(place.name) && newest === undefined) continue;
      own.push({ ...described, sets, lock: newest && (await lockOf(place, newest)) });
      const replica = scoreReplica({ name: place.name, sets, database }, config);
      if (replica !== undefined) own.push(replica);
    }
    const windowSeconds = Math.min(WINDOW_SECONDS, ...destinations.values());
    const { objectives } = config;
    scored.push(scoreDatabase({ database, repositories: own, objectives, windowSeconds, now }));
  }
  return scored;
}

/** The repositories that the plans of a database write to, with the shortest time for which each keeps sets. */
function destinationsOfDatabase(
  database: string,
  { plans, databases, repositories }: CheckedConfig,
): Map<string, number> {
  const found = new Map<string, number>();
  for (const plan of Object.values(plans)) {
    if (!databasesOf(plan, databases).includes(database)) continue;
    for (const { name, keep } of destinationsOf(plan, repositories))
      found.set(name, Math.min(found.get(name) ?? Number.POSITIVE_INFINITY, keep.for));
  }
  return found;
}

async function describePlace(
  { name, repository }: NamedRepository,
  { repositories, aws }: CheckedConfig,
): Promise<CopyPlace> {
  const { bucket, region, endpoint } = repositories[name] ?? {};
  const isVault = aws?.repository === name;
  const mount = bucket === undefined ? await silently(repository.mountPoint()) : undefined;
  return {
    repository: name,
    medium: bucket === undefined ? 'disk' : 'object storage',
    region: region ?? (isVault ? aws.region : null),
    account: (isVault ? aws.account : undefined) ?? null,
    endpoint: endpoint ?? null,
    disk: mount?.path ?? null,
  };
}

async function lockOf({ repository }: NamedRepository, set: SeenSet): Promise<Lock> {
  try {
    const until = await repository.lockedUntil(manifestKey(set));
    if (until === undefined) return { status: 'unsupported' };
    return until === null ? { status: 'unlocked' } : { status: 'locked', until };
  } catch (error) {
    if (!isHoldfastError(error)) throw error;
    return { status: 'unknown' };
  }
}

async function silently<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (!isHoldfastError(error)) throw error;
    return undefined;
  }
}
