import { execFile } from 'node:child_process';
import { access, mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Stores that others wrote, at pinned versions; Go's checksum database vouches for their text. */
const PROGRAMS = {
  versitygw: 'github.com/versity/versitygw/cmd/versitygw@v1.8.0',
  gofakes3: 'github.com/johannesboyne/gofakes3/cmd/gofakes3@v1.2.0',
  rclone: 'github.com/rclone/rclone@v1.76.0',
  minio: 'github.com/minio/minio@v0.0.0-20260212201848-7aac2a2c5b7c',
} as const;

export type ForeignStoreName = keyof typeof PROGRAMS;

type Say = (text: string) => void;

/** On two cores that do other work, each program took up to fifteen minutes. */
const BUILD_MINUTES = 30;
const DOWNLOAD_MINUTES = 10;
/** What Go that is older than the oldest is used to fetch. */
const NEWER_GO = 'go1.26.8';
/** Since this release, Go fetches the release that a module asks for. */
const OLDEST_GO = [1, 21] as const;

/**
 * The program of a store, built once by `go install` and kept in a cache. Where this machine cannot
 * build it, the reason is passed to `say` and the result is undefined.
 */
export async function foreignStore(name: ForeignStoreName, say: Say): Promise<string | undefined> {
  const program = join(cacheFolder(), PROGRAMS[name].replace(/[^A-Za-z0-9.]+/g, '-'));
  if (await isThere(program)) return program;
  const { go, reason } = await findGo(say);
  if (go === undefined) {
    say(`skipped: ${name}. It is built by Go ${OLDEST_GO.join('.')} or newer, and ${reason}.`);
    say('Install Go from https://go.dev/dl/ (macOS: brew install go) and run this again.');
    return undefined;
  }
  await mkdir(cacheFolder(), { recursive: true });
  const folder = await mkdtemp(join(cacheFolder(), '.build-'));
  try {
    say(`building ${PROGRAMS[name]} by go install: once, for several minutes`);
    await run(go, ['install', '-trimpath', PROGRAMS[name]], {
      cwd: folder,
      env: { ...process.env, GOBIN: folder, GOTOOLCHAIN: 'auto', GOFLAGS: '-buildvcs=false' },
      timeout: BUILD_MINUTES * 60_000,
      maxBuffer: 1 << 26,
    });
    await rename(join(folder, name), program);
    return program;
  } catch (error) {
    say(`skipped: ${name}. It could not be built: ${lastLine(error)}`);
    return undefined;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** What this machine builds with: Go, or the reason in words why there is none. */
interface FoundGo {
  go?: string;
  reason: string;
}

let found: Promise<FoundGo> | undefined;

/** Go from the PATH or its usual place, else from Debian; looked for once in a process. */
function findGo(say: Say): Promise<FoundGo> {
  found ??= lookForGo(say);
  return found;
}

async function lookForGo(say: Say): Promise<FoundGo> {
  const [here] = await installedGos();
  if (here?.isNewEnough) return { go: here.go, reason: '' };
  const isRoot = process.platform === 'linux' && process.getuid?.() === 0;
  if (here === undefined && isRoot) await installByApt(say);
  const [installed] = await installedGos();
  if (installed === undefined) return { reason: 'this machine has no Go' };
  if (installed.isNewEnough) return { go: installed.go, reason: '' };
  const newer = await downloadGo(installed.go, say).catch((error: unknown) => {
    say(`a newer Go could not be downloaded: ${lastLine(error)}`);
    return undefined;
  });
  if (newer !== undefined) return { go: newer, reason: '' };
  return { reason: `this machine has Go ${installed.version} only` };
}

async function installByApt(say: Say): Promise<void> {
  say('installing golang-go by apt');
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const args = ['install', '-y', '-qq', '--no-install-recommends', 'golang-go'];
  await run('apt-get', ['update', '-qq'])
    .then(() => run('apt-get', args, { env, maxBuffer: 1 << 26 }))
    .catch((error: unknown) => say(`apt could not install it: ${lastLine(error)}`));
}

/**
 * A release of Go as a module: Go since 1.21 fetches others this way by itself, and an older one, as
 * Debian 12 has it, can fetch it too. Go's checksum database vouches for it.
 */
async function downloadGo(old: string, say: Say): Promise<string | undefined> {
  const arch = process.arch === 'x64' ? 'amd64' : process.arch;
  const module = `golang.org/toolchain@v0.0.1-${NEWER_GO}.${process.platform}-${arch}`;
  say(`downloading ${NEWER_GO} by go mod download`);
  const { stdout } = await run(old, ['mod', 'download', '-json', module], {
    cwd: tmpdir(),
    maxBuffer: 1 << 24,
    timeout: DOWNLOAD_MINUTES * 60_000,
  });
  const { Dir: folder } = JSON.parse(stdout) as { Dir: string };
  // A module holds no permissions, and its files are read-only.
  await run('chmod', ['-R', 'u+w,a+x', join(folder, 'bin'), join(folder, 'pkg/tool')]);
  const go = join(folder, 'bin/go');
  return (await versionOf(go))?.isNewEnough ? go : undefined;
}

interface InstalledGo {
  go: string;
  version: string;
  isNewEnough: boolean;
}

/** The newest first. */
async function installedGos(): Promise<InstalledGo[]> {
  const all = await Promise.all(['go', '/usr/local/go/bin/go'].map(versionOf));
  return all
    .filter((one) => one !== undefined)
    .sort((one, other) => Number(other.isNewEnough) - Number(one.isNewEnough));
}

async function versionOf(go: string): Promise<InstalledGo | undefined> {
  const { stdout } = await run(go, ['version']).catch(() => ({ stdout: '' }));
  const [, version, major, minor] = /go((\d+)\.(\d+)[.\d]*)/.exec(stdout) ?? [];
  if (version === undefined) return undefined;
  const [oldestMajor, oldestMinor] = OLDEST_GO;
  const isNewEnough =
    Number(major) > oldestMajor || (Number(major) === oldestMajor && Number(minor) >= oldestMinor);
  return { go, version, isNewEnough };
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
