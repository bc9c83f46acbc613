import { drillTurns } from '../../domain/drill/drill-turns.ts';
import { setNameOf } from '../../domain/job.ts';
import type { LogicalManifest } from '../../domain/manifest.ts';
import { fulfils, type PlanWish } from '../../domain/plan-wish.ts';
import { isOfFuture } from '../../domain/set/future-set.ts';
import type { CatalogEntry } from '../../domain/set-state.ts';
import { type HoldfastError, isHoldfastError } from '../../errors.ts';
import { PASS_OVER_HIDDEN, type Repository } from '../../ports/repository.ts';
import { readableManifest, readEntries } from '../catalog.ts';
import type { Context } from '../context.ts';

export interface NextToDrill {
  entry: CatalogEntry;
  manifest: LogicalManifest;
}

/** A set as a listing shows it, and where it lies. */
export interface ListedSet {
  entry: CatalogEntry;
  repository: Repository;
}

export interface NextOptions {
  /** All sets of the database, in each repository oldest first. */
  listed: readonly ListedSet[];
  /** What each plan of the database takes, by its name. */
  plans: Readonly<Record<string, PlanWish>>;
  now: Date;
}

/** Manifests that are read in search of a set that holds what its plan takes: one-off backups lie between them. */
const MOST_READ = 20;

/**
 * The set that the next scheduled drill of a database takes: the newest one of the plan whose turn it is. Sets that are SUSPECT
 * or have a time in the future are passed over, and so are those whose manifest can't be read or that hold less than their plan
 * takes. Marks are not opened: the drill itself opens them, and a mark `released` only moves a set behind those without one.
 * @returns undefined where no plan has such a set.
 * @throws HoldfastError when a repository fails.
 */
export async function nextToDrill({
  listed,
  plans,
  now,
}: NextOptions): Promise<NextToDrill | undefined> {
  const sets = listed.map(({ entry }) => entry);
  const suspect = new Set(sets.filter(({ state }) => state === 'SUSPECT').map(placeOf));
  const usable = listed.filter(
    ({ entry }) => !suspect.has(placeOf(entry)) && !isOfFuture(entry, now),
  );
  for (const plan of drillTurns({ sets, plans })) {
    const own = usable.filter(({ entry }) => entry.plan === plan);
    for (const { entry, repository } of own.sort(newestFirst).slice(0, MOST_READ)) {
      const manifest = await readableManifest(entry, repository);
      if (manifest?.kind === 'logical' && fulfils(manifest, plans[plan] as PlanWish))
        return { entry, manifest };
    }
  }
  return undefined;
}

export interface NamedNext {
  /** As a person would name it. */
  set: string;
  /** Null where no plan has a set whose turn could be: then it is the latest one. */
  plan: string | null;
}

/**
 * The same on a machine, whose sets may lie in several repositories.
 * @throws HoldfastError when no repository answers.
 */
export async function findNextToDrill(
  context: Pick<Context, 'repositories' | 'clock' | 'progress'>,
  { database, plans }: { database: string } & Pick<NextOptions, 'plans'>,
): Promise<NamedNext> {
  const listed = await listedEverywhere(context, database);
  const next = await nextToDrill({ listed, plans, now: context.clock.now() });
  if (next === undefined) return { set: `${database}/latest`, plan: null };
  const { plan, id } = next.entry;
  return { set: setNameOf({ set: id, plan, database }), plan };
}

async function listedEverywhere(
  { repositories, progress }: Pick<Context, 'repositories' | 'progress'>,
  database: string,
): Promise<ListedSet[]> {
  const listed: ListedSet[] = [];
  const failures: HoldfastError[] = [];
  for (const { repository } of repositories) {
    try {
      const entries = await readEntries(repository, '', PASS_OVER_HIDDEN);
      for (const entry of entries)
        if (entry.database === database) listed.push({ entry, repository });
    } catch (error) {
      if (!isHoldfastError(error)) throw error;
      failures.push(error);
      progress({ phase: 'find', note: `passed over a repository: ${error.message}` });
    }
  }
  const [first] = failures;
  if (first !== undefined && failures.length === repositories.length) throw first;
  return listed;
}

function placeOf({ plan, database, id }: CatalogEntry): string {
  return JSON.stringify([plan, database, id]);
}

function newestFirst({ entry: one }: ListedSet, { entry: other }: ListedSet): number {
  if (one.isReleased !== other.isReleased) return one.isReleased ? 1 : -1;
  if (one.id === other.id) return 0;
  return one.id > other.id ? -1 : 1;
}
