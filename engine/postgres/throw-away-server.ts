import { setTimeout as sleep } from 'node:timers/promises';
import { APPLICATION_NAME } from '../contract.ts';
import { HoldfastError, isHoldfastError } from '../errors.ts';
import type { ConnectionSettings, WatchSettings } from './connection-settings.ts';
import type { Program } from './program.ts';
import { ServerHome } from './server-home.ts';
import { Session } from './session.ts';
import type { Toolset } from './tools.ts';

/** Superuser of a throw-away server; no role of a backup is likely to have this name. */
const SUPERUSER = 'holdfast_drill';
const DEFAULT_PORT = 5432;
const READY_SECONDS = 60;

export interface ThrowAwayOptions {
  tools: Toolset;
  signal: AbortSignal;
  /** Libraries of this machine to preload. */
  preloadLibraries?: readonly string[];
  /** Further settings, as `name=value`. */
  settings?: readonly string[];
  /** Runs it in a network namespace of its own, where this machine has one for us: nothing in it reaches another machine. */
  isIsolated?: boolean;
  /** How sessions and programs that work on it are watched. */
  watch?: WatchSettings | undefined;
  /** In the name of its socket, and of TCP where the settings ask for that. */
  port?: number;
  onNote?: ((note: string) => void) | undefined;
}

/**
 * A PostgreSQL of our own for one piece of work: a socket in a directory of mode 700, no TCP, an empty environment, fsync off, and where
 * we are root an unprivileged user of its own, because a dump is code and must not run beside credentials. Gone when we are gone,
 * whatever ended us.
 */
export class ThrowAwayServer {
  readonly major: number;
  /** Whether it runs in a network namespace of its own. */
  readonly isIsolated: boolean;
  readonly #home: ServerHome;
  readonly #port: number;
  readonly #program: Program;
  readonly #watch: WatchSettings | undefined;

  private constructor({
    home,
    port,
    program,
    major,
    isIsolated,
    watch,
  }: {
    home: ServerHome;
    port: number;
    program: Program;
    major: number;
    isIsolated: boolean;
    watch: WatchSettings | undefined;
  }) {
    this.#watch = watch;
    this.#home = home;
    this.#port = port;
    this.#program = program;
    this.major = major;
    this.isIsolated = isIsolated;
  }

  /** @throws HoldfastError SCRATCH_FAILED. */
  static async start(options: ThrowAwayOptions): Promise<ThrowAwayServer> {
    const home = await ServerHome.make(options).catch((error: unknown) => {
      throw scratchFailed(error);
    });
    let server: ThrowAwayServer | undefined;
    try {
      await initialize(home, options);
      server = ThrowAwayServer.#launch(home, options);
      await server.#ready(options.signal);
      return server;
    } catch (error) {
      await (server === undefined ? home.remove() : server.stop());
      if (isHoldfastError(error, 'TOOLS_MISSING') || options.signal.aborted) throw error;
      throw scratchFailed(error);
    }
  }

  static #launch(home: ServerHome, options: ThrowAwayOptions): ThrowAwayServer {
    const { port = DEFAULT_PORT, tools, signal, watch } = options;
    const namespace = options.isIsolated === true ? home.findNamespace() : undefined;
    const settings = settingsOf(options);
    const program = home.startServer({ tools, signal, settings, namespace });
    const isIsolated = namespace !== undefined;
    return new ThrowAwayServer({ home, port, program, major: tools.major, isIsolated, watch });
  }

  /** How to reach a database of it. */
  connection(database = 'postgres'): ConnectionSettings {
    return {
      host: this.#home.folder,
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
      watch: this.#watch,
    };
  }

  /** Its data directory. */
  get data(): string {
    return this.#home.data;
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
    await this.#home.remove();
  }

  async #ready(signal: AbortSignal): Promise<void> {
    const deadline = Date.now() + READY_SECONDS * 1000;
    const died = this.#program.exited.then(() => {
      throw new HoldfastError({
        code: 'SCRATCH_FAILED',
        message: 'the throw-away server ended at once',
      });
    });
    died.catch(() => undefined);
    for (;;) {
      const attempt = Session.open(this.connection(), { applicationName: APPLICATION_NAME });
      attempt.catch(() => undefined);
      try {
        const session = await Promise.race([attempt, died]);
        return await session.end();
      } catch (error) {
        if (
          !isHoldfastError(error, 'CONNECTION_FAILED') ||
          !error.retryable ||
          Date.now() > deadline
        )
          throw error;
      }
      await sleep(50, undefined, { signal }).catch(() => signal.throwIfAborted());
    }
  }
}

async function initialize(home: ServerHome, { tools, signal }: ThrowAwayOptions): Promise<void> {
  const place = ['--pgdata', home.data, '--username', SUPERUSER, '--auth', 'trust'];
  const args = [...place, '--encoding', 'UTF8', '--locale', 'C', '--no-sync', '--no-instructions'];
  await home.run('initdb', { tools, signal, args });
}

function settingsOf({
  port = DEFAULT_PORT,
  preloadLibraries = [],
  settings = [],
}: ThrowAwayOptions): string[] {
  return [
    `port=${port}`,
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
    `shared_preload_libraries=${preloadLibraries.join(',')}`,
    ...settings,
  ];
}

function scratchFailed(error: unknown): HoldfastError {
  return new HoldfastError({
    code: 'SCRATCH_FAILED',
    message: `the throw-away server could not be started: ${error instanceof Error ? error.message : 'unknown failure'}`,
    hint: 'Check the free space of the temporary directory (TMPDIR), and that user nobody may run the PostgreSQL programs.',
    cause: error,
  });
}
