import { once } from 'node:events';
import { join } from 'node:path';
import type { ErrorCode } from '../errors.ts';
import { isHoldfastError } from '../errors.ts';
import type { ConnectionSettings } from './connection-settings.ts';
import { libpqConnectionString, libpqEnvironment } from './libpq-environment.ts';
import { type Program, runProgram, startProgram } from './program.ts';
import { settingsForProgram } from './program-login.ts';
import type { Toolset } from './tools.ts';

export interface RestoreProgramOptions {
  tools: Toolset;
  signal: AbortSignal;
}

export interface TargetOptions extends RestoreProgramOptions {
  settings: ConnectionSettings;
  applicationName: string;
  /** Leaves all objects in the default tablespace. */
  withoutTablespaces: boolean;
  /** Goes on after a statement that the server refuses, as pg_restore itself does by default. */
  keepsGoing?: boolean;
}

/** The last words of a pg_restore that went on after errors; whatever else ends it with 1 is fatal. */
const WENT_ON = /errors ignored on restore: \d+\s*$/;

/** pg_restore of an archive that streams in; stops at the first error. The stream is read to its end whatever pg_restore needs of it. */
export async function restoreStream(
  source: AsyncIterable<Uint8Array>,
  args: readonly string[],
  options: TargetOptions,
): Promise<void> {
  await feed(await startRestore(args, options), source);
}

/** pg_restore of an archive in a file, several objects at a time. */
export async function restoreFile(
  file: string,
  args: readonly string[],
  options: TargetOptions,
): Promise<void> {
  const program = await startRestore([...args, file], options);
  program.stdin.end();
  program.stdout.resume();
  await program.exited;
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
  { tools, settings, applicationName, signal, withoutTablespaces, keepsGoing }: TargetOptions,
): Promise<Program> {
  const all = [
    ...(keepsGoing === true ? [] : ['--exit-on-error']),
    '--no-password',
    ...(withoutTablespaces ? ['--no-tablespaces'] : []),
    `--dbname=${libpqConnectionString(settings.database)}`,
    ...args,
  ];
  return startProgram(join(tools.directory, 'pg_restore'), {
    args: all,
    env: libpqEnvironment(await settingsForProgram(settings, { applicationName }), {
      applicationName,
    }),
    signal,
    failure: 'RESTORE_FAILED',
    acceptedFailure: keepsGoing === true ? WENT_ON : undefined,
  });
}

interface StartOptions extends RestoreProgramOptions {
  failure: ErrorCode;
}

function start(args: readonly string[], { tools, signal, failure }: StartOptions): Program {
  return startProgram(join(tools.directory, 'pg_restore'), {
    args,
    env: { LC_ALL: 'C.UTF-8' },
    signal,
    failure,
  });
}

function output(
  args: readonly string[],
  { tools, signal }: RestoreProgramOptions,
): Promise<string> {
  return runProgram(join(tools.directory, 'pg_restore'), {
    args,
    env: { LC_ALL: 'C.UTF-8' },
    signal,
    failure: 'RESTORE_FAILED',
  });
}

/**
 * Writes a stream into a program and waits for its good end. A program that closes its input early (pg_restore does when it has
 * what it needs) does not end the reading, because only the end of the stream proves it.
 * Of two failures the cause is thrown: a damaged object before the complaint of the program that got it.
 */
export async function feed(program: Program, source: AsyncIterable<Uint8Array>): Promise<void> {
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
      if (state.hasFailed) break;
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
