import type { AskedPlace } from '../../domain/set/set-not-found.ts';
import type { Repository } from '../../ports/repository.ts';

/** A repository in which no set was seen, and what may be the reason. */
export async function askedPlace(repository: Repository): Promise<AskedPlace> {
  const { location } = repository;
  const presence = await repository.presence();
  const mount = presence === 'filled' ? undefined : await repository.mountPoint();
  return { location, presence, mount };
}
