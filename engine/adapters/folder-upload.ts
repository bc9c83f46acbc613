import { constants } from 'node:fs';
import { copyFile, type FileHandle, link, open, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { HoldfastError } from '../errors.ts';
import type { Upload } from '../ports/repository.ts';
import { makeFolders } from './folder/make-folders.ts';
import type { TimelyCalls } from './folder/timely-calls.ts';
import { folderFailure, isErrno } from './folder-failure.ts';

export interface UploadPlace {
  unfinished: string;
  published: string;
  calls: TimelyCalls;
}

/** A file beside the repository that one link(2) makes visible: create-only, and whole or not there. */
export async function openFolderUpload(key: string, place: UploadPlace): Promise<Upload> {
  for (let attempt = 1; ; attempt += 1)
    try {
      const file = await place.calls.runLong(() => openNew(place.unfinished));
      return new FolderUpload(key, place, file);
    } catch (error) {
      // Another run may remove the folder in between, because it was empty for long.
      if (attempt < 3 && isErrno(error, 'ENOENT')) continue;
      throw folderFailure(error, dirname(place.published));
    }
}

async function openNew(path: string): Promise<FileHandle> {
  await makeFolders(dirname(path), { mode: 0o700 });
  return open(path, 'wx', 0o600);
}

const NO_HARD_LINK = ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK', 'EXDEV'];

class FolderUpload implements Upload {
  readonly key: string;
  readonly #place: UploadPlace;
  #file: FileHandle | undefined;

  constructor(key: string, place: UploadPlace, file: FileHandle) {
    this.key = key;
    this.#place = place;
    this.#file = file;
  }

  async write(chunk: Uint8Array): Promise<void> {
    await this.#attempt(async () => {
      await this.#file?.writeFile(chunk);
    });
  }

  async finish(): Promise<void> {
    await this.#attempt(async () => {
      await this.#file?.sync();
      await this.#close();
    });
  }

  async publish(): Promise<void> {
    await this.#attempt(async () => {
      const folder = dirname(this.#place.published);
      await makeFolders(folder, { mode: 0o700 });
      await this.#linkOrCopy();
      await syncFolder(folder);
      await rm(this.#place.unfinished, { force: true });
    });
  }

  async abort(): Promise<string[]> {
    try {
      await this.#place.calls.runLong(async () => {
        // A disk that refuses the last bytes refuses them in `close` too; the file goes all the same.
        await this.#close().catch(() => undefined);
        await rm(this.#place.unfinished, { force: true });
      });
      return [];
    } catch (error) {
      const { message } = folderFailure(error, dirname(this.#place.unfinished));
      return [`${this.#place.unfinished} stays until a later backup removes it: ${message}`];
    }
  }

  /** File systems without hard links (FAT, some network disks) get an exclusive copy, and so does a bind mount. */
  async #linkOrCopy(): Promise<void> {
    try {
      await link(this.#place.unfinished, this.#place.published);
    } catch (error) {
      if (!isErrno(error, ...NO_HARD_LINK)) throw error;
      await copyFile(this.#place.unfinished, this.#place.published, constants.COPYFILE_EXCL);
    }
  }

  async #close(): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    await file?.close();
  }

  async #attempt(work: () => Promise<void>): Promise<void> {
    try {
      await this.#place.calls.runLong(work);
    } catch (error) {
      if (isErrno(error, 'EEXIST')) throw alreadyThere(this.key, error);
      throw folderFailure(error, dirname(this.#place.published));
    }
  }
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } catch (error) {
    if (!isErrno(error, 'EINVAL', 'EPERM', 'ENOTSUP')) throw error;
  } finally {
    await folder.close();
  }
}

function alreadyThere(key: string, cause: unknown): HoldfastError {
  return new HoldfastError({
    code: 'OBJECT_EXISTS',
    message: `${key} is there already`,
    hint: 'Objects are written once. If two runs began in the same second, run it again.',
    cause,
  });
}
