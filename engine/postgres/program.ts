import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import type { Readable, Writable } from 'node:stream';
import { type ErrorCode, HoldfastError } from '../errors.ts';
import { endedFromOutside, hasLostSession } from './programs/ended-from-outside.ts';
import { hintFor } from './programs/program-hints.ts';
import { type ProgramWatch, watchProgram } from './programs/program-watch.ts';
import { reapProcess } from './reaper.ts';
import { recoveryConflict } from './recovery-conflict.ts';
import { sayOutput } from './said.ts';

const TAIL_BYTES = 4096;
const KILL_AFTER_MS = 5_000;

export interface ProgramOptions {
  args: readonly string[];
  /** The whole environment; nothing of ours is added. */
  env: Readonly<Record<string, string>>;
  signal: AbortSignal;
  /** What it means when this program fails. */
  failure: ErrorCode;
  /** Lets the program write large blocks, where the machine can: it writes 4 KiB at a time otherwise, and each write is work for both sides. */
  outputBuffer?: boolean;
  /** User and group to run as, where we are root. */
  identity?: { uid: number; gid: number } | undefined;
  /** Hears all that it writes to its standard error. */
  onErrorOutput?: ((text: string) => void) | undefined;
  /** Ends it when it stands still for too long; a server that runs as a program may be silent. */
  watch?: ProgramWatch | undefined;
  /** How an abort asks it to end; SIGTERM unless given. */
  stopSignal?: NodeJS.Signals;
}

/** One PostgreSQL program at work. Its end of output means nothing; `exited` does. */
export interface Program {
  readonly pid: number | undefined;
  readonly stdin: Writable;
  readonly stdout: Readable;
  /** Resolves when it exited with 0 and all its output was read. Rejects with `failure`, or with the reason of the abort. */
  readonly exited: Promise<void>;
  kill(signal: NodeJS.Signals): void;
}

/** Starts a program; an abort ends it with its stop signal, and with SIGKILL when that does not help. */
export function startProgram(path: string, options: ProgramOptions): Program {
  options.signal.throwIfAborted();
  const [command, ...args] = options.outputBuffer
    ? withOutputBuffer(path, options.args)
    : [path, ...options.args];
  const child = spawn(command, args, {
    env: { ...options.env },
    stdio: ['pipe', 'pipe', 'pipe'],
    cwd: '/',
    // A group of its own, so that the workers of pg_restore can be ended with it.
    detached: options.watch !== undefined,
    ...options.identity,
  });
  reapProcess(child);
  const tail = collectTail(child, options.onErrorOutput);
  const { signal, release } = endingOnStall(child, path, options);
  const stop = () => terminate(child, options.stopSignal);
  signal.addEventListener('abort', stop, { once: true });
  const exited = outcome(child, path, { options: { ...options, signal }, tail }).finally(() => {
    signal.removeEventListener('abort', stop);
    release();
  });
  exited.catch(() => undefined);
  child.stdin.on('error', () => undefined);
  return {
    pid: child.pid,
    stdin: child.stdin,
    stdout: child.stdout,
    exited,
    kill: (signal) => end(child, signal),
  };
}

/** The signal that ends a program: ours, and that of its watch where it has one. */
function endingOnStall(
  child: ChildProcess,
  path: string,
  { signal, watch }: ProgramOptions,
): { signal: AbortSignal; release: () => void } {
  if (watch === undefined) return { signal, release: () => undefined };
  const stall = new AbortController();
  const watching = watchProgram({ name: nameOf(path), child, watch }, (error) =>
    stall.abort(error),
  );
  return {
    signal: AbortSignal.any([signal, stall.signal]),
    release: () => watching.stop(),
  };
}

function nameOf(path: string): string {
  return path.split('/').at(-1) ?? path;
}

/** coreutils' stdbuf, which becomes the program itself and leaves no process of its own. */
const STDBUF = '/usr/bin/stdbuf';

function withOutputBuffer(path: string, args: readonly string[]): [string, ...string[]] {
  return existsSync(STDBUF) ? [STDBUF, '--output=256K', path, ...args] : [path, ...args];
}

/** The program's output, which ends only when the program exited with 0: a dump that died never looks whole. */
export async function* outputOf(program: Program): AsyncGenerator<Uint8Array> {
  try {
    yield* program.stdout as AsyncIterable<Uint8Array>;
    await program.exited;
  } finally {
    program.kill('SIGTERM');
  }
}

/** Runs a program that says little, and returns what it wrote. */
export async function runProgram(path: string, options: ProgramOptions): Promise<string> {
  const program = startProgram(path, options);
  program.stdin.end();
  const chunks: Uint8Array[] = [];
  for await (const chunk of outputOf(program)) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

interface OutcomeOptions {
  options: ProgramOptions;
  tail: () => string;
}

function outcome(
  child: ChildProcess,
  path: string,
  { options, tail }: OutcomeOptions,
): Promise<void> {
  return new Promise((resolve, reject) => {
    child.once('error', (cause) => reject(notStarted(path, cause)));
    child.once('close', (code, signal) => {
      if (options.signal.aborted) reject(options.signal.reason);
      else if (code === 0) resolve();
      else reject(programFailed(path, { code, signal, output: tail(), failure: options.failure }));
    });
  });
}

function terminate(child: ChildProcess, stopSignal: NodeJS.Signals = 'SIGTERM'): void {
  child.kill(stopSignal);
  const timer = setTimeout(() => end(child, 'SIGKILL'), KILL_AFTER_MS);
  timer.unref();
  child.once('exit', () => {
    clearTimeout(timer);
    end(child, 'SIGKILL');
  });
}

/**
 * SIGKILL goes to the whole group of the program. pg_restore leaves workers behind, which wait for an
 * answer to their cancel request and keep its output open.
 */
function end(child: ChildProcess, signal: NodeJS.Signals): void {
  child.kill(signal);
  if (signal !== 'SIGKILL' || child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch {
    // It has no group of its own, or nobody is left in it.
  }
}

function collectTail(child: ChildProcess, listener?: (text: string) => void): () => string {
  let tail = '';
  child.stderr?.setEncoding('utf8');
  child.stderr?.on('data', (text: string) => {
    tail = (tail + text).slice(-TAIL_BYTES);
    listener?.(text);
  });
  return () => tail;
}

interface Exit {
  code: number | null;
  signal: string | null;
  output: string;
  failure: ErrorCode;
}

const PASSING =
  /too many clients|remaining connection slots|terminating connection|server closed the connection|could not receive data|connection to server|lock timeout|lock not available|canceling statement due to lock|deadlock|snapshot/;

function programFailed(path: string, { code, signal, output, failure }: Exit): HoldfastError {
  const name = nameOf(path);
  const end = signal === null ? `exited with ${code}` : `was ended by ${signal}`;
  const said = sayOutput(output);
  const known =
    recoveryConflict(said) ?? endedFromOutside({ what: `${name} ${end}`, signal, said, failure });
  if (known !== undefined) return known;
  return new HoldfastError({
    code: failure,
    message: `${name} ${end}${said === '' ? '' : `: ${said}`}`,
    hint: hintFor(said, failure),
    retryable: PASSING.test(said) || hasLostSession(output),
  });
}

function notStarted(path: string, cause: Error): HoldfastError {
  return new HoldfastError({
    code: 'TOOLS_MISSING',
    message: `${path} can not be run`,
    hint: 'Install the PostgreSQL client programs again.',
    cause,
  });
}
