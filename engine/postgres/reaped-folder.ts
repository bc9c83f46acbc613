import { randomBytes } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { noScratch } from './programs/no-scratch.ts';
import { forgetFolder, reapFolder } from './reaper.ts';

/**
 * Makes a directory of mode 700 that is removed when the process dies. It is registered before it is
 * made, so that a kill leaves none at any moment. @throws HoldfastError SCRATCH_FAILED.
 */
export async function makeReapedFolder(parent: string): Promise<string> {
  const folder = join(parent, `holdfast-${randomBytes(4).toString('hex')}`);
  reapFolder(folder);
  try {
    await mkdir(folder, { mode: 0o700 });
  } catch (error) {
    forgetFolder(folder);
    throw noScratch(parent, error);
  }
  return folder;
}
