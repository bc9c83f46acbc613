import { execFile } from 'node:child_process';
import { access, mkdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { findToolsets, type Toolset, toolCache } from '../engine/postgres/tools.ts';

const run = promisify(execFile);

/** Majors that setup/unpack-postgresql.sh knows. */
const UNPACKABLE = [17, 18];
const NEWEST = 17;

/**
 * PostgreSQL's server and client programs of any supported major: from the machine; else unpacked from Debian's packages, with nothing
 * installed; else by apt where we are root; else by Homebrew. Else one sentence with the command to type.
 */
export async function anyPostgresql(say: (text: string) => void): Promise<Toolset> {
  const found = (await findToolsets({ env: process.env })).find(
    ({ major, hasServer }) => hasServer && major >= 14,
  );
  if (found !== undefined) return found;
  for (const get of [
    () => unpack(NEWEST, say),
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

/** The programs of one major, or undefined where this machine can't have them. */
export async function postgresqlOf(
  major: number,
  say: (text: string) => void,
): Promise<Toolset | undefined> {
  const found = await onMachine(major);
  if (found !== undefined) return found;
  return unpack(major, say).catch(() => undefined);
}

async function onMachine(major: number): Promise<Toolset | undefined> {
  return (await findToolsets({ env: process.env })).find(
    (tools) => tools.major === major && tools.hasServer,
  );
}

/** Unpacks into a directory of its own and links its programs into the cache. The paths are baked in, so it can't be moved. */
async function unpack(major: number, say: (text: string) => void): Promise<Toolset | undefined> {
  if (process.platform !== 'linux' || !UNPACKABLE.includes(major)) return undefined;
  say(`fetching PostgreSQL ${major} from Debian's packages (nothing is installed)`);
  const cache = toolCache();
  const prefix = join(cache, `.unpacked-${major}`);
  await mkdir(cache, { recursive: true });
  await rm(prefix, { recursive: true, force: true });
  await run('bash', [join(import.meta.dirname, 'unpack-postgresql.sh'), String(major), prefix], {
    maxBuffer: 1 << 26,
  });
  const link = join(cache, String(major));
  await symlink(join(prefix, 'usr/lib/postgresql', String(major)), `${link}.new`);
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
  await run('brew', ['install', `postgresql@${NEWEST}`], { maxBuffer: 1 << 26 });
  return newestOnMachine();
}

async function newestOnMachine(): Promise<Toolset | undefined> {
  return (await findToolsets({ env: process.env })).filter(({ hasServer }) => hasServer).at(-1);
}
