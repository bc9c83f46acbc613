import { objectKey, type SetAddress } from '../../domain/key.ts';
import type { Manifest } from '../../domain/manifest.ts';
import { isHoldfastError } from '../../errors.ts';
import type { Repository } from '../../ports/repository.ts';

export interface ListedDamageOptions {
  address: SetAddress;
  /** Bytes of the objects below the set's prefix, by their names, as one listing showed them. */
  sizes: ReadonlyMap<string, number>;
  repository: Repository;
}

/**
 * What the manifest names and the repository does not hold in that size; null where all is there. A listing takes time, and a
 * set may be published meanwhile: each doubt is asked about again. @throws HoldfastError when the repository fails.
 */
export async function listedDamage(
  manifest: Pick<Manifest, 'objects'>,
  { address, sizes, repository }: ListedDamageOptions,
): Promise<string | null> {
  const damages: string[] = [];
  for (const { key: name, storedBytes } of manifest.objects) {
    const listed = sizes.get(name);
    if (listed === storedBytes) continue;
    const found = await sizeOf(objectKey(address, name), { repository, listed });
    if (found === undefined) damages.push(`${name} is absent`);
    else if (found !== storedBytes)
      damages.push(`${name} has ${found} bytes instead of ${storedBytes}`);
  }
  return damages.length === 0 ? null : damages.join(', ');
}

/** A role that may list and not read what sets hold is left with the listing. */
async function sizeOf(
  key: string,
  { repository, listed }: { repository: Repository; listed: number | undefined },
): Promise<number | undefined> {
  try {
    return (await repository.inspect(key)).bytes;
  } catch (error) {
    if (isHoldfastError(error, 'OBJECT_MISSING')) return undefined;
    if (isHoldfastError(error, 'ACCESS_DENIED')) return listed;
    throw error;
  }
}
