import { closeSync, constants, fstatSync, openSync, readSync, type Stats } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** More than any config, key, passfile or bundle of certificates has. */
const LIMIT_BYTES = 4 * 1024 * 1024;
const PATIENCE_MS = 5000;
const PAUSE_MS = 20;

export interface SmallFileOptions {
  limitBytes?: number;
  /** How long a pipe may say nothing. */
  patienceMs?: number;
}

/** Why a file could not be read, in a few words such as `it is a directory`. */
export class UnreadableFile extends Error {
  readonly isAbsent: boolean;

  constructor(reason: string, options: { cause?: unknown; isAbsent?: boolean } = {}) {
    super(reason, { cause: options.cause });
    this.isAbsent = options.isAbsent ?? false;
  }
}

/**
 * A file of the user's, whole. A path may lead to anything: a directory, a device without an end and a pipe that nobody writes to
 * are refused within seconds. A pipe that somebody writes to is read, as `--env-file <(...)` makes one.
 * @throws UnreadableFile
 */
export async function readSmallFile(path: string, options: SmallFileOptions = {}): Promise<Buffer> {
  const steps = reading(path, options);
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
    await sleep(PAUSE_MS);
  }
}

/** The same, for callers that can't wait. @throws UnreadableFile */
export function readSmallFileSync(path: string, options: SmallFileOptions = {}): Buffer {
  const steps = reading(path, options);
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE_MS);
  }
}

/** Yields where there is nothing to read yet. */
function* reading(
  path: string,
  { limitBytes = LIMIT_BYTES, patienceMs = PATIENCE_MS }: SmallFileOptions,
): Generator<undefined, Buffer> {
  const file = open(path);
  try {
    const stats = fstatSync(file);
    if (stats.isDirectory()) throw new UnreadableFile('it is a directory');
    const chunks: Buffer[] = [];
    let bytes = 0;
    let deadline = Date.now() + patienceMs;
    for (;;) {
      const chunk = read(file);
      const isOver = chunk?.length === 0 && (bytes > 0 || !mayBeWrittenYet(stats));
      if (isOver) return Buffer.concat(chunks);
      if (chunk !== undefined && chunk.length > 0) {
        chunks.push(chunk);
        bytes += chunk.length;
        deadline = Date.now() + patienceMs;
        if (bytes > limitBytes) throw new UnreadableFile(`it is larger than ${limitBytes} bytes`);
        continue;
      }
      if (Date.now() > deadline) throw new UnreadableFile('it is a pipe that nobody writes to');
      yield undefined;
    }
  } finally {
    closeSync(file);
  }
}

/** Never waits for a writer. */
function open(path: string): number {
  try {
    return openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  } catch (cause) {
    throw unreadable(cause);
  }
}

/** Undefined where a pipe or a terminal has nothing yet; empty at the end. */
function read(file: number): Buffer | undefined {
  const buffer = Buffer.alloc(64 * 1024);
  try {
    return buffer.subarray(0, readSync(file, buffer));
  } catch (cause) {
    if (codeOf(cause) === 'EAGAIN') return undefined;
    throw unreadable(cause);
  }
}

/** A pipe without a writer looks like one at its end. */
function mayBeWrittenYet(stats: Stats): boolean {
  return stats.isFIFO();
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'it does not exist',
  ENOTDIR: 'a part of its path is no directory',
  EACCES: 'this user may not read it',
  EPERM: 'this user may not read it',
  ENXIO: 'it is a socket',
  EISDIR: 'it is a directory',
};

function unreadable(cause: unknown): UnreadableFile {
  const code = codeOf(cause);
  const reason = REASONS[code] ?? `reading it failed with ${code}`;
  return new UnreadableFile(reason, { cause, isAbsent: code === 'ENOENT' });
}

function codeOf(error: unknown): string {
  return String((error as { code?: unknown } | null)?.code ?? 'an error without a code');
}
