import { randomBytes } from 'node:crypto';
import { open, readdir, rm, rmdir, stat, statfs } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { MountPoint } from '../domain/repository/mount-point.ts';
import type { StoreSettings } from '../domain/repository/store-settings.ts';
import { HoldfastError, isHoldfastError } from '../errors.ts';
import { isCallHanging } from '../files/hanging-calls.ts';
import {
  type FreeSpace,
  type GetOptions,
  type ListOptions,
  type ObjectCondition,
  type OpenUpload,
  type Repository,
  SMALL_OBJECT_BYTES,
  type StoredObject,
  type StoreTraits,
  type Upload,
} from '../ports/repository.ts';
import { isCreateOnly } from './create-only-probe.ts';
import { findMountPoint } from './folder/find-mount-point.ts';
import { readFolderSettings } from './folder/folder-settings.ts';
import { makeFolders } from './folder/make-folders.ts';
import { missing, type ObjectPlace, readFileOf } from './folder/open-object.ts';
import { type Patience, type TimelyCalls, timelyCallsOf } from './folder/timely-calls.ts';
import { removeForsaken, unfinishedBelow, unfinishedFolder } from './folder/unfinished-folder.ts';
import {
  describeObject,
  type FolderPlace,
  foldersIn,
  UNFINISHED,
  walkFolder,
} from './folder/walk-folder.ts';
import { folderFailure, isErrno } from './folder-failure.ts';
import { openFolderUpload } from './folder-upload.ts';

/** What nobody has written to for so long belongs to a process that is dead, whatever it was. */
const FORSAKEN_AFTER_MS = 7 * 86_400_000;

/** A repository in a directory, mode 700. The directory is made by the first write. */
export class FolderRepository implements Repository {
  readonly location: string;
  readonly #calls: TimelyCalls;

  constructor(folder: string, patience: Partial<Patience> = {}) {
    this.location = resolve(folder);
    this.#calls = timelyCallsOf(this.location, patience);
  }

  async begin(key: string): Promise<Upload> {
    const folder = await this.#calls.runLong(() => unfinishedFolder(this.location, key));
    const unfinished = join(folder, `${key}~${randomBytes(6).toString('hex')}`);
    return openFolderUpload(key, { unfinished, published: this.#path(key), calls: this.#calls });
  }

  async put(key: string, bytes: Uint8Array): Promise<void> {
    const upload = await this.begin(key);
    try {
      await upload.write(bytes);
      await upload.finish();
      await upload.publish();
    } catch (error) {
      throw withLeftovers(error, await upload.abort());
    }
  }

  read(key: string): AsyncGenerator<Uint8Array> {
    return readFileOf(this.#placeOf(key));
  }

  async get(key: string, { limitBytes = SMALL_OBJECT_BYTES }: GetOptions = {}): Promise<Buffer> {
    const chunks: Uint8Array[] = [];
    for await (const chunk of readFileOf(this.#placeOf(key), { limitBytes })) chunks.push(chunk);
    return Buffer.concat(chunks);
  }

  async *list(prefix: string, { onHidden }: ListOptions = {}): AsyncGenerator<StoredObject> {
    const folder = prefix.slice(0, prefix.lastIndexOf('/') + 1);
    for await (const found of walkFolder({ ...this.#folder, onHidden }, folder))
      if (found.key.startsWith(prefix)) yield found;
  }

  prefixes(prefix: string, { onHidden }: ListOptions = {}): Promise<string[]> {
    return foldersIn({ ...this.#folder, onHidden }, prefix);
  }

  /** A folder keeps no older versions. */
  listVersions(prefix: string): AsyncIterable<StoredObject> {
    return this.list(prefix);
  }

  async abandonUnfinished(
    prefix: string,
    isSpared?: (upload: OpenUpload) => Promise<boolean>,
  ): Promise<string[]> {
    const abandoned: string[] = [];
    try {
      const found = await this.#calls.runLong(() => unfinishedBelow(this.location, prefix));
      for (const { path, ...upload } of found) {
        if (await isSpared?.(upload)) continue;
        await this.#calls.run(() => rm(path, { force: true }));
        abandoned.push(upload.key);
      }
      const folder = join(this.location, UNFINISHED);
      await this.#calls.runLong(() => removeForsaken(folder, Date.now() - FORSAKEN_AFTER_MS));
    } catch (error) {
      throw folderFailure(error, this.location);
    }
    return abandoned;
  }

  /** The clock of the file system, which may be another machine's. */
  async now(): Promise<Date> {
    const probe = join(this.location, UNFINISHED, `clock~${randomBytes(6).toString('hex')}`);
    try {
      return await this.#calls.run(() => touch(probe));
    } catch (error) {
      throw folderFailure(error, this.location);
    } finally {
      if (!isCallHanging()) await rm(probe, { force: true }).catch(() => undefined);
    }
  }

  async presence(): Promise<'absent' | 'empty' | 'filled'> {
    try {
      const names = await this.#calls.run(() => readdir(this.location));
      return names.length === 0 ? 'empty' : 'filled';
    } catch (error) {
      if (isErrno(error, 'ENOENT')) return 'absent';
      throw folderFailure(error, this.location);
    }
  }

  mountPoint(): Promise<MountPoint | undefined> {
    return this.#calls.run(() => findMountPoint(this.location));
  }

  async freeSpace(): Promise<FreeSpace | undefined> {
    const { bavail, blocks, bsize } = await this.#calls.run(async () =>
      statfs(await nearestExisting(this.location)),
    );
    return { freeBytes: bavail * bsize, totalBytes: blocks * bsize };
  }

  /** Removes the files, and the folders that are left empty. */
  async release(keys: readonly string[]): Promise<void> {
    try {
      for (const key of keys) await this.#calls.run(() => rm(this.#path(key), { force: true }));
      for (const folder of new Set(keys.map((key) => dirname(this.#path(key)))))
        await this.#calls.runLong(() => this.#removeEmpty(folder));
    } catch (error) {
      throw folderFailure(error, this.location);
    }
  }

  /** A folder that takes objects lets them be removed. */
  async rehearseRelease(): Promise<void> {}

  /** A folder knows no locks. */
  async lockUntil(): Promise<void> {}

  async lockedUntil(): Promise<undefined> {
    return undefined;
  }

  async inspect(key: string): Promise<ObjectCondition> {
    const found = await describeObject(this.#folder, key);
    if (found === undefined) throw missing(this.#placeOf(key));
    return { bytes: found.bytes, storageClass: null, readiness: 'ready' };
  }

  /** What lies on a disk can be read. */
  async thaw(key: string): Promise<void> {
    await this.inspect(key);
  }

  isCreateOnly(): Promise<boolean> {
    return isCreateOnly(this);
  }

  /** Every object is published in one way, however it was written. */
  async isCreateOnlyInParts(): Promise<true> {
    return true;
  }

  async examine(): Promise<StoreTraits> {
    return { isVersioned: false, objectLock: null, encryption: null };
  }

  settings(): Promise<StoreSettings> {
    return this.#calls.run(() => readFolderSettings(this.location));
  }

  trials(): [] {
    return [];
  }

  async #removeEmpty(folder: string): Promise<void> {
    if (folder === this.location || !folder.startsWith(this.location)) return;
    const isGone = await rmdir(folder).then(
      () => true,
      (error: unknown) => {
        if (isErrno(error, 'ENOTEMPTY', 'EEXIST', 'ENOTDIR')) return false;
        if (isErrno(error, 'ENOENT')) return true;
        throw error;
      },
    );
    if (isGone) await this.#removeEmpty(dirname(folder));
  }

  get #folder(): FolderPlace {
    return { location: this.location, calls: this.#calls };
  }

  #path(key: string): string {
    return join(this.location, ...key.split('/'));
  }

  #placeOf(key: string): ObjectPlace {
    return { key, path: this.#path(key), location: this.location, calls: this.#calls };
  }
}

function withLeftovers(error: unknown, leftovers: readonly string[]): unknown {
  if (leftovers.length === 0 || !isHoldfastError(error)) return error;
  const { code, message, hint, retryable, cause } = error;
  return new HoldfastError({
    ...{ code, retryable, cause: cause ?? error },
    message: [message, ...leftovers].join('; '),
    ...(hint === undefined ? {} : { hint }),
  });
}

async function nearestExisting(path: string): Promise<string> {
  const exists = await stat(path).then(
    () => true,
    () => false,
  );
  return exists || dirname(path) === path ? path : nearestExisting(dirname(path));
}

/** A new file, and when it was made by the clock of its file system. */
async function touch(path: string): Promise<Date> {
  await makeFolders(dirname(path), { mode: 0o700 });
  const handle = await open(path, 'wx', 0o600);
  const { mtime } = await handle.stat();
  await handle.close();
  return mtime;
}
