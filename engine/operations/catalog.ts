import { manifestKey, type SetAddress } from '../domain/key.ts';
import { knownFailure } from '../domain/known-failure.ts';
import { isOfNewerFormat, isWhole, type Manifest, parseManifest } from '../domain/manifest.ts';
import type { SetSummary } from '../domain/set/set-summary.ts';
import type { UnreadReason } from '../domain/set/unread-reason.ts';
import type { NamedSet } from '../domain/set-name.ts';
import {
  bySetTime,
  type CatalogEntry,
  catalogOfObjects,
  type SizedObject,
} from '../domain/set-state.ts';
import { HoldfastError, isHoldfastError } from '../errors.ts';
import type { ListOptions, Repository, StoredObject } from '../ports/repository.ts';
import { listPlans } from './catalog/list-plans.ts';
import { listedDamage } from './catalog/listed-damage.ts';
import { readSummary } from './catalog/read-summary.ts';

/**
 * A set with its manifest, as far as a manifest can be read without a key. Its state is that of the set as it lies there: one
 * that lost an object, or whose manifest is damaged, is SUSPECT, whatever its marks say.
 */
export interface CatalogedSet extends NamedSet {
  /** What is wrong with its manifest, or by the listing with its objects. */
  damage: string | null;
  /** Undefined where the manifest can't be read; `problem` says why. */
  manifest: Manifest | undefined;
  problem: string | undefined;
  /** Why the manifest was not read, where that does not mean damage; null or absent where it was, and where it is damaged. */
  unread?: UnreadReason | null;
  /** Of its mark `checked`, which was read instead of the manifest. Nobody has opened its seal. */
  summary?: SetSummary;
}

export interface SurveySetsOptions {
  /** Listed unless given. */
  entries?: readonly CatalogEntry[];
  /** With sizes, where its mark `checked` is enough in place of the manifest; undefined for all unless given. */
  bySummary?: (entry: CatalogEntry) => CatalogEntry | undefined;
}

/** Manifests that are read at a time. */
const AT_A_TIME = 16;

/** Every set as a listing alone shows it, oldest first. Without a prefix only plans are listed, one after the other. */
export async function readEntries(
  repository: Pick<Repository, 'list' | 'prefixes'>,
  prefix = '',
  options?: ListOptions,
): Promise<CatalogEntry[]> {
  if (prefix !== '') return entriesOf(repository.list(prefix, options));
  const entries: CatalogEntry[] = [];
  for await (const objects of listPlans(repository, options))
    for (const entry of await entriesOf(objects)) entries.push(entry);
  return entries.sort(bySetTime);
}

async function entriesOf(listed: AsyncIterable<StoredObject>): Promise<CatalogEntry[]> {
  const objects: SizedObject[] = [];
  for await (const { key, bytes, isCold } of listed) objects.push({ key, bytes, isCold });
  return catalogOfObjects(objects);
}

/**
 * What `look` sees in every set, oldest first. Seals are not opened. A manifest is let go when it was looked at: twenty thousand
 * of them would not fit into memory. One bad set never hides the others.
 * @throws HoldfastError when the repository fails, or lets no manifest be read at all.
 */
export async function surveySets<T>(
  repository: Repository,
  look: (set: CatalogedSet) => T,
  { entries, bySummary = () => undefined }: SurveySetsOptions = {},
): Promise<T[]> {
  const all = entries ?? (await readEntries(repository));
  const seen: T[] = new Array(all.length);
  const denied: HoldfastError[] = [];
  let next = 0;
  const worker = async () => {
    for (let index = next++; index < all.length; index = next++) {
      const entry = all[index];
      if (entry === undefined) continue;
      const sized = bySummary(entry);
      const summary = sized && (await readSummary(sized, repository));
      const { set, error } =
        summary === undefined ? await examine(entry, repository) : summarized(entry, summary);
      if (isHoldfastError(error, 'ACCESS_DENIED')) denied.push(error);
      seen[index] = lookSafely(set, look);
    }
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, worker));
  if (denied[0] !== undefined && denied.length === all.length) throw denied[0];
  return seen;
}

function summarized(
  entry: CatalogEntry,
  summary: SetSummary,
): { set: CatalogedSet; error?: undefined } {
  const { kind, isWhole } = summary;
  const known = { manifest: undefined, problem: undefined, damage: null, unread: null };
  return { set: { ...entry, ...known, kind, isWhole, summary } };
}

/** What breaks `look` is in the manifest, so it is seen again without. */
function lookSafely<T>(set: CatalogedSet, look: (set: CatalogedSet) => T): T {
  try {
    return look(set);
  } catch (error) {
    if (isHoldfastError(error)) throw error;
    return look(withoutManifest(set, error));
  }
}

/** One set with its manifest, or with what keeps it from being read. @throws HoldfastError when the repository fails. */
export async function withManifest(
  entry: CatalogEntry,
  repository: Repository,
): Promise<CatalogedSet> {
  return (await examine(entry, repository)).set;
}

async function examine(
  entry: CatalogEntry,
  repository: Repository,
): Promise<{ set: CatalogedSet; error?: unknown }> {
  try {
    const manifest = await readManifest(entry, repository);
    const { sizes, plan, database, id } = entry;
    const address = { plan, database, id };
    const damage =
      sizes === undefined ? null : await listedDamage(manifest, { address, sizes, repository });
    const state = damage === null ? {} : { state: 'SUSPECT' as const };
    const said = { manifest, kind: manifest.kind, isWhole: isWhole(manifest) };
    return { set: { ...entry, ...state, ...said, damage, problem: undefined, unread: null } };
  } catch (error) {
    if (!isOfOneSet(error)) throw error;
    return { set: withoutManifest(entry, error), error };
  }
}

function withoutManifest(entry: CatalogEntry, error: unknown): CatalogedSet {
  const { message } = knownFailure(error);
  const unread = whyUnread(error);
  return {
    ...entry,
    ...(unread === null ? { state: 'SUSPECT' as const } : {}),
    damage: unread === null ? message : null,
    unread,
    manifest: undefined,
    problem: message,
    kind: 'logical',
    isWhole: false,
  };
}

const OF_ONE_SET: ReadonlySet<string> = new Set([
  'MANIFEST_INVALID',
  'MANIFEST_ALTERED',
  'OBJECT_MISSING',
  'OBJECT_COLD',
  'OBJECT_DAMAGED',
  'ACCESS_DENIED',
]);

/** What is not an error of ours broke while it read this set, and would break nothing else. */
function isOfOneSet(error: unknown): boolean {
  return !isHoldfastError(error) || OF_ONE_SET.has(error.code);
}

/** Null where the manifest is damaged. */
function whyUnread(error: unknown): UnreadReason | null {
  if (!isHoldfastError(error)) return null;
  if (error.code === 'MANIFEST_INVALID' && isOfNewerFormat(error)) return 'newer';
  return UNREAD[error.code as keyof typeof UNREAD] ?? null;
}

const UNREAD = { OBJECT_COLD: 'cold', ACCESS_DENIED: 'denied', OBJECT_MISSING: 'gone' } as const;

/** Undefined where the manifest can't be read. @throws HoldfastError when the repository fails. */
export async function readableManifest(
  address: SetAddress,
  repository: Repository,
): Promise<Manifest | undefined> {
  try {
    return await readManifest(address, repository);
  } catch (error) {
    if (isOfOneSet(error)) return undefined;
    throw error;
  }
}

/** @throws HoldfastError MANIFEST_INVALID, MANIFEST_ALTERED, OBJECT_MISSING. */
export async function readManifest(address: SetAddress, repository: Repository): Promise<Manifest> {
  const key = manifestKey(address);
  const manifest = parseManifest(await repository.get(key), { key });
  const isOfThisPlace =
    manifest.id === address.id &&
    manifest.plan === address.plan &&
    manifest.database === address.database;
  if (isOfThisPlace) return manifest;
  throw new HoldfastError({
    code: 'MANIFEST_ALTERED',
    message: `the manifest of ${address.id} is the one of ${manifest.id}`,
    hint: 'It was copied here from another set. Do not trust this set.',
  });
}
