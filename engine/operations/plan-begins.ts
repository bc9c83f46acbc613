import { PREFIX } from '../contract.ts';
import { encodeName } from '../domain/key.ts';
import type { PlanOfDatabase } from '../domain/standing.ts';
import { isHoldfastError } from '../errors.ts';
import type { Repository } from '../ports/repository.ts';
import type { Context } from './context.ts';

const FOLDER = `${PREFIX.keys}/expected/`;

/**
 * Since when each plan is to have sets of each database: since a check first saw the two in the config. That is a create-only marker,
 * whose date is the store's; a plan that is taken out of the config and put back has no second grace.
 */
export async function planBegins(
  { repository, clock }: Pick<Context, 'repository' | 'clock'>,
  expected: readonly PlanOfDatabase[],
): Promise<BeginOf> {
  const begins = await readMarkers(repository);
  const now = clock.now();
  for (const one of expected) {
    const key = markerOf(one);
    if (begins.has(key)) continue;
    await putMarker(repository, key, { ...one, since: now.toISOString() });
    begins.set(key, now);
  }
  return (plan, database) => begins.get(markerOf({ plan, database }));
}

/** What the markers say; a plan that no check has seen begins now. Writes nothing. */
export async function readPlanBegins({
  repository,
  clock,
}: Pick<Context, 'repository' | 'clock'>): Promise<BeginOf> {
  const begins = await readMarkers(repository);
  const now = clock.now();
  return (plan, database) => begins.get(markerOf({ plan, database })) ?? now;
}

async function readMarkers(repository: Pick<Repository, 'list'>): Promise<Map<string, Date>> {
  const begins = new Map<string, Date>();
  for await (const { key, modifiedAt } of repository.list(FOLDER)) begins.set(key, modifiedAt);
  return begins;
}

export type BeginOf = (plan: string, database: string) => Date | undefined;

function markerOf({ plan, database }: PlanOfDatabase): string {
  return `${FOLDER}${encodeName(plan)}/${encodeName(database)}.json`;
}

/** Two checks may run at once: the marker of the other is as good. */
async function putMarker(repository: Repository, key: string, content: object): Promise<void> {
  await repository
    .put(key, Buffer.from(`${JSON.stringify(content, null, 2)}\n`))
    .catch((error: unknown) => {
      if (!isHoldfastError(error, 'OBJECT_EXISTS')) throw error;
    });
}
