import { type ListedObject, type Place, placesOf } from '../../domain/inventory.ts';
import { type SetAddress, setPrefix } from '../../domain/key.ts';
import type { Repository } from '../../ports/repository.ts';

/** All that the listing has of one set, whether or not its manifest is there. */
export async function readPlace(
  repository: Pick<Repository, 'list'>,
  address: SetAddress,
): Promise<Place | undefined> {
  const objects: ListedObject[] = [];
  for await (const object of repository.list(setPrefix(address))) objects.push(object);
  return placesOf(objects)[0];
}
