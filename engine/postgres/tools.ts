import { execFile } from 'node:child_process';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Environment } from '../config/from-environment.ts';
import { ENV } from '../contract.ts';
import { HoldfastError } from '../errors.ts';
import { homeDirectory } from './connection/local-account.ts';

/** PostgreSQL's programs of one major version in one directory. */
export interface Toolset {
  directory: string;
  major: number;
  /** As pg_dump --version says it, such as 17.12. */
  version: string;
  hasServer: boolean;
}

/** Where unpacked programs of ours lie: reachable by the unprivileged user that a throw-away server runs as. */
export function toolCache(): string {
  return process.getuid?.() === 0
    ? '/var/cache/holdfast/postgresql'
    : join(homeDirectory(), '.cache/holdfast/postgresql');
}

export interface FindOptions {
  env: Environment;
  /** Directories of the config; they replace the usual places. */
  configured?: readonly string[] | undefined;
}

/** Every toolset on this machine, oldest major first, one a major: with a server before without one, then the newest minor, then the first. */
export async function findToolsets({ env, configured }: FindOptions): Promise<Toolset[]> {
  const named = configured ?? env[ENV.postgresBin]?.split(':').filter((part) => part !== '');
  const directories = named?.length ? named : await usualDirectories(env);
  const found = await Promise.all(directories.map(describeDirectory));
  const byMajor = new Map<number, Toolset>();
  for (const tools of found.filter((candidate) => candidate !== undefined)) {
    const known = byMajor.get(tools.major);
    if (known === undefined || isBetter(tools, known)) byMajor.set(tools.major, tools);
  }
  return [...byMajor.values()].sort((one, other) => one.major - other.major);
}

function isBetter(one: Toolset, other: Toolset): boolean {
  if (one.hasServer !== other.hasServer) return one.hasServer;
  return minorOf(one) > minorOf(other);
}

/** What was tried out before a release (17beta2) is older than the release. */
function minorOf({ version }: Toolset): number {
  return Number(/\.(\d+)$/.exec(version)?.[1] ?? -1);
}

/**
 * The programs for a server: its exact major, or else the next newer one.
 * @throws HoldfastError TOOLS_MISSING when all are older.
 */
export function chooseToolset(
  toolsets: readonly Toolset[],
  { major, needsServer = false }: { major: number; needsServer?: boolean },
): Toolset {
  const usable = toolsets.filter(
    (tools) => tools.major >= major && (tools.hasServer || !needsServer),
  );
  const [best] = usable;
  if (best !== undefined) return best;
  const here = toolsets
    .map(({ major: other, hasServer }) => `${other}${hasServer ? '' : ' (client only)'}`)
    .join(', ');
  const what = needsServer
    ? 'server programs (initdb, postgres)'
    : 'client programs (pg_dump, pg_restore)';
  throw new HoldfastError({
    code: 'TOOLS_MISSING',
    message: `PostgreSQL ${major} needs ${what} of version ${major} or newer; here ${here === '' ? 'is none' : `is ${here}`}`,
    hint: `Install them, for example: apt-get install ${needsServer ? 'postgresql' : 'postgresql-client'}-${major} (brew install postgresql@${major}), or name their directory in HOLDFAST_POSTGRES_BIN (postgresBin in the config).`,
  });
}

/** Versioned directories first: Debian's /usr/bin/pg_dump is a wrapper that chooses by its own rules. */
async function usualDirectories(env: Environment): Promise<string[]> {
  const versioned = await Promise.all([
    below('/usr/lib/postgresql', 'bin'),
    below(toolCache(), 'bin'),
    below('/opt/homebrew/opt', 'bin', /^(postgresql|libpq)/),
    below('/usr/local/opt', 'bin', /^(postgresql|libpq)/),
    below('/usr', 'bin', /^pgsql-\d+$/),
  ]);
  return [
    ...versioned.flat(),
    ...(env.PATH ?? '').split(':').filter((part) => part.startsWith('/')),
  ];
}

async function below(parent: string, child: string, pattern = /^\d+$/): Promise<string[]> {
  const names = await readdir(parent).catch(() => []);
  return names.filter((name) => pattern.test(name)).map((name) => join(parent, name, child));
}

async function describeDirectory(directory: string): Promise<Toolset | undefined> {
  if (!(await isFile(join(directory, 'pg_dump'))) || !(await isFile(join(directory, 'pg_restore'))))
    return undefined;
  // As it will run: nothing of our environment (PG*, LD_*) may change what it is.
  const { stdout } = await promisify(execFile)(join(directory, 'pg_dump'), ['--version'], {
    env: { PATH: '/usr/bin:/bin', LC_ALL: 'C.UTF-8' },
    timeout: 30_000,
  }).catch(() => ({ stdout: '' }));
  const version = /\(PostgreSQL\) (\d+)(\.\d+|\w+)?/.exec(stdout);
  if (version?.[1] === undefined) return undefined;
  const hasServer =
    (await isFile(join(directory, 'initdb'))) && (await isFile(join(directory, 'postgres')));
  return {
    directory,
    major: Number(version[1]),
    version: `${version[1]}${version[2] ?? ''}`,
    hasServer,
  };
}

async function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (stats) => stats.isFile(),
    () => false,
  );
}
