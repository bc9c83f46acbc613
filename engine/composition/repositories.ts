import { FolderRepository } from '../adapters/folder-repository.ts';
import type { RepositoryConfig } from '../config/repository-schema.ts';
import { longestStallTimeout } from '../config/stall-timeout.ts';
import { plansOfRepository } from '../config/vault-plans.ts';
import { type LockLimit, lockLimitOf } from '../domain/lock-limit.ts';
import { didYouMean } from '../domain/text/did-you-mean.ts';
import { HoldfastError } from '../errors.ts';
import type { NamedRepository } from '../operations/context.ts';
import type { Repository } from '../ports/repository.ts';
import type { LoadedConfig } from './load-config.ts';

/** The repositories of these names in the order of the config; all of them unless given. @throws HoldfastError USAGE. */
export async function repositoriesOf(
  loaded: LoadedConfig,
  names?: readonly string[],
): Promise<NamedRepository[]> {
  const known = Object.keys(loaded.config.repositories);
  const unknown = names?.find((name) => !known.includes(name));
  if (unknown !== undefined) throw unknownRepository(unknown, known);
  const chosen = known.filter((name) => names?.includes(name) ?? true);
  return Promise.all(
    chosen.map(async (name) => ({
      name,
      repository: await repositoryOf(loaded, name),
      lockLimit: lockLimitIn(loaded, name),
      acceptsOverwrites: loaded.config.repositories[name]?.acceptOverwrites ?? false,
    })),
  );
}

/** Only the config says how long sets are kept there; a manifest is of whoever made the set. */
function lockLimitIn({ config }: LoadedConfig, repository: string): LockLimit {
  return lockLimitOf(
    new Map(plansOfRepository(config, repository).map(({ name, keep }) => [name, keep.for])),
  );
}

/** One repository. @throws HoldfastError USAGE. */
export async function repositoryOf(loaded: LoadedConfig, name: string): Promise<Repository> {
  const { repositories } = loaded.config;
  const repository = Object.hasOwn(repositories, name) ? repositories[name] : undefined;
  if (repository === undefined)
    throw unknownRepository(name, Object.keys(loaded.config.repositories));
  return buildRepository(repository, loaded);
}

/** The SDK of AWS is loaded for a bucket only: a fifth of a second and 30 MB. */
async function buildRepository(
  config: RepositoryConfig,
  { resolvePath, env, config: { plans } }: LoadedConfig,
): Promise<Repository> {
  const stallTimeoutSeconds = longestStallTimeout({ plans });
  if (config.folder !== undefined) {
    const stall = stallTimeoutSeconds === undefined ? {} : { stallMs: stallTimeoutSeconds * 1000 };
    return new FolderRepository(resolvePath(config.folder), stall);
  }
  const { openBucket } = await import('./bucket.ts');
  return openBucket(config, env, { stallTimeoutSeconds });
}

function unknownRepository(name: string, known: readonly string[]): HoldfastError {
  return new HoldfastError({
    code: 'USAGE',
    message: `there is no repository "${name}"`,
    hint: `${didYouMean(name, known)}The config has: ${known.join(', ')}.`,
  });
}
