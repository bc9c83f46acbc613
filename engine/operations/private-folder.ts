import { chmod, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import type { DeadScratchOptions } from '../postgres/programs/dead-scratch.ts';
import { makeReapedFolder } from '../postgres/reaped-folder.ts';
import { forgetFolder } from '../postgres/reaper.ts';

/** A directory of mode 700 for as long as the work takes; gone afterwards, also when the process is killed. */
export async function inPrivateFolder<T>(
  work: (folder: string) => Promise<T>,
  options: DeadScratchOptions,
): Promise<T> {
  const folder = await makeReapedFolder(tmpdir(), options);
  try {
    await chmod(folder, 0o700);
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
    forgetFolder(folder);
  }
}
