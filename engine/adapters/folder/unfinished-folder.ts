import { lstat, readdir, rm, rmdir, stat } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import type { OpenUpload } from '../../ports/repository.ts';
import { isErrno } from '../folder-failure.ts';
import { UNFINISHED } from './walk-folder.ts';

/**
 * Where an upload lies until one link(2) publishes it: on the disk of its key, which is another one below a mount point
 * or a symbolic link.
 */
export async function unfinishedFolder(location: string, key: string): Promise<string> {
  let found = location;
  let device: number | undefined;
  for (const folder of foldersOf(location, key)) {
    const own = await stat(folder).then(
      ({ dev }) => dev,
      () => undefined,
    );
    if (own === undefined) break;
    if (device !== undefined && own !== device) found = folder;
    device = own;
  }
  return join(found, UNFINISHED);
}

export interface UnfinishedFile extends OpenUpload {
  path: string;
}

/** What lies unfinished below a prefix, on whichever disk. @throws the error of the system call. */
export async function unfinishedBelow(location: string, prefix: string): Promise<UnfinishedFile[]> {
  const found: UnfinishedFile[] = [];
  for (const folder of foldersOf(location, prefix)) {
    const root = join(folder, UNFINISHED);
    for (const path of await filesBelow(join(root, prefix))) {
      const stats = await unlessGone(stat(path));
      if (stats === undefined) continue;
      const key = relative(root, path)
        .split(sep)
        .join('/')
        .replace(/~[0-9a-f]+$/, '');
      found.push({ path, key, touchedAt: stats.mtime });
    }
  }
  return found;
}

/**
 * Removes the files below a folder that nobody has written to since `before`, and the folders that have been empty
 * since then. @throws the error of the system call.
 */
export async function removeForsaken(folder: string, before: number): Promise<void> {
  for (const entry of (await unlessGone(readdir(folder, { withFileTypes: true }))) ?? []) {
    const path = join(folder, entry.name);
    const stats = await unlessGone(lstat(path));
    if (stats === undefined) continue;
    const isOld = stats.mtimeMs < before;
    if (!entry.isDirectory()) {
      if (isOld) await rm(path, { force: true });
      continue;
    }
    await removeForsaken(path, before);
    if (isOld) await removeIfEmpty(path);
  }
}

async function removeIfEmpty(folder: string): Promise<void> {
  await unlessGone(rmdir(folder)).catch((error: unknown) => {
    if (!isErrno(error, 'ENOTEMPTY', 'EEXIST')) throw error;
  });
}

/** The repository and each folder of a key below it. */
function foldersOf(location: string, key: string): string[] {
  const names = key.split('/').slice(0, -1);
  return [location, ...names.map((_name, index) => join(location, ...names.slice(0, index + 1)))];
}

async function filesBelow(path: string): Promise<string[]> {
  const entries = await unlessGone(readdir(path, { withFileTypes: true, recursive: true }));
  return (entries ?? [])
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

/** Undefined where there is no such file: another run may have removed it meanwhile. */
async function unlessGone<T>(call: Promise<T>): Promise<T | undefined> {
  try {
    return await call;
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR')) return undefined;
    throw error;
  }
}
