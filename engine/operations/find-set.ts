import type { SetAddress } from '../domain/key.ts';
import { isMeant, mayBeMeant, parseSetName, resolveSetName, type SetName, setNotFound } from '../domain/set-name.ts';
import { type HoldfastError, isHoldfastError } from '../errors.ts';
import { type CatalogedSet, readEntries, withManifest } from './catalog.ts';
import { at, type Context, type NamedRepository } from './context.ts';

/** A set and the repository it was found in. */
export interface Located {
  entry: CatalogedSet;
  place: NamedRepository;
}

type FindContext = Pick<Context, 'repositories' | 'progress'>;

/**
 * The set that a person named, in the first repository that holds it; of several newest ones the newest. A repository that can't
 * be read is passed over with a note, as long as another answers.
 * @throws HoldfastError USAGE, SET_NOT_FOUND, SET_AMBIGUOUS, or why no repository could be read.
 */
export async function findSet(context: FindContext, text: string): Promise<Located> {
  const name = parseSetName(text);
  const found = await findEverywhere(context, name);
  if (found.sets.length === 0) throw setNotFound(name, { isEmpty: found.isEmpty });
  const entry = resolveSetName(name, distinct(found.sets.map((one) => one.entry)));
  return found.sets.find((one) => isSameSet(one.entry, entry)) as Located;
}

/** Every copy of one set: where it lies, in the order of the repositories. */
export async function findCopies(context: FindContext, { id, plan, database }: SetAddress): Promise<Located[]> {
  const { sets } = await findEverywhere(context, { id });
  return sets.filter(({ entry }) => entry.plan === plan && entry.database === database);
}

/** The context on the repository where the named set lies, and the set. */
export async function locateSet(context: Context, text: string): Promise<{ context: Context; entry: CatalogedSet }> {
  const { entry, place } = await findSet(context, text);
  return { context: at(context, place), entry };
}

interface Found {
  sets: Located[];
  isEmpty: boolean;
}

async function findEverywhere({ repositories, progress }: FindContext, name: SetName): Promise<Found> {
  const found: Found = { sets: [], isEmpty: true };
  const failures: HoldfastError[] = [];
  for (const place of repositories) {
    try {
      const { sets, isEmpty } = await findIn(place, name);
      found.sets.push(...sets);
      found.isEmpty &&= isEmpty;
    } catch (error) {
      if (!isHoldfastError(error)) throw error;
      failures.push(error);
    }
  }
  const [first] = failures;
  if (first !== undefined && failures.length === repositories.length) throw first;
  for (const { message } of failures) progress({ phase: 'find', note: `passed over a repository: ${message}` });
  return found;
}

/** At most one set of each database, the newest that is meant; every manifest that need not be read is left alone. */
async function findIn(place: NamedRepository, name: SetName): Promise<Found> {
  const entries = await readEntries(place.repository);
  const candidates = entries.filter((entry) => mayBeMeant(name, entry)).toReversed();
  const sets = new Map<string, Located>();
  for (const candidate of candidates) {
    const slot = 'id' in name ? `${candidate.database}/${candidate.plan}` : candidate.database;
    if (sets.has(slot)) continue;
    const entry = await withManifest(candidate, place.repository);
    if (isMeant(name, entry)) sets.set(slot, { entry, place });
  }
  return { sets: [...sets.values()], isEmpty: entries.length === 0 };
}

/** Copies of one set in several repositories are one set. */
function distinct(entries: readonly CatalogedSet[]): CatalogedSet[] {
  return entries.filter((entry, index) => entries.findIndex((other) => isSameSet(other, entry)) === index);
}

function isSameSet(one: CatalogedSet, other: CatalogedSet): boolean {
  return one.id === other.id && one.plan === other.plan && one.database === other.database;
}
