import { randomBytes } from 'node:crypto';
import { type FileHandle, link, lstat, open, rename, rm } from 'node:fs/promises';
import { Writable } from 'node:stream';
import { HoldfastError } from '../engine/errors.ts';
import { forgetFolder, reapFolder } from '../engine/postgres/reaper.ts';

/**
 * A new file of mode 600 that an export writes. It has its name once it is whole: an export that is killed leaves no
 * file that looks like one, and nothing under another name either.
 */
export class ExportFile {
  readonly path: string;
  readonly stream: Writable;
  readonly #unfinished: string;
  readonly #handle: FileHandle;

  private constructor(path: string, { unfinished, handle }: OpenFile) {
    this.path = path;
    this.#unfinished = unfinished;
    this.#handle = handle;
    this.stream = writerOf(handle);
  }

  /** @throws HoldfastError TARGET_EXISTS, USAGE. */
  static async create(path: string): Promise<ExportFile> {
    if (await exists(path)) throw targetExists(path);
    const unfinished = `${path}.unfinished-${randomBytes(4).toString('hex')}`;
    reapFolder(unfinished);
    const handle = await open(unfinished, 'wx', 0o600).catch((cause: unknown) => {
      forgetFolder(unfinished);
      throw notWritable(path, cause);
    });
    return new ExportFile(path, { unfinished, handle });
  }

  /** Writes over its beginning. */
  async rewriteHead(head: Uint8Array): Promise<void> {
    for (let written = 0; written < head.length; ) {
      const { bytesWritten } = await this.#handle.write(
        head,
        written,
        head.length - written,
        written,
      );
      written += bytesWritten;
    }
  }

  async close(): Promise<void> {
    await this.#handle.sync();
    await this.#handle.close();
    await nameNew(this.#unfinished, this.path);
    forgetFolder(this.#unfinished);
  }

  /** What was written so far; never the file of its name, which another program may have made meanwhile. */
  async remove(): Promise<void> {
    await this.#handle.close().catch(() => undefined);
    await rm(this.#unfinished, { force: true });
    forgetFolder(this.#unfinished);
  }
}

interface OpenFile {
  unfinished: string;
  handle: FileHandle;
}

/** Gives a file its name unless there is one. File systems without hard links (FAT, some network disks) can only rename. */
async function nameNew(unfinished: string, path: string): Promise<void> {
  try {
    await link(unfinished, path);
  } catch (cause) {
    if (isErrno(cause, 'EEXIST') || (await exists(path))) throw targetExists(path, cause);
    return rename(unfinished, path);
  }
  await rm(unfinished, { force: true });
}

async function exists(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}

function isErrno(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}

/** A stream that leaves its file open, so that its beginning can still be written over. */
function writerOf(handle: FileHandle): Writable {
  return new Writable({
    write: (chunk: Uint8Array, _encoding, done) => {
      handle.appendFile(chunk).then(() => done(), done);
    },
  });
}

function notWritable(path: string, cause: unknown): HoldfastError {
  return new HoldfastError({
    code: 'USAGE',
    message: `${path} can not be written`,
    hint: 'Look at the folder of --out and its owner.',
    cause,
  });
}

function targetExists(path: string, cause?: unknown): HoldfastError {
  return new HoldfastError({
    code: 'TARGET_EXISTS',
    message: `${path} is there already`,
    hint: 'Give another name; nothing is overwritten.',
    cause,
  });
}
