import { manifestKey, objectKey, setPrefix } from '../../domain/key.ts';
import { HoldfastError } from '../../errors.ts';
import type { Repository } from '../../ports/repository.ts';
import type { CatalogedSet } from '../catalog.ts';

export interface Inspected {
  objects: number;
  bytes: number;
}

/**
 * Asks the store for each object of a set without reading it: a cold one would have to be thawed first. It shows that every object
 * is there with its size, and nothing of its bytes. One request an object.
 * @throws HoldfastError OBJECT_MISSING, OBJECT_DAMAGED.
 */
export async function inspectSet(set: CatalogedSet, repository: Repository): Promise<Inspected> {
  if (set.damage !== null) throw damaged(set.damage);
  const inspected = { objects: 0, bytes: 0 };
  for (const { key, expected } of expectedObjects(set)) {
    const { bytes } = await repository.inspect(key);
    if (expected !== undefined && bytes !== expected)
      throw damaged(`${key} has ${bytes} bytes, and ${expected} were stored`);
    inspected.objects += 1;
    inspected.bytes += bytes;
  }
  return inspected;
}

/** By its manifest; where that is cold itself, by the listing. */
function expectedObjects(set: CatalogedSet): { key: string; expected?: number | undefined }[] {
  const { manifest, sizes = new Map<string, number>() } = set;
  if (manifest === undefined)
    return [...sizes].map(([name, expected]) => ({ key: `${setPrefix(set)}${name}`, expected }));
  return [
    ...manifest.objects.map(({ key, storedBytes }) => ({
      key: objectKey(set, key),
      expected: storedBytes,
    })),
    { key: manifestKey(set) },
  ];
}

function damaged(message: string): HoldfastError {
  return new HoldfastError({
    code: 'OBJECT_DAMAGED',
    message,
    hint: 'Do not rely on this set. Use an older set or another copy, and find out who wrote to the repository.',
  });
}
