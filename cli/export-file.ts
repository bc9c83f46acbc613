import { type FileHandle, open, rm } from 'node:fs/promises';
import { Writable } from 'node:stream';
import { HoldfastError } from '../engine/errors.ts';

/** A new file of mode 600 that an export writes; nothing is left of it when the export fails. */
export class ExportFile {
  readonly path: string;
  readonly stream: Writable;
  readonly #handle: FileHandle;

  private constructor(path: string, handle: FileHandle) {
    this.path = path;
    this.#handle = handle;
    this.stream = writerOf(handle);
  }

  /** @throws HoldfastError TARGET_EXISTS, USAGE. */
  static async create(path: string): Promise<ExportFile> {
    const handle = await open(path, 'wx', 0o600).catch((cause: unknown) => {
      throw notWritable(path, cause);
    });
    return new ExportFile(path, handle);
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
  }

  async remove(): Promise<void> {
    await this.#handle.close().catch(() => undefined);
    await rm(this.path, { force: true });
  }
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
  const isThere = cause instanceof Error && 'code' in cause && cause.code === 'EEXIST';
  if (isThere)
    return new HoldfastError({
      code: 'TARGET_EXISTS',
      message: `${path} is there already`,
      hint: 'Give another name; nothing is overwritten.',
    });
  return new HoldfastError({
    code: 'USAGE',
    message: `${path} can not be written`,
    hint: 'Look at the folder of --out and its owner.',
    cause,
  });
}
