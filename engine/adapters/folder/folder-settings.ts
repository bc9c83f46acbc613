import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { FolderSettings } from '../../domain/repository/store-settings.ts';
import { isErrno } from '../folder-failure.ts';

const WRITABLE_BY_OTHERS = 0o002;
/** Below the repository: plans (or kinds of records), and databases. */
const DEPTH = 2;

/**
 * Who may write in a folder, and whose it is, with the folders of plans and databases. Windows has no such
 * modes, so nothing is found there; what is not there, or may not be read, is named by others.
 */
export async function readFolderSettings(folder: string): Promise<FolderSettings> {
  const found: FolderSettings & { openToAll: string[]; foreign: string[] } = {
    kind: 'folder',
    openToAll: [],
    foreign: [],
  };
  const root = await statOf(folder);
  if (root === undefined || process.platform === 'win32') return found;
  const visit = async (path: string, depth: number): Promise<void> => {
    const seen = await statOf(path);
    if (seen?.isDirectory() !== true) return;
    if ((seen.mode & WRITABLE_BY_OTHERS) !== 0) found.openToAll.push(path);
    if (seen.uid !== root.uid && seen.uid !== 0) found.foreign.push(path);
    if (depth === DEPTH) return;
    for (const name of await namesIn(path)) await visit(join(path, name), depth + 1);
  };
  await visit(folder, 0);
  return found;
}

async function statOf(path: string) {
  return stat(path).catch(passOver);
}

async function namesIn(path: string): Promise<string[]> {
  return (await readdir(path).catch(passOver)) ?? [];
}

function passOver(error: unknown): undefined {
  if (isErrno(error, 'ENOENT', 'ENOTDIR', 'EACCES', 'ELOOP')) return undefined;
  throw error;
}
