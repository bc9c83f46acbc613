import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { LogicalManifest } from '../../domain/manifest.ts';
import { ownValue } from '../../domain/text/own-value.ts';
import { HOME_SETTINGS } from '../restore/home-extensions.ts';
import type { Toolset } from '../tools.ts';

/** Extensions that can only be created while their library is preloaded, by name: the setting of the source may have been hidden from the role that backed up. */
const NEEDS_PRELOAD: Readonly<Record<string, string>> = {
  citus: 'citus',
  pg_cron: 'pg_cron',
  pg_net: 'pg_net',
  pg_qualstats: 'pg_qualstats',
  pg_squeeze: 'pg_squeeze',
  pg_stat_kcache: 'pg_stat_kcache',
  pg_stat_monitor: 'pg_stat_monitor',
  pg_stat_statements: 'pg_stat_statements',
  pg_tle: 'pg_tle',
  pg_wait_sampling: 'pg_wait_sampling',
  pgaudit: 'pgaudit',
  pglogical: 'pglogical',
  pgsodium: 'pgsodium',
  set_user: 'set_user',
  timescaledb: 'timescaledb',
};

/** Of a library, by platform. */
const ENDINGS = ['.so', '.dylib', '.dll'];

export interface PreloadOptions {
  tools: Toolset;
  /** The database that is restored into. */
  database: string;
}

export interface Preloaded {
  /** Libraries of this machine that a throw-away server has to preload. */
  libraries: string[];
  /** Libraries that the source preloads and this machine does not have. */
  missing: string[];
  /** Further settings, as `name=value`. */
  settings: string[];
}

/**
 * What a throw-away server has to preload, so that the extensions of a set can be created in it. No background worker starts:
 * a job of pg_cron, for example, must not run in a drill.
 */
export function preloadedFor(
  { preloadLibraries, extensions }: Pick<LogicalManifest, 'preloadLibraries' | 'extensions'>,
  { tools, database }: PreloadOptions,
): Preloaded {
  const isHere = (library: string) =>
    /^[\w-]+$/.test(library) &&
    ENDINGS.some((ending) => existsSync(join(tools.directory, '../lib', `${library}${ending}`)));
  const needed = extensions.flatMap(({ name }) => ownValue(NEEDS_PRELOAD, name) ?? []);
  const wanted = [...new Set([...preloadLibraries, ...needed])];
  const libraries = wanted.filter(isHere);
  const homes = libraries.flatMap((library) => ownValue(HOME_SETTINGS, library) ?? []);
  return {
    libraries,
    missing: wanted.filter((library) => !isHere(library)),
    settings: [
      ...homes.map((setting) => `${setting}=${database}`),
      ...(libraries.length > 0 ? ['max_worker_processes=0'] : []),
    ],
  };
}
