import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, chown, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { APPLICATION_NAME } from '../contract.ts';
import { HoldfastError, isHoldfastError } from '../errors.ts';
import type { ConnectionSettings } from './connection-settings.ts';
import { type Program, runProgram, startProgram } from './program.ts';
import { forgetFolder, reapFolder } from './reaper.ts';
import { Session } from './session.ts';
import type { Toolset } from './tools.ts';

/** Superuser of a throw-away server; no role of a backup is likely to have this name. */
const SUPERUSER = 'holdfast_drill';
const DEFAULT_PORT = 5432;
const READY_SECONDS = 60;
/** A Unix socket's path may have 107 bytes. */
const LONGEST_FOLDER = 80;

export interface ThrowAwayOptions {
  tools: Toolset;
  signal: AbortSignal;
  /** Libraries to preload, where this machine has them. */
  preloadLibraries?: readonly string[];
  /** Further settings, as `name=value`. */
  settings?: readonly string[];
  /** In the name of its socket, and of TCP where the settings ask for that. */
  port?: number;
}

/**
 * A PostgreSQL of our own for one piece of work: a socket in a directory of mode 700, no TCP, an empty environment, fsync off, and where
 * we are root an unprivileged user of its own, because a dump is code and must not run beside credentials. Gone when we are gone,
 * whatever ended us.
 */
export class ThrowAwayServer {
  readonly major: number;
  /** Libraries that the set preloads and this machine lacks. */
  readonly missingLibraries: string[];
  readonly #folder: string;
  readonly #port: number;
  readonly #program: Program;

  private constructor({
    folder,
    port,
    program,
    major,
    missingLibraries,
  }: { folder: string; port: number; program: Program; major: number; missingLibraries: string[] }) {
    this.#folder = folder;
    this.#port = port;
    this.#program = program;
    this.major = major;
    this.missingLibraries = missingLibraries;
  }

  /** @throws HoldfastError SCRATCH_FAILED. */
  static async start(options: ThrowAwayOptions): Promise<ThrowAwayServer> {
    const folder = await makeFolder();
    try {
      const identity = unprivilegedIdentity();
      if (identity !== undefined) await chown(folder, identity.uid, identity.gid);
      await initialize(folder, options, identity);
      const { present, missing } = sortLibraries(options);
      const program = launch(folder, { options, identity, libraries: present });
      const { port = DEFAULT_PORT, tools } = options;
      const server = new ThrowAwayServer({ folder, port, program, major: tools.major, missingLibraries: missing });
      await server.#ready(options.signal);
      return server;
    } catch (error) {
      await removeFolder(folder);
      if (isHoldfastError(error, 'TOOLS_MISSING') || options.signal.aborted) throw error;
      throw scratchFailed(error);
    }
  }

  /** How to reach a database of it. */
  connection(database = 'postgres'): ConnectionSettings {
    return {
      host: this.#folder,
      port: this.#port,
      user: SUPERUSER,
      database,
      password: undefined,
      sslmode: 'disable',
      sslrootcert: undefined,
      sslcert: undefined,
      sslkey: undefined,
      options: undefined,
      connectTimeoutSeconds: 10,
    };
  }

  get pid(): number | undefined {
    return this.#program.pid;
  }

  /** Ends the server at once and removes its directory. Safe to repeat. */
  async stop(): Promise<void> {
    this.#program.kill('SIGQUIT');
    const killer = setTimeout(() => this.#program.kill('SIGKILL'), 5_000);
    await this.#program.exited.catch(() => undefined);
    clearTimeout(killer);
    await removeFolder(this.#folder);
  }

  async #ready(signal: AbortSignal): Promise<void> {
    const deadline = Date.now() + READY_SECONDS * 1000;
    const died = this.#program.exited.then(() => {
      throw new HoldfastError({ code: 'SCRATCH_FAILED', message: 'the throw-away server ended at once' });
    });
    died.catch(() => undefined);
    for (;;) {
      const attempt = Session.open(this.connection(), { applicationName: APPLICATION_NAME });
      attempt.catch(() => undefined);
      try {
        const session = await Promise.race([attempt, died]);
        return await session.end();
      } catch (error) {
        if (!isHoldfastError(error, 'CONNECTION_FAILED') || Date.now() > deadline) throw error;
      }
      await sleep(50, undefined, { signal }).catch(() => signal.throwIfAborted());
    }
  }
}

async function makeFolder(): Promise<string> {
  const parent = tmpdir().length > LONGEST_FOLDER ? '/tmp' : tmpdir();
  const folder = await mkdtemp(join(parent, 'holdfast-'));
  await chmod(folder, 0o700);
  reapFolder(folder);
  return folder;
}

async function removeFolder(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  forgetFolder(folder);
}

/** `nobody`, where we are root: never the user that a real server on this machine runs as. */
function unprivilegedIdentity(): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const idOf = (flag: string) => Number(execFileSync('id', [flag, 'nobody'], { encoding: 'utf8' }));
  return { uid: idOf('-u'), gid: idOf('-g') };
}

type Identity = ReturnType<typeof unprivilegedIdentity>;

async function initialize(folder: string, { tools, signal }: ThrowAwayOptions, identity: Identity): Promise<void> {
  const args = [
    '--pgdata',
    join(folder, 'data'),
    '--username',
    SUPERUSER,
    '--auth',
    'trust',
    '--encoding',
    'UTF8',
    '--locale',
    'C',
    '--no-sync',
    '--no-instructions',
  ];
  await runProgram(join(tools.directory, 'initdb'), { args, env: emptyEnvironment(folder), signal, failure: 'SCRATCH_FAILED', identity });
}

interface LaunchOptions {
  options: ThrowAwayOptions;
  identity: Identity;
  libraries: readonly string[];
}

function launch(folder: string, { options, identity, libraries }: LaunchOptions): Program {
  const settings = [
    'listen_addresses=',
    `unix_socket_directories=${folder}`,
    'unix_socket_permissions=0700',
    `port=${options.port ?? DEFAULT_PORT}`,
    'fsync=off',
    'full_page_writes=off',
    'synchronous_commit=off',
    'wal_level=minimal',
    'max_wal_senders=0',
    'max_wal_size=4GB',
    'maintenance_work_mem=256MB',
    'dynamic_shared_memory_type=mmap',
    'max_locks_per_transaction=256',
    'autovacuum=off',
    'lc_messages=C',
    'log_min_messages=fatal',
    `shared_preload_libraries=${libraries.join(',')}`,
    ...(options.settings ?? []),
  ];
  const args = ['-D', join(folder, 'data'), ...settings.flatMap((setting) => ['-c', setting])];
  const program = startProgram(join(options.tools.directory, 'postgres'), {
    args,
    env: emptyEnvironment(folder),
    signal: options.signal,
    failure: 'SCRATCH_FAILED',
    identity,
    stopSignal: 'SIGQUIT',
  });
  program.stdin.end();
  program.stdout.resume();
  return program;
}

function emptyEnvironment(folder: string): Record<string, string> {
  return { PATH: '/usr/bin:/bin', HOME: folder, LC_ALL: 'C' };
}

function sortLibraries({ tools, preloadLibraries = [] }: ThrowAwayOptions): { present: string[]; missing: string[] } {
  const isHere = (name: string) => /^[\w-]+$/.test(name) && existsSync(join(tools.directory, '../lib', `${name}.so`));
  return { present: preloadLibraries.filter(isHere), missing: preloadLibraries.filter((name) => !isHere(name)) };
}

function scratchFailed(error: unknown): HoldfastError {
  return new HoldfastError({
    code: 'SCRATCH_FAILED',
    message: `the throw-away server could not be started: ${error instanceof Error ? error.message : 'unknown failure'}`,
    hint: 'Check the free space of the temporary directory (TMPDIR), and that user nobody may run the PostgreSQL programs.',
    cause: error,
  });
}
