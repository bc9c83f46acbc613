import { randomBytes } from 'node:crypto';
import { hostname, userInfo } from 'node:os';
import { FolderRepository } from '../adapters/folder-repository.ts';
import { systemClock } from '../adapters/system-clock.ts';
import type { PlanConfig } from '../config/schema.ts';
import { ENV } from '../contract.ts';
import { HoldfastError } from '../errors.ts';
import type { Context } from '../operations/context.ts';
import type { Progress } from '../ports/progress.ts';
import type { Repository } from '../ports/repository.ts';
import { findToolsets } from '../postgres/tools.ts';
import { type HeldKeys, keysForReading, keysForWriting, keysFromBreakGlass } from './key-ring.ts';
import type { LoadedConfig } from './load-config.ts';

export interface BuildOptions {
  /** Name of a repository; the only one unless given. */
  repository?: string | undefined;
  access: 'read' | 'write';
  breakGlass?: { path: string; passphrase: string } | undefined;
  signal: AbortSignal;
  progress: Progress;
}

/** The composition root: everything an operation works with, from the config. */
export async function buildContext(loaded: LoadedConfig, options: BuildOptions): Promise<Context> {
  const repository = repositoryOf(loaded, options.repository);
  const held = await holdKeys(loaded, { ...options, target: repository });
  if (held.madeKey !== undefined)
    options.progress({
      phase: 'key',
      note: `made a key at ${held.madeKey}: keep a copy of it in another place, or the backups are lost with this machine`,
    });
  return {
    project: loaded.config.project,
    repository,
    keyring: held.keyring,
    keys: held.keys,
    clock: systemClock,
    randomTail: () => randomBytes(2).toString('hex'),
    toolsets: await findToolsets({ env: loaded.env, configured: loaded.config.postgresBin }),
    actor: { type: 'user', name: userInfo().username, host: hostname() },
    signal: options.signal,
    progress: options.progress,
  };
}

/** The named repository, or the only one. @throws HoldfastError USAGE. */
export function repositoryOf({ config, resolvePath }: LoadedConfig, name?: string): Repository {
  const names = Object.keys(config.repositories);
  const chosen = name ?? (names.length === 1 ? names[0] : undefined);
  const repository = chosen === undefined ? undefined : config.repositories[chosen];
  if (repository !== undefined) return new FolderRepository(resolvePath(repository.folder));
  throw new HoldfastError({
    code: 'USAGE',
    message: name === undefined ? 'there is more than one repository' : `there is no repository "${name}"`,
    hint: `Name one with --repository: ${names.join(', ')}.`,
  });
}

function holdKeys(loaded: LoadedConfig, { access, breakGlass, target }: BuildOptions & { target: Repository }): Promise<HeldKeys> {
  const { config, resolvePath } = loaded;
  if (breakGlass !== undefined) return keysFromBreakGlass(breakGlass.path, breakGlass);
  const place = {
    keyFile: keyFileOf(loaded),
    breakGlass: config.keys.breakGlass === undefined ? undefined : resolvePath(config.keys.breakGlass),
    repository: target,
  };
  return access === 'write' ? keysForWriting(place) : keysForReading(place);
}

/** HOLDFAST_KEY_FILE wins over the config, so that a key can be brought along on the worst day. */
export function keyFileOf({ config, env, resolvePath }: LoadedConfig): string {
  return resolvePath(env[ENV.keyFile] || config.keys.file);
}

/** The plans that name a database. */
export function plansOf({ config }: LoadedConfig, database: string): [string, PlanConfig][] {
  return Object.entries(config.plans).filter(([, { databases }]) => databases === 'all' || databases.includes(database));
}

export { systemClock } from '../adapters/system-clock.ts';
