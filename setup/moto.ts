import { execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { access, mkdir, rename, rm, symlink } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** moto: a local AWS for tests (PyPI). */
const REQUIREMENT = 'moto[server]==5.2.1';

export interface LocalAws {
  endpoint: string;
  pid: number;
  stop: () => Promise<void>;
}

export interface LocalAwsOptions {
  /** Python that serves instead of setup/local_aws; a test may bring one that fills buckets first. */
  program?: string;
  /** What setup/local_aws reads: HOLDFAST_LOCAL_*. */
  env?: Record<string, string>;
  /** Takes each line that the server says: requests, and errors of its own. */
  log?: (line: string) => void;
}

/** Starts a local AWS on a free port of this machine; it forgets everything when it stops, and stops with this process. */
export async function startLocalAws(
  say: (text: string) => void,
  { program, env, log }: LocalAwsOptions = {},
): Promise<LocalAws> {
  const python = await motoPython(say);
  const args =
    program === undefined ? ['-m', 'local_aws'] : [program, '-H', '127.0.0.1', '-p', '0'];
  const place = {
    PYTHONPATH: import.meta.dirname,
    PYTHONDONTWRITEBYTECODE: '1',
    HOLDFAST_LOCAL_NODE: process.execPath,
  };
  const child = spawn(python, args, {
    stdio: ['pipe', 'ignore', 'pipe'],
    env: { ...process.env, ...place, ...env },
  });
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const endpoint = await new Promise<string>((resolve, reject) => {
    ended.then(() => reject(new Error('the local AWS ended before it said where it listens')));
    createInterface({ input: child.stderr }).on('line', (line) => {
      log?.(line);
      const [found] = /http:\/\/127\.0\.0\.1:\d+/.exec(line) ?? [];
      if (found !== undefined) resolve(found);
    });
  });
  const stop = async () => {
    child.kill();
    await ended;
  };
  return { endpoint, pid: child.pid ?? 0, stop };
}

/** The Python of a virtual environment that has moto; made once, in a cache, and linked into place when it is whole. */
export async function motoPython(say: (text: string) => void): Promise<string> {
  const link = join(cacheFolder(), REQUIREMENT.replace(/[^a-z0-9.]+/g, '-'));
  const python = join(link, 'bin/python');
  if (await isThere(python)) return python;
  const folder = join(cacheFolder(), `.moto-${randomBytes(6).toString('hex')}`);
  try {
    say(`fetching ${REQUIREMENT} into a virtual environment`);
    await mkdir(cacheFolder(), { recursive: true });
    await makeEnvironment(folder, say);
    await run(join(folder, 'bin/python'), ['-m', 'pip', 'install', '--quiet', REQUIREMENT], {
      maxBuffer: 1 << 26,
    });
    await symlink(folder, `${folder}.link`);
    await rename(`${folder}.link`, link);
    return python;
  } catch (cause) {
    await rm(folder, { recursive: true, force: true });
    throw new Error(
      'The tests need a local AWS. Type: sudo apt-get install python3-venv python3-pip   (and let pip reach PyPI)',
      {
        cause,
      },
    );
  }
}

async function makeEnvironment(folder: string, say: (text: string) => void): Promise<void> {
  const make = () => run('python3', ['-m', 'venv', folder]);
  try {
    await make();
  } catch (error) {
    if (process.platform !== 'linux' || process.getuid?.() !== 0) throw error;
    say('installing python3-venv by apt');
    await run('apt-get', ['update', '-qq']);
    await run(
      'apt-get',
      ['install', '-y', '-qq', '--no-install-recommends', 'python3-venv', 'python3-pip'],
      {
        env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
        maxBuffer: 1 << 26,
      },
    );
    await rm(folder, { recursive: true, force: true });
    await make();
  }
}

function cacheFolder(): string {
  return process.getuid?.() === 0
    ? '/var/cache/holdfast/python'
    : join(homedir(), '.cache/holdfast/python');
}

async function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
