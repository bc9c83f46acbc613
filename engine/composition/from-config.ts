import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { systemClock } from '../adapters/system-clock.ts';
import type { PlanConfig } from '../config/plan-schema.ts';
import { takesDatabase } from '../config/plan-scope.ts';
import { longestStallTimeout } from '../config/stall-timeout.ts';
import { nothingThere } from '../domain/set/set-not-found.ts';
import { HoldfastError, isHoldfastError } from '../errors.ts';
import { askedPlace } from '../operations/catalog/asked-places.ts';
import type { Context, NamedRepository } from '../operations/context.ts';
import type { Progress } from '../ports/progress.ts';
import { describeLocalUser } from '../postgres/connection/local-account.ts';
import { findToolsets } from '../postgres/tools.ts';
import {
  type HeldKeys,
  holdSets,
  keyPlaceOf,
  keysForReading,
  keysForWriting,
  keysFromBreakGlass,
  noKeys,
} from './key-ring.ts';
import type { LoadedConfig } from './load-config.ts';
import { repositoriesOf } from './repositories.ts';

export interface BuildOptions {
  /** Names of repositories; all of the config unless given. */
  repositories?: readonly string[] | undefined;
  /** none: for what opens no set. */
  /** `optional`: with no key where none is there. */
  access: 'read' | 'write' | 'none' | 'optional';
  breakGlass?: { path: string; passphrase: string } | undefined;
  /** Who does it, for the audit record; the user of this machine unless given. */
  actor?: Context['actor'] | undefined;
  signal: AbortSignal;
  progress: Progress;
  onDatabase?: Context['onDatabase'];
}

/** The composition root: everything an operation works with, from the config. */
export async function buildContext(loaded: LoadedConfig, options: BuildOptions): Promise<Context> {
  const repositories = await repositoriesOf(loaded, options.repositories);
  const held = await holdKeys(loaded, repositories, options);
  if (held.madeKey !== undefined)
    options.progress({
      phase: 'key',
      note: `made a key at ${held.madeKey}: keep a copy of it in another place, or the backups are lost with this machine`,
    });
  return {
    project: loaded.config.project,
    databases: Object.keys(loaded.config.databases),
    repositories,
    repository: firstOf(repositories).repository,
    keyring: held.keyring,
    keys: held.keys,
    clock: systemClock,
    randomTail: () => randomBytes(2).toString('hex'),
    toolsets: await findToolsets({ env: loaded.env, configured: loaded.config.postgresBin }),
    actor: options.actor ?? { type: 'user', name: describeLocalUser(), host: hostname() },
    stallTimeoutSeconds: longestStallTimeout(loaded.config),
    signal: options.signal,
    progress: options.progress,
    onDatabase: options.onDatabase,
  };
}

function firstOf(repositories: readonly NamedRepository[]): NamedRepository {
  const [first] = repositories;
  if (first !== undefined) return first;
  throw new HoldfastError({
    code: 'CONFIG_INVALID',
    message: 'the config names no repository',
    hint: 'Name a folder or a bucket under repositories.',
  });
}

function holdKeys(
  loaded: LoadedConfig,
  repositories: readonly NamedRepository[],
  { access, breakGlass }: Pick<BuildOptions, 'access' | 'breakGlass'>,
): Promise<HeldKeys> {
  if (breakGlass !== undefined) return keysFromBreakGlass(breakGlass.path, breakGlass);
  if (access === 'none') return Promise.resolve(noKeys());
  const place = keyPlaceOf(loaded);
  if (access === 'write') return keysForWriting(place, repositories);
  return keysForReading(place).catch(async (error: unknown) => {
    if (access === 'optional' && isHoldfastError(error)) return noKeys();
    if (isHoldfastError(error, 'KEY_MISSING')) await assertHoldSets(repositories);
    throw error;
  });
}

/** Without sets there is nothing to open: the folder is the wrong one then, not the key. @throws HoldfastError SET_NOT_FOUND. */
async function assertHoldSets(repositories: readonly NamedRepository[]): Promise<void> {
  if (await holdSets(repositories)) return;
  const places = repositories.map(({ repository }) => askedPlace(repository));
  throw nothingThere(await Promise.all(places));
}

/** The plans that name a database. */
export function plansOf({ config }: LoadedConfig, database: string): [string, PlanConfig][] {
  return Object.entries(config.plans).filter(([, plan]) => takesDatabase(plan, database));
}

export { systemClock } from '../adapters/system-clock.ts';
