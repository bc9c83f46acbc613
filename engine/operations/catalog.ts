import { manifestKey, type SetAddress } from '../domain/key.ts';
import { isOfNewerFormat, isWhole, type Manifest, parseManifest } from '../domain/manifest.ts';
import type { NamedSet } from '../domain/set-name.ts';
import { type CatalogEntry, catalogOfObjects, type SizedObject } from '../domain/set-state.ts';
import { HoldfastError } from '../errors.ts';
import type { Repository } from '../ports/repository.ts';
import { listedDamage } from './catalog/listed-damage.ts';

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
}

/** Manifests that are read at a time. */
const AT_A_TIME = 16;

/** Every set as a listing alone shows it, oldest first. */
export async function readEntries(repository: Repository, prefix = ''): Promise<CatalogEntry[]> {
  const objects: SizedObject[] = [];
  for await (const { key, bytes } of repository.list(prefix)) objects.push({ key, bytes });
  return catalogOfObjects(objects);
}

/**
 * What `look` sees in every set, oldest first. Seals are not opened. A manifest is let go when it was looked at: twenty thousand
 * of them would not fit into memory.
 */
export async function surveySets<T>(
  repository: Repository,
  look: (set: CatalogedSet) => T,
  { entries }: { entries?: readonly CatalogEntry[] } = {},
): Promise<T[]> {
  const all = entries ?? (await readEntries(repository));
  const seen: T[] = new Array(all.length);
  let next = 0;
  const worker = async () => {
    for (let index = next++; index < all.length; index = next++) {
      const entry = all[index];
      if (entry !== undefined) seen[index] = look(await withManifest(entry, repository));
    }
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, worker));
  return seen;
}

/** One set with its manifest, or with what keeps it from being read. @throws HoldfastError when the repository fails. */
export async function withManifest(
  entry: CatalogEntry,
  repository: Repository,
): Promise<CatalogedSet> {
  try {
    const manifest = await readManifest(entry, repository);
    const { sizes, plan, database, id } = entry;
    const address = { plan, database, id };
    const damage =
      sizes === undefined ? null : await listedDamage(manifest, { address, sizes, repository });
    return {
      ...entry,
      ...(damage === null ? {} : { state: 'SUSPECT' as const }),
      damage,
      manifest,
      problem: undefined,
      kind: manifest.kind,
      isWhole: isWhole(manifest),
    };
  } catch (error) {
    if (!isOfManifest(error)) throw error;
    const damage = isDamaged(error) ? error.message : null;
    return {
      ...entry,
      ...(damage === null ? {} : { state: 'SUSPECT' as const }),
      damage,
      manifest: undefined,
      problem: error.message,
      kind: 'logical',
      isWhole: false,
    };
  }
}

const OF_THE_MANIFEST: ReadonlySet<string> = new Set([
  'MANIFEST_INVALID',
  'MANIFEST_ALTERED',
  'OBJECT_MISSING',
  'OBJECT_COLD',
]);

function isOfManifest(error: unknown): error is HoldfastError {
  return error instanceof HoldfastError && OF_THE_MANIFEST.has(error.code);
}

/** Not of one that a newer version wrote, that lies in a cold class, or that was released since it was listed. */
function isDamaged(error: HoldfastError): boolean {
  return (
    error.code === 'MANIFEST_ALTERED' ||
    (error.code === 'MANIFEST_INVALID' && !isOfNewerFormat(error))
  );
}

/** Undefined where the manifest can't be read. @throws HoldfastError when the repository fails. */
export async function readableManifest(
  address: SetAddress,
  repository: Repository,
): Promise<Manifest | undefined> {
  try {
    return await readManifest(address, repository);
  } catch (error) {
    if (isOfManifest(error)) return undefined;
    throw error;
  }
}

/** @throws HoldfastError MANIFEST_INVALID, MANIFEST_ALTERED, OBJECT_MISSING. */
export async function readManifest(address: SetAddress, repository: Repository): Promise<Manifest> {
  const key = manifestKey(address);
  const manifest = parseManifest((await repository.get(key)).toString('utf8'), { key });
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
