import { execFileSync } from 'node:child_process';
import { chmod, chown, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  findNetworkNamespace,
  type Identity,
  type NetworkNamespace,
} from './drill/network-namespace.ts';
import { type Program, runProgram, startProgram } from './program.ts';
import type { DeadScratchOptions } from './programs/dead-scratch.ts';
import { makeReapedFolder } from './reaped-folder.ts';
import { forgetFolder } from './reaper.ts';
import type { Toolset } from './tools.ts';

/** A Unix socket's path may have 107 bytes, of which `/holdfast-01234567/.s.PGSQL.5432` takes 32. */
const LONGEST_PARENT = 75;

interface HomeProgram {
  tools: Toolset;
  signal: AbortSignal;
}

interface ServerProgram extends HomeProgram {
  settings: readonly string[];
  namespace?: NetworkNamespace | undefined;
}

/**
 * A directory of mode 700 in which a PostgreSQL server of our own lives, with its data and its socket: its programs get an empty environment, and where
 * we are root the user `nobody`. Gone when we are gone, whatever ended us.
 */
export class ServerHome {
  readonly folder: string;
  readonly #identity: Identity | undefined;

  private constructor(folder: string, identity: Identity | undefined) {
    this.folder = folder;
    this.#identity = identity;
  }

  /** @throws HoldfastError SCRATCH_FAILED where TMPDIR can't be used. */
  static async make(options: DeadScratchOptions): Promise<ServerHome> {
    const parent = tmpdir().length > LONGEST_PARENT ? '/tmp' : tmpdir();
    const identity = unprivilegedIdentity();
    const folder = await makeReapedFolder(parent, options);
    const home = new ServerHome(folder, identity);
    try {
      await chmod(folder, 0o700);
      if (identity !== undefined) await chown(folder, identity.uid, identity.gid);
    } catch (error) {
      await home.remove();
      throw error;
    }
    return home;
  }

  get data(): string {
    return join(this.folder, 'data');
  }

  /** Runs one of PostgreSQL's programs to its end. @throws HoldfastError SCRATCH_FAILED. */
  async run(
    name: string,
    { tools, signal, args }: HomeProgram & { args: readonly string[] },
  ): Promise<void> {
    await runProgram(join(tools.directory, name), { args, ...this.#surroundings(signal) });
  }

  /** A network namespace for the server; undefined where this machine has none for us. */
  findNamespace(): NetworkNamespace | undefined {
    return findNetworkNamespace(this.#identity);
  }

  /** Starts the server on its data, with a socket here and no TCP unless the settings, as `name=value`, say otherwise. */
  startServer({ tools, signal, settings, namespace }: ServerProgram): Program {
    const all = [
      'listen_addresses=',
      `unix_socket_directories=${this.folder}`,
      'unix_socket_permissions=0700',
      ...settings,
    ];
    const args = ['-D', this.data, ...all.flatMap((setting) => ['-c', setting])];
    const postgres = join(tools.directory, 'postgres');
    const [command, ...prefix] = namespace?.prefix ?? [postgres];
    const program = startProgram(command, {
      args: namespace === undefined ? args : [...prefix, postgres, ...args],
      ...this.#surroundings(signal),
      ...(namespace === undefined ? {} : { identity: namespace.identity }),
      stopSignal: 'SIGQUIT',
    });
    program.stdin.end();
    program.stdout.resume();
    return program;
  }

  async remove(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true, maxRetries: 5 });
    forgetFolder(this.folder);
  }

  #surroundings(signal: AbortSignal) {
    const env = { PATH: '/usr/bin:/bin', HOME: this.folder, LC_ALL: 'C' };
    return { env, signal, failure: 'SCRATCH_FAILED', identity: this.#identity } as const;
  }
}

/** `nobody`, where we are root: never the user that a real server on this machine runs as. */
function unprivilegedIdentity(): Identity | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const idOf = (flag: string) => Number(execFileSync('id', [flag, 'nobody'], { encoding: 'utf8' }));
  return { uid: idOf('-u'), gid: idOf('-g') };
}
