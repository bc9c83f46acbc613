import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HoldfastError } from '../errors.ts';
import { forgetFolder, reapFolder } from '../postgres/reaper.ts';

/** A directory of mode 700 for as long as the work takes; gone afterwards, also when the process is killed. */
export async function inPrivateFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-')).catch((error: unknown) => {
    throw noScratch(error);
  });
  reapFolder(folder);
  try {
    await chmod(folder, 0o700);
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
    forgetFolder(folder);
  }
}

/** A directory for temporary files that can't be used is a mistake of this machine's, not of ours. */
export function noScratch(cause: unknown): HoldfastError {
  const reason = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown failure';
  return new HoldfastError({
    code: 'SCRATCH_FAILED',
    message: `no temporary directory can be made in ${tmpdir()}: ${reason}`,
    hint: 'Set TMPDIR to a directory that exists and that this user may write to.',
    cause,
  });
}
