import { randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, readdir, readFile, rm, rmdir, stat, statfs } from 'node:fs/promises';
import { dirname, join, relative, resolve, sep } from 'node:path';
import type { MountPoint } from '../domain/repository/mount-point.ts';
import { HoldfastError } from '../errors.ts';
import type {
  FreeSpace,
  ObjectCondition,
  Repository,
  StoredObject,
  StoreTraits,
  Upload,
} from '../ports/repository.ts';
import { isCreateOnly } from './create-only-probe.ts';
import { findMountPoint } from './folder/find-mount-point.ts';
import { makeFolders } from './folder/make-folders.ts';
import { folderFailure, isErrno } from './folder-failure.ts';
import { openFolderUpload } from './folder-upload.ts';

/** Uploads lie here, under the key they will have, until they are published. */
const UNFINISHED = '.unfinished';

/** A repository in a directory, mode 700. The directory is made by the first write. */
export class FolderRepository implements Repository {
  readonly location: string;

  constructor(folder: string) {
    this.location = resolve(folder);
  }

  async begin(key: string): Promise<Upload> {
    const unfinished = join(this.location, UNFINISHED, `${key}~${randomBytes(6).toString('hex')}`);
    return openFolderUpload(key, { unfinished, published: this.#path(key) });
  }

  async put(key: string, bytes: Uint8Array): Promise<void> {
    const upload = await this.begin(key);
    try {
      await upload.write(bytes);
      await upload.finish();
      await upload.publish();
    } finally {
      await upload.abort();
    }
  }

  async *read(key: string): AsyncGenerator<Uint8Array> {
    try {
      yield* createReadStream(this.#path(key), { highWaterMark: 1024 * 1024 });
    } catch (error) {
      throw this.#missing(key, error);
    }
  }

  async get(key: string): Promise<Buffer> {
    try {
      return await readFile(this.#path(key));
    } catch (error) {
      throw this.#missing(key, error);
    }
  }

  async *list(prefix: string): AsyncGenerator<StoredObject> {
    const folder = prefix.slice(0, prefix.lastIndexOf('/') + 1);
    for await (const key of this.#walk(folder)) {
      if (!key.startsWith(prefix)) continue;
      const found = await this.#describe(key);
      if (found !== undefined) yield found;
    }
  }

  /** A folder keeps no older versions. */
  listVersions(prefix: string): AsyncIterable<StoredObject> {
    return this.list(prefix);
  }

  async abandonUnfinished(
    prefix: string,
    isSpared?: (key: string) => Promise<boolean>,
  ): Promise<string[]> {
    const root = join(this.location, UNFINISHED);
    const abandoned: string[] = [];
    for (const path of await filesBelow(join(root, prefix))) {
      const key = relative(root, path)
        .split(sep)
        .join('/')
        .replace(/~[0-9a-f]+$/, '');
      if (await isSpared?.(key)) continue;
      await rm(path, { force: true });
      abandoned.push(key);
    }
    return abandoned;
  }

  /** The clock of the file system, which may be another machine's. */
  async now(): Promise<Date> {
    const probe = join(this.location, UNFINISHED, `clock~${randomBytes(6).toString('hex')}`);
    try {
      await makeFolders(dirname(probe), { mode: 0o700 });
      const handle = await open(probe, 'wx', 0o600);
      const { mtime } = await handle.stat();
      await handle.close();
      return mtime;
    } catch (error) {
      throw folderFailure(error, this.location);
    } finally {
      await rm(probe, { force: true }).catch(() => undefined);
    }
  }

  async presence(): Promise<'absent' | 'empty' | 'filled'> {
    try {
      return (await readdir(this.location)).length === 0 ? 'empty' : 'filled';
    } catch (error) {
      if (isErrno(error, 'ENOENT')) return 'absent';
      throw folderFailure(error, this.location);
    }
  }

  mountPoint(): Promise<MountPoint | undefined> {
    return findMountPoint(this.location);
  }

  async freeSpace(): Promise<FreeSpace | undefined> {
    const { bavail, blocks, bsize } = await statfs(await nearestExisting(this.location));
    return { freeBytes: bavail * bsize, totalBytes: blocks * bsize };
  }

  /** Removes the files, and the folders that are left empty. */
  async release(keys: readonly string[]): Promise<void> {
    try {
      for (const key of keys) await rm(this.#path(key), { force: true });
      for (const folder of new Set(keys.map((key) => dirname(this.#path(key)))))
        await this.#removeEmpty(folder);
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
    const found = await this.#describe(key);
    if (found === undefined) throw this.#missing(key);
    return { bytes: found.bytes, storageClass: null, readiness: 'ready' };
  }

  /** What lies on a disk can be read. */
  async thaw(key: string): Promise<void> {
    await this.inspect(key);
  }

  isCreateOnly(): Promise<boolean> {
    return isCreateOnly(this);
  }

  async examine(): Promise<StoreTraits> {
    return { isVersioned: false, objectLock: null, encryption: null };
  }

  trials(): [] {
    return [];
  }

  async #removeEmpty(folder: string): Promise<void> {
    if (folder === this.location || !folder.startsWith(this.location)) return;
    const isGone = await rmdir(folder).then(
      () => true,
      (error: unknown) => {
        if (isErrno(error, 'ENOTEMPTY', 'EEXIST')) return false;
        if (isErrno(error, 'ENOENT')) return true;
        throw error;
      },
    );
    if (isGone) await this.#removeEmpty(dirname(folder));
  }

  #path(key: string): string {
    return join(this.location, ...key.split('/'));
  }

  #missing(key: string, error?: unknown): HoldfastError {
    if (error !== undefined && !isErrno(error, 'ENOENT', 'ENOTDIR'))
      return folderFailure(error, this.location);
    return new HoldfastError({
      code: 'OBJECT_MISSING',
      message: `${key} is not in ${this.location}`,
      hint: 'Use an older set or another copy of the repository.',
      cause: error,
    });
  }

  async #describe(key: string): Promise<StoredObject | undefined> {
    try {
      const { size, mtime } = await stat(this.#path(key));
      return { key, bytes: size, modifiedAt: mtime };
    } catch (error) {
      if (isErrno(error, 'ENOENT')) return undefined;
      throw folderFailure(error, this.location);
    }
  }

  /** Keys in their order, a directory at a time, so that memory does not grow with the repository. */
  async *#walk(folder: string): AsyncGenerator<string> {
    const entries = await entriesOf(join(this.location, folder), this.location);
    for (const { name, isFolder } of entries) {
      if (!isSegment(name) || (folder === '' && name === UNFINISHED)) continue;
      if (isFolder) yield* this.#walk(`${folder}${name}/`);
      else yield `${folder}${name}`;
    }
  }
}

/** What can be a part of a key: a disk has folders of its own, such as lost+found, which only root may read. */
function isSegment(name: string): boolean {
  return /^[A-Za-z0-9_%.-]+$/.test(name);
}

async function entriesOf(
  path: string,
  location: string,
): Promise<{ name: string; isFolder: boolean }[]> {
  try {
    const entries = await readdir(path, { withFileTypes: true });
    const sortable = entries.map((entry) => ({ name: entry.name, isFolder: entry.isDirectory() }));
    const order = (entry: { name: string; isFolder: boolean }) =>
      entry.isFolder ? `${entry.name}/` : entry.name;
    return sortable.sort((one, other) => (order(one) < order(other) ? -1 : 1));
  } catch (error) {
    if (isErrno(error, 'ENOENT') || (isErrno(error, 'ENOTDIR') && path !== location)) return [];
    throw folderFailure(error, location);
  }
}

async function filesBelow(path: string): Promise<string[]> {
  const entries = await readdir(path, { withFileTypes: true, recursive: true }).catch(() => []);
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

async function nearestExisting(path: string): Promise<string> {
  const exists = await stat(path).then(
    () => true,
    () => false,
  );
  return exists || dirname(path) === path ? path : nearestExisting(dirname(path));
}
