import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type DeadScratchOptions, nameOwner, removeDeadScratch } from './programs/dead-scratch.ts';
import { noScratch } from './programs/no-scratch.ts';
import { forgetFolder, reapFolder } from './reaper.ts';

/** Where this process has looked for what dead ones left. */
const swept = new Set<string>();

/**
 * Makes a directory of mode 700 that is removed when the process dies. It is registered before it is
 * made, so that a kill leaves none at any moment. What a power cut left there is removed first.
 * @throws HoldfastError SCRATCH_FAILED.
 */
export async function makeReapedFolder(
  parent: string,
  options: DeadScratchOptions,
): Promise<string> {
  if (!swept.has(parent)) {
    swept.add(parent);
    await removeDeadScratch(parent, options);
  }
  const folder = registered(parent);
  try {
    await mkdir(folder, { mode: 0o700 });
    nameOwner(folder);
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    forgetFolder(folder);
    throw noScratch(parent, error);
  }
  return folder;
}

/** The same for callers that can't wait, for as long as the process lives. @throws HoldfastError SCRATCH_FAILED. */
export function makeFolderOfProcess(parent: string): string {
  const folder = registered(parent);
  try {
    mkdirSync(folder, { mode: 0o700 });
    nameOwner(folder);
    return folder;
  } catch (error) {
    forgetFolder(folder);
    throw noScratch(parent, error);
  }
}

function registered(parent: string): string {
  const folder = join(parent, `holdfast-${randomBytes(4).toString('hex')}`);
  reapFolder(folder);
  return folder;
}
