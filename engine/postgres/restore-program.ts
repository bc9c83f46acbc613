import { once } from 'node:events';
import { join } from 'node:path';
import type { TocEntry } from '../domain/archive-toc.ts';
import type { FailedEntry } from '../domain/restore/failed-entry.ts';
import type { ErrorCode } from '../errors.ts';
import { isHoldfastError } from '../errors.ts';
import { readToc } from './archive/read-toc.ts';
import { STALL_TIMEOUT_SECONDS } from './connection/dead-network.ts';
import type { ConnectionSettings } from './connection-settings.ts';
import { libpqConnectionString, libpqEnvironment } from './libpq-environment.ts';
import { type Program, runProgram, startProgram } from './program.ts';
import { settingsForProgram } from './program-login.ts';
import { namingEntry } from './programs/failed-restore.ts';
import type { ProgramWatch } from './programs/program-watch.ts';
import { RestoreLog } from './programs/restore-log.ts';
import type { Toolset } from './tools.ts';

export interface RestoreProgramOptions {
  tools: Toolset;
  signal: AbortSignal;
  /** How long a program without a server may stand still. */
  stallTimeoutSeconds?: number | undefined;
}

export interface TargetOptions extends RestoreProgramOptions {
  settings: ConnectionSettings;
  applicationName: string;
  /** Leaves all objects in the default tablespace. */
  withoutTablespaces: boolean;
  /** Goes on after an error, and gives the entries that failed. */
  keepGoing?: boolean | undefined;
  /** Leaves all objects to the role that restores. */
  withoutOwners?: boolean;
}

export interface StreamOptions extends TargetOptions {
  /** The table of contents of the archive, asked for when an entry failed. */
  toc: () => Promise<readonly TocEntry[]>;
}

/**
 * pg_restore of an archive that streams in. The stream is read to its end whatever pg_restore needs
 * of it.
 * @returns the entries that failed, with `keepGoing`.
 * @throws HoldfastError RESTORE_FAILED at the first error unless `keepGoing`; it names the entry.
 */
export async function restoreStream(
  source: AsyncIterable<Uint8Array>,
  args: readonly string[],
  { toc, ...options }: StreamOptions,
): Promise<FailedEntry[]> {
  const log = new RestoreLog();
  const program = await startRestore(args, { ...options, log });
  return outcome(feed(program, source, options), { log, toc, ...options });
}

/** The same of an archive in a file, several objects at a time. */
export async function restoreFile(
  file: string,
  args: readonly string[],
  options: TargetOptions,
): Promise<FailedEntry[]> {
  const log = new RestoreLog();
  const program = await startRestore([...args, file], { ...options, log });
  program.stdin.end();
  program.stdout.resume();
  return outcome(program.exited, { log, toc: () => readToc(file), ...options });
}

interface OutcomeOptions extends StreamOptions {
  log: RestoreLog;
}

async function outcome(
  restoring: Promise<void>,
  { log, toc, keepGoing = false }: OutcomeOptions,
): Promise<FailedEntry[]> {
  try {
    await restoring;
    return [];
  } catch (error) {
    if (!isHoldfastError(error, 'RESTORE_FAILED')) throw error;
    const failures = log.failures(await toc().catch(() => []));
    if (keepGoing && log.isComplete) return failures;
    throw namingEntry(error, failures[0]);
  }
}

/** Parses an archive to its end and makes nothing of it: a structure check, not a proof. @throws HoldfastError OBJECT_DAMAGED. */
export async function parseArchive(
  source: AsyncIterable<Uint8Array>,
  options: RestoreProgramOptions,
): Promise<void> {
  await feed(start(['--file=/dev/null'], { ...options, failure: 'OBJECT_DAMAGED' }), source);
}

/** An archive in a file as SQL text. */
export async function scriptOf(
  file: string,
  args: readonly string[],
  options: RestoreProgramOptions,
): Promise<string> {
  return output(['--file=-', ...args, file], options);
}

/** An archive that streams in, as SQL text that streams out. */
export function startScript(args: readonly string[], options: RestoreProgramOptions): Program {
  return start(['--file=-', ...args], { ...options, failure: 'RESTORE_FAILED' });
}

async function startRestore(
  args: readonly string[],
  options: TargetOptions & { log: RestoreLog },
): Promise<Program> {
  const { tools, settings, applicationName, signal, keepGoing, log } = options;
  const { withoutTablespaces, withoutOwners } = options;
  const all = [
    ...(keepGoing ? [] : ['--exit-on-error']),
    '--no-password',
    // Without it pg_restore does not say which entry failed.
    '--verbose',
    ...(withoutTablespaces ? ['--no-tablespaces'] : []),
    ...(withoutOwners ? ['--no-owner'] : []),
    `--dbname=${libpqConnectionString(settings)}`,
    ...args,
  ];
  return startProgram(join(tools.directory, 'pg_restore'), {
    args: all,
    env: libpqEnvironment(await settingsForProgram(settings, { applicationName }), {
      applicationName,
    }),
    signal,
    failure: 'RESTORE_FAILED',
    watch: { settings, applicationName },
    onErrorOutput: (text) => log.push(text),
  });
}

function watchOf({
  stallTimeoutSeconds = STALL_TIMEOUT_SECONDS,
}: RestoreProgramOptions): ProgramWatch {
  return { stallTimeoutSeconds };
}

interface StartOptions extends RestoreProgramOptions {
  failure: ErrorCode;
}

function start(args: readonly string[], { failure, ...options }: StartOptions): Program {
  const { tools, signal } = options;
  return startProgram(join(tools.directory, 'pg_restore'), {
    args,
    env: { LC_ALL: 'C.UTF-8' },
    signal,
    failure,
    watch: watchOf(options),
  });
}

function output(args: readonly string[], options: RestoreProgramOptions): Promise<string> {
  const { tools, signal } = options;
  return runProgram(join(tools.directory, 'pg_restore'), {
    args,
    env: { LC_ALL: 'C.UTF-8' },
    signal,
    failure: 'RESTORE_FAILED',
    watch: watchOf(options),
  });
}

/**
 * Writes a stream into a program and waits for its good end. A program that closes its input early (pg_restore does when it has
 * what it needs) does not end the reading, because only the end of the stream proves it.
 * Of two failures the cause is thrown: a damaged object before the complaint of the program that got it.
 */
export async function feed(
  program: Program,
  source: AsyncIterable<Uint8Array>,
  { keepGoing = false }: { keepGoing?: boolean | undefined } = {},
): Promise<void> {
  const state = { isOpen: true, hasFailed: false };
  const close = () => {
    state.isOpen = false;
  };
  program.stdin.on('error', close).on('close', close);
  program.exited.catch(() => {
    state.hasFailed = true;
  });
  try {
    for await (const chunk of source) {
      if (state.hasFailed && !keepGoing) break;
      if (state.isOpen && !program.stdin.write(chunk)) await drained(program);
    }
  } catch (error) {
    program.kill('SIGKILL');
    await program.exited.catch(() => undefined);
    throw error;
  }
  program.stdin.end();
  await program.exited;
}

/** Resolves when the program takes more, or never will. */
async function drained({ stdin, exited }: Program): Promise<void> {
  const over = new AbortController();
  const event = (name: string) => once(stdin, name, { signal: over.signal }).catch(() => undefined);
  await Promise.race([event('drain'), event('close'), exited.catch(() => undefined)]);
  over.abort();
}

/** Whether a failure says that the bytes are bad, rather than the target. */
export function isDamage(error: unknown): boolean {
  return (
    isHoldfastError(error, 'OBJECT_DAMAGED') ||
    isHoldfastError(error, 'OBJECT_MISSING') ||
    isHoldfastError(error, 'MANIFEST_ALTERED')
  );
}
