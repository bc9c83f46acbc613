import type { SetAddress } from '../domain/key.ts';
import { describeHidden } from '../domain/repository/hidden-place.ts';
import { assertNotOfFuture } from '../domain/set/future-set.ts';
import { newerSuspects } from '../domain/set/newer-suspects.ts';
import { type Searched, setNotFound } from '../domain/set/set-not-found.ts';
import { isMeant, parseSetName, resolveSetName, type SetName } from '../domain/set-name.ts';
import type { CatalogEntry } from '../domain/set-state.ts';
import { HoldfastError, isHoldfastError } from '../errors.ts';
import type { HiddenFolder } from '../ports/repository.ts';
import { askedPlace } from './catalog/asked-places.ts';
import type { SealsContext } from './catalog/mark-seals.ts';
import { SetChooser } from './catalog/set-chooser.ts';
import { type CatalogedSet, readEntries, withManifest } from './catalog.ts';
import { at, type Context, type NamedRepository } from './context.ts';

/** A set and the repository it was found in. */
export interface Located {
  entry: CatalogedSet;
  place: NamedRepository;
}

/** A repository that may hold a copy, and could not do what was asked of it. */
export interface Unanswered {
  place: NamedRepository;
  error: HoldfastError;
}

export interface EveryCopy {
  copies: Located[];
  unanswered: Unanswered[];
}

type FindContext = Pick<Context, 'repositories' | 'progress' | 'databases' | 'clock'>;

export interface FindOptions {
  /**
   * Opens the seals of the marks on which the choice rests; for whatever relies on the set, such as a restore. Without it, marks are
   * taken by their names.
   */
  seals?: SealsContext;
}

/**
 * The set that a person named, in the first repository that holds it; of several newest ones the newest. A repository that can't
 * be read is passed over with a note, as long as another answers.
 * @throws HoldfastError USAGE, SET_NOT_FOUND, SET_SUSPECT, SET_AMBIGUOUS, or why no repository could be read.
 */
export async function findSet(
  context: FindContext,
  text: string,
  { seals }: FindOptions = {},
): Promise<Located> {
  const name = parseSetName(text);
  const found = await findEverywhere(context, name, { seals });
  passOver(context, found.unanswered);
  const isMine = ofConfig(name, context.databases ?? []);
  const sets = found.sets.filter(({ entry }) => isMine(entry));
  const seen = found.seen.filter(isMine);
  if (sets.length === 0 && found.sets.length > 0 && seen.length === 0)
    throw ofOthers(name, { databases: context.databases ?? [], others: found.sets });
  if (sets.length === 0) throw setNotFound(name, await searched(context, { ...found, seen }));
  const entry = resolveSetName(name, distinct(sets.map((one) => one.entry)));
  if (!('id' in name)) {
    assertNotOfFuture(entry, context.clock.now());
    sayPassedOver(context, { entry, seen: seen.filter(({ plan }) => isPlan(name, plan)) });
  }
  return found.sets.find((one) => isSameSet(one.entry, entry)) as Located;
}

function isPlan({ plan }: SetName, own: string): boolean {
  return (plan ?? own) === own;
}

/** Whoever asks for the latest set is to know that there are newer ones, which nobody should rely on. */
function sayPassedOver(
  { progress }: FindContext,
  { entry, seen }: { entry: CatalogEntry; seen: readonly CatalogEntry[] },
): void {
  const passed = newerSuspects(entry, seen);
  const [id] = passed;
  if (id === undefined) return;
  const what = passed.length === 1 ? `the newer set ${id}` : `${passed.length} newer sets`;
  progress({
    phase: 'find',
    note: `${entry.id} is the latest set that can be relied on; passed over ${what}, SUSPECT: \`holdfast show ${id}\` says why`,
  });
}

/** `latest` without a database means one of the config's: sets of others may lie in the same folder. */
function ofConfig(
  name: SetName,
  databases: readonly string[],
): (entry: Pick<CatalogEntry, 'database'>) => boolean {
  if ('id' in name || name.database !== undefined || databases.length === 0) return () => true;
  return ({ database }) => databases.includes(database);
}

function ofOthers(
  name: SetName,
  { databases, others }: { databases: readonly string[]; others: readonly Located[] },
): HoldfastError {
  const word = 'mustBeProven' in name && name.mustBeProven ? 'latest-proven' : 'latest';
  const names = [...new Set(others.map(({ entry }) => entry.database))];
  return new HoldfastError({
    code: 'SET_NOT_FOUND',
    message: `no backup set of ${databases.join(', ')} is ${word}; the repository has sets of ${names.join(', ')}, which this config does not name`,
    hint: `Take one with \`holdfast backup\`, or name the other database: ${names[0]}/${word}.`,
  });
}

/** Every copy of one set that can be seen: where it lies, in the order of the repositories. What can't be read is passed over with a note. */
export async function findCopies(context: FindContext, address: SetAddress): Promise<Located[]> {
  const { copies, unanswered } = await findEveryCopy(context, address);
  passOver(context, unanswered);
  return copies;
}

/** The same for whoever may not pass over a copy: which repositories did not answer, and why. @throws HoldfastError when none answered. */
export async function findEveryCopy(
  context: FindContext,
  { id, plan, database }: SetAddress,
): Promise<EveryCopy> {
  const { sets, unanswered } = await findEverywhere(context, { id });
  return {
    copies: sets.filter(({ entry }) => entry.plan === plan && entry.database === database),
    unanswered,
  };
}

/** The context on the repository where the named set lies, and the set. */
export async function locateSet(
  context: Context,
  text: string,
): Promise<{ context: Context; entry: CatalogedSet }> {
  const { entry, place } = await findSet(context, text);
  return { context: at(context, place), entry };
}

interface Found {
  sets: Located[];
  /** All that was seen; what was read is there as it lies in the repository. */
  seen: CatalogEntry[];
}

async function searched(
  { repositories }: FindContext,
  { seen, unanswered }: Found & Pick<EveryCopy, 'unanswered'>,
): Promise<Searched> {
  const asked = repositories.filter(({ name }) =>
    unanswered.every(({ place }) => place.name !== name),
  );
  const places = asked.map(async ({ repository }) =>
    seen.length > 0
      ? { location: repository.location, presence: 'filled' as const }
      : askedPlace(repository),
  );
  return { sets: seen, places: await Promise.all(places) };
}

async function findEverywhere(
  { repositories, progress }: FindContext,
  name: SetName,
  { seals }: { seals?: SealsContext | undefined } = {},
): Promise<Found & Pick<EveryCopy, 'unanswered'>> {
  const found: Found = { sets: [], seen: [] };
  const unanswered: Unanswered[] = [];
  for (const place of repositories) {
    try {
      const { sets, seen } = await findIn(place, name, { seals, progress });
      found.sets.push(...sets);
      for (const entry of seen) found.seen.push(entry);
    } catch (error) {
      if (!isHoldfastError(error)) throw error;
      unanswered.push({ place, error });
    }
  }
  const [first] = unanswered;
  if (first !== undefined && unanswered.length === repositories.length) throw first.error;
  return { ...found, unanswered };
}

function passOver({ progress }: FindContext, unanswered: readonly Unanswered[]): void {
  for (const { error } of unanswered)
    progress({ phase: 'find', note: `passed over a repository: ${error.message}` });
}

interface FindInOptions {
  seals: SealsContext | undefined;
  progress: Context['progress'];
}

/** At most one set of each database, the newest that is meant; every manifest that need not be read is left alone. */
async function findIn(
  place: NamedRepository,
  name: SetName,
  { seals, progress }: FindInOptions,
): Promise<Found> {
  const { location } = place.repository;
  const onHidden = (hidden: HiddenFolder) =>
    progress({ phase: 'find', note: describeHidden(hidden, location) });
  const entries = await readEntries(place.repository, '', { onHidden });
  const chooser = new SetChooser(name, { place, seals, progress });
  const candidates = entries.filter((entry) => chooser.mayBeMeant(entry)).toReversed();
  const sets = new Map<string, Located>();
  const read = new Map<CatalogEntry, CatalogedSet>();
  for (const candidate of candidates) {
    const slot = 'id' in name ? `${candidate.database}/${candidate.plan}` : candidate.database;
    if (sets.has(slot)) continue;
    const entry = await chooser.judge(await withManifest(candidate, place.repository));
    read.set(candidate, entry);
    if (isMeant(name, entry)) sets.set(slot, { entry, place });
  }
  chooser.sayForged();
  return {
    sets: [...sets.values()],
    seen: entries.map((entry) => read.get(entry) ?? entry),
  };
}

/** Copies of one set in several repositories are one set. */
function distinct(entries: readonly CatalogedSet[]): CatalogedSet[] {
  return entries.filter(
    (entry, index) => entries.findIndex((other) => isSameSet(other, entry)) === index,
  );
}

function isSameSet(one: CatalogedSet, other: CatalogedSet): boolean {
  return one.id === other.id && one.plan === other.plan && one.database === other.database;
}
