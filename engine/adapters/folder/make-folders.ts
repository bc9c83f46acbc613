import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { isErrno } from '../folder-failure.ts';

/**
 * A folder and the folders above it that are missing. Node's own `recursive` tries for ever where
 * the parent exists and refuses a child with ENOENT, as /proc does. No umask makes them writable by others.
 */
export async function makeFolders(
  path: string,
  { mode = 0o755 }: { mode?: number } = {},
): Promise<void> {
  try {
    await makeOne(path, mode);
  } catch (error) {
    const parent = dirname(path);
    if (!isErrno(error, 'ENOENT') || parent === path) throw error;
    // It may have been made in the meantime, by another stream of the same run.
    if (!(await isThere(parent))) await makeFolders(parent, { mode });
    await makeOne(path, mode);
  }
}

async function makeOne(path: string, mode: number): Promise<void> {
  try {
    await mkdir(path, mode);
  } catch (error) {
    // A file of that name is the failure of whoever looks for something in it.
    if (!isErrno(error, 'EEXIST') && !(await isThere(path))) throw error;
  }
}

function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
