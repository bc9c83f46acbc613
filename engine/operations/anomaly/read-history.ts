import type { MeasureName } from '../../domain/anomaly/anomaly.ts';
import { acceptedIn } from '../../domain/anomaly/anomaly-record.ts';
import { type EarlierSet, MOST_EARLIER } from '../../domain/anomaly/history.ts';
import { measureSet } from '../../domain/anomaly/measures.ts';
import { databasePrefix, objectKey } from '../../domain/key.ts';
import type { LogicalManifest } from '../../domain/manifest.ts';
import { fulfils, type PlanWish } from '../../domain/plan-wish.ts';
import { acceptanceMarkNames, wasSuspected } from '../../domain/set/anomaly-marks.ts';
import { scopeOf, standsInFor } from '../../domain/set-scope.ts';
import type { CatalogEntry } from '../../domain/set-state.ts';
import { MarkSeals } from '../catalog/mark-seals.ts';
import { readMark } from '../catalog/name-suspicion-kinds.ts';
import { readableManifest, readEntries } from '../catalog.ts';
import { at, type Context, type NamedRepository } from '../context.ts';

export interface HistoryOptions {
  /** What the plan takes, as the config has it now; undefined where the config does not have the plan. */
  wish: PlanWish | undefined;
  /** Where copies of the set lie. */
  places: readonly NamedRepository[];
}

/** Manifests that are read in search of sets that can be compared: one-off backups lie between them. */
const MOST_READ = 3 * MOST_EARLIER;
const AT_A_TIME = 10;

interface EarlierCopy {
  entry: CatalogEntry;
  context: Context;
}

/**
 * The newest earlier sets of the same plan and database that hold as much, newest first; none that is
 * SUSPECT and not accepted. Their seals are not opened: one forged manifest does not move a median.
 * @throws HoldfastError when a repository fails.
 */
export async function readHistory(
  everywhere: Context,
  manifest: LogicalManifest,
  { wish, places }: HistoryOptions,
): Promise<EarlierSet[]> {
  const copies = (await earlierCopies(everywhere, { manifest, places })).slice(0, MOST_READ);
  const found: EarlierSet[] = [];
  for (let from = 0; from < copies.length && found.length < MOST_EARLIER; from += AT_A_TIME) {
    everywhere.signal.throwIfAborted();
    const some = copies.slice(from, from + AT_A_TIME);
    const read = await Promise.all(some.map((copy) => readEarlier(copy, { manifest, wish })));
    found.push(...read.filter((set) => set !== undefined));
  }
  return found.slice(0, MOST_EARLIER);
}

/** One copy of each set, newest first. A set whose rows are in doubt in one repository is so in all. */
async function earlierCopies(
  everywhere: Context,
  { manifest, places }: { manifest: LogicalManifest; places: readonly NamedRepository[] },
): Promise<EarlierCopy[]> {
  const found = new Map<string, EarlierCopy>();
  const doubted = new Set<string>();
  for (const place of places) {
    const context = at(everywhere, place);
    for (const entry of await entriesIn(context, manifest)) {
      if (entry.suspicions.some(({ kind, isAccepted }) => !isAccepted && isOfRows(kind)))
        doubted.add(entry.id);
      if (!entry.isFreezing && !found.has(entry.id)) found.set(entry.id, { entry, context });
    }
  }
  return [...found.values()]
    .filter(({ entry }) => !doubted.has(entry.id))
    .sort((one, other) => (one.entry.id < other.entry.id ? 1 : -1));
}

/** Bytes are bad in one place only. */
function isOfRows(kind: string | undefined): boolean {
  return kind === 'anomaly' || kind === 'drill';
}

async function entriesIn(context: Context, manifest: LogicalManifest): Promise<CatalogEntry[]> {
  const entries = await readEntries(context.repository, databasePrefix(manifest));
  const earlier = entries.filter(({ id }) => id < manifest.id);
  return Promise.all(earlier.slice(-MOST_READ).map((entry) => authentic(context, entry)));
}

/** Only an acceptance with a seal makes a set that was SUSPECT the new normal. */
function authentic(context: Context, entry: CatalogEntry): Promise<CatalogEntry> | CatalogEntry {
  if (!wasSuspected(entry) || acceptanceMarkNames(entry).length === 0) return entry;
  return new MarkSeals(context, { kinds: ['accepted'], isEvery: true }).open(entry);
}

interface Compared extends Pick<HistoryOptions, 'wish'> {
  manifest: LogicalManifest;
}

/** Undefined where the set can't be read or holds something else than the one that is judged. */
async function readEarlier(
  { entry, context }: EarlierCopy,
  { manifest, wish }: Compared,
): Promise<EarlierSet | undefined> {
  const earlier = await readableManifest(entry, context.repository);
  if (earlier?.kind !== 'logical' || !isComparable(earlier, manifest)) return undefined;
  if (wish !== undefined && !fulfils(earlier, wish)) return undefined;
  return { measures: measureSet(earlier), accepted: await acceptedOf(context, entry) };
}

/** Whether both hold the same part of their database. */
function isComparable(earlier: LogicalManifest, set: LogicalManifest): boolean {
  const [one, other] = [scopeOf(earlier), scopeOf(set)];
  return standsInFor(one, other) && standsInFor(other, one);
}

async function acceptedOf(context: Context, entry: CatalogEntry): Promise<MeasureName[]> {
  if (!wasSuspected(entry)) return [];
  const accepted: MeasureName[] = [];
  for (const name of acceptanceMarkNames(entry))
    accepted.push(...acceptedIn((await readMark(context, objectKey(entry, name))) ?? {}));
  return accepted;
}
