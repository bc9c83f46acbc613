import { parseBasicTime } from '../domain/backup-id.ts';
import type { SeenSet } from '../domain/finding.ts';
import { manifestKey, objectKey } from '../domain/key.ts';
import { type Manifest, storedBytes } from '../domain/manifest.ts';
import { fulfils, type PlanWish } from '../domain/plan-wish.ts';
import { catalogOf, parseSetKey } from '../domain/set-state.ts';
import { isHoldfastError } from '../errors.ts';
import type { Repository } from '../ports/repository.ts';
import { type CatalogedSet, surveySets } from './catalog.ts';

/**
 * Every set that is not released, oldest first, its objects compared with the listing. Reads each manifest once, and nothing else
 * unless something is wrong; writes nothing. @param plans what each plan of the config asks for. @throws HoldfastError when the repository fails.
 */
export async function surveyRepository(
  repository: Repository,
  plans: ReadonlyMap<string, PlanWish> = new Map(),
): Promise<SeenSet[]> {
  const sizes = new Map<string, number>();
  for await (const { key, bytes } of repository.list(''))
    if (parseSetKey(key) !== undefined) sizes.set(key, bytes);
  const entries = catalogOf(sizes.keys()).filter(({ isReleased }) => !isReleased);
  const look = (set: CatalogedSet) => ({
    seen: seenSetOf(set, plans.get(set.plan)),
    suspects: suspectObjects(set, sizes),
  });
  const looked = await surveySets(repository, look, { entries });
  const sets: SeenSet[] = [];
  for (const { seen, suspects } of looked) {
    const confirmed = await confirm(seen, { suspects, repository });
    if (confirmed !== undefined) sets.push(confirmed);
  }
  return sets;
}

export function seenSetOf(
  { plan, database, id, state, isWhole, manifest, problem, suspicions, provenAt }: CatalogedSet,
  wish: PlanWish | undefined,
): SeenSet {
  return {
    ...{ plan, database, id, state, isWhole },
    startedAt:
      manifest === undefined ? (parseBasicTime(id) ?? new Date(0)) : new Date(manifest.startedAt),
    fulfilsPlan: manifest === undefined || wish === undefined || fulfils(manifest, wish),
    suspectAt: suspicions[0]?.at ?? null,
    provedAt: provenAt,
    damage: problem ?? null,
    storedBytes: manifest === undefined ? null : storedBytes(manifest),
  };
}

interface SuspectObject {
  key: string;
  name: string;
  bytes: number;
}

/** What the manifest names and the listing does not have in this size. */
function suspectObjects(
  { manifest, ...address }: CatalogedSet,
  sizes: ReadonlyMap<string, number>,
): SuspectObject[] {
  const named = manifest?.objects ?? [];
  return named
    .map(({ key: name, storedBytes: bytes }: Manifest['objects'][number]) => ({
      key: objectKey(address, name),
      name,
      bytes,
    }))
    .filter(({ key, bytes }) => sizes.get(key) !== bytes);
}

interface ConfirmOptions {
  suspects: readonly SuspectObject[];
  repository: Repository;
}

/**
 * A listing takes time: a set may be published or released behind its back. So each doubt is asked about again, and of a set that is
 * gone by then nothing is said.
 */
async function confirm(
  seen: SeenSet,
  { suspects, repository }: ConfirmOptions,
): Promise<SeenSet | undefined> {
  if (suspects.length === 0 && seen.damage === null) return seen;
  const damages: string[] = seen.damage === null ? [] : [seen.damage];
  for (const { key, name, bytes } of suspects) {
    const found = await sizeOf(key, repository);
    if (found === undefined) damages.push(`${name} is absent`);
    else if (found !== bytes) damages.push(`${name} has ${found} bytes instead of ${bytes}`);
  }
  if (damages.length > 0 && (await sizeOf(manifestKey(seen), repository)) === undefined)
    return undefined;
  return { ...seen, damage: damages.length === 0 ? null : damages.join(', ') };
}

async function sizeOf(key: string, repository: Repository): Promise<number | undefined> {
  try {
    return (await repository.inspect(key)).bytes;
  } catch (error) {
    if (isHoldfastError(error, 'OBJECT_MISSING')) return undefined;
    throw error;
  }
}
