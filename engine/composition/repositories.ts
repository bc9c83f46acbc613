import { FolderRepository } from '../adapters/folder-repository.ts';
import type { PlanConfig, RepositoryConfig } from '../config/schema.ts';
import { HoldfastError } from '../errors.ts';
import type { NamedRepository } from '../operations/context.ts';
import type { Repository } from '../ports/repository.ts';
import type { LoadedConfig } from './load-config.ts';

/** The repositories of these names in the order of the config; all of them unless given. @throws HoldfastError USAGE. */
export function repositoriesOf(loaded: LoadedConfig, names?: readonly string[]): NamedRepository[] {
  const known = Object.keys(loaded.config.repositories);
  const unknown = names?.find((name) => !known.includes(name));
  if (unknown !== undefined) throw unknownRepository(unknown, known);
  return known.filter((name) => names?.includes(name) ?? true).map((name) => ({ name, repository: repositoryOf(loaded, name) }));
}

/** One repository. @throws HoldfastError USAGE. */
export function repositoryOf(loaded: LoadedConfig, name: string): Repository {
  const repository = loaded.config.repositories[name];
  if (repository === undefined) throw unknownRepository(name, Object.keys(loaded.config.repositories));
  return buildRepository(repository, loaded);
}

/** Names of the repositories that a plan writes to, with how long each keeps its sets. */
export function destinationsOf({ config }: LoadedConfig, plan: PlanConfig): { name: string; keep: PlanConfig['keep'] }[] {
  const chosen = plan.repositories ?? Object.keys(config.repositories).map((name) => ({ name, keep: undefined }));
  return chosen.map(({ name, keep }) => ({ name, keep: keep ?? plan.keep }));
}

function buildRepository({ folder }: RepositoryConfig, { resolvePath }: Pick<LoadedConfig, 'resolvePath' | 'env'>): Repository {
  if (folder !== undefined) return new FolderRepository(resolvePath(folder));
  throw new HoldfastError({ code: 'CONFIG_INVALID', message: 'buckets are not wired yet' });
}

function unknownRepository(name: string, known: readonly string[]): HoldfastError {
  return new HoldfastError({ code: 'USAGE', message: `there is no repository "${name}"`, hint: `The config has: ${known.join(', ')}.` });
}
