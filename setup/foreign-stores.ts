import { execFile } from 'node:child_process';
import { access, mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Stores that others wrote, at pinned versions; Go's checksum database vouches for their text. */
const PROGRAMS = {
  versitygw: 'github.com/versity/versitygw/cmd/versitygw@v1.8.0',
  gofakes3: 'github.com/johannesboyne/gofakes3/cmd/gofakes3@v1.2.0',
  minio: 'github.com/minio/minio@v0.0.0-20260212201848-7aac2a2c5b7c',
} as const;

export type ForeignStoreName = keyof typeof PROGRAMS;

const BUILD_MINUTES = 30;
/** Since this release, Go fetches the release that a module asks for. */
const OLDEST_GO = [1, 21] as const;

/**
 * The program of a store, built once by `go install` and kept in a cache. Undefined, with the reason
 * said, where this machine can not build it.
 */
export async function foreignStore(
  name: ForeignStoreName,
  say: (text: string) => void,
): Promise<string | undefined> {
  const program = join(cacheFolder(), PROGRAMS[name].replace(/[^A-Za-z0-9.]+/g, '-'));
  if (await isThere(program)) return program;
  const go = await findGo(say);
  if (go === undefined) {
    say(`skipped: ${name}, which Go ${OLDEST_GO.join('.')} or newer builds, and there is none`);
    return undefined;
  }
  await mkdir(cacheFolder(), { recursive: true });
  const folder = await mkdtemp(join(cacheFolder(), '.build-'));
  try {
    say(`building ${PROGRAMS[name]} by go install; this takes some minutes, once`);
    await run(go, ['install', '-trimpath', PROGRAMS[name]], {
      cwd: folder,
      env: { ...process.env, GOBIN: folder, GOTOOLCHAIN: 'auto', GOFLAGS: '-buildvcs=false' },
      timeout: BUILD_MINUTES * 60_000,
      maxBuffer: 1 << 26,
    });
    await rename(join(folder, name), program);
    return program;
  } catch (error) {
    say(`skipped: ${name}, which could not be built: ${lastLine(error)}`);
    return undefined;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Go from the PATH or its usual place, else from Debian. */
async function findGo(say: (text: string) => void): Promise<string | undefined> {
  const found = await newEnoughGo();
  if (found !== undefined || process.platform !== 'linux' || process.getuid?.() !== 0) return found;
  say('installing golang-go by apt');
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const args = ['install', '-y', '-qq', '--no-install-recommends', 'golang-go'];
  await run('apt-get', ['update', '-qq'])
    .then(() => run('apt-get', args, { env, maxBuffer: 1 << 26 }))
    .catch((error: unknown) => say(`apt could not install it: ${lastLine(error)}`));
  return newEnoughGo();
}

async function newEnoughGo(): Promise<string | undefined> {
  for (const go of ['go', '/usr/local/go/bin/go']) {
    const { stdout } = await run(go, ['version']).catch(() => ({ stdout: '' }));
    const [, major = 0, minor = 0] = (/go(\d+)\.(\d+)/.exec(stdout) ?? []).map(Number);
    if (major > OLDEST_GO[0] || (major === OLDEST_GO[0] && minor >= OLDEST_GO[1])) return go;
  }
  return undefined;
}

function lastLine(error: unknown): string {
  const { stderr = '', message = '' } = error as { stderr?: string; message?: string };
  return (stderr.trim() || message).split('\n').at(-1) ?? '';
}

/** Where the programs are kept; `HOLDFAST_STORES` names another folder. */
function cacheFolder(): string {
  const usual =
    process.getuid?.() === 0
      ? '/var/cache/holdfast/stores'
      : join(homedir(), '.cache/holdfast/stores');
  return process.env.HOLDFAST_STORES ?? usual;
}

async function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

/** `node setup/foreign-stores.ts` builds them all. */
if (basename(process.argv[1] ?? '') === basename(import.meta.filename)) {
  const say = (text: string) => process.stderr.write(`${text}\n`);
  for (const name of Object.keys(PROGRAMS) as ForeignStoreName[]) {
    const program = await foreignStore(name, say);
    process.stdout.write(`${name}: ${program ?? 'not built'}\n`);
    if (program === undefined) process.exitCode = 1;
  }
}
