import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { lstat, readdir, readFile, rmdir, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';
import { isGone, type ProcessIdentity, processIdentity } from './process-identity.ts';

const OWNER = 'owner.json';
const OWNER_BYTES = 4_096;
const OURS = /^holdfast-[0-9a-f]{8}$/;
const ownerSchema = z.object({
  boot: z.string().min(1),
  pidNamespace: z.string().min(1),
  pid: z.int().positive(),
  start: z.string().min(1),
});
const DAY_MS = 86_400_000;

/**
 * File systems that only one kernel writes to: ext, XFS, Btrfs, overlay, ZFS, F2FS, bcachefs. On these, what a process of
 * another boot made is dead. On NFS or virtiofs it may belong to another machine that is running.
 */
const OF_ONE_KERNEL: ReadonlySet<number> = new Set([
  0xef53, 0x58465342, 0x9123683e, 0x794c7630, 0x2fc12fc1, 0xf2f52010, 0xca451a4e,
]);

/** Writes down which process a scratch directory belongs to, where the system can say. */
export function nameOwner(folder: string): void {
  const identity = processIdentity();
  if (identity === undefined) return;
  writeFileSync(join(folder, OWNER), JSON.stringify(identity), { mode: 0o600, flag: 'wx' });
}

export interface DeadScratchOptions {
  /** Hears what could not be removed. */
  onNote?: ((note: string) => void) | undefined;
}

/**
 * Removes the scratch directories of processes of this user that are dead: a power cut ends a process and the shell that
 * would have cleaned up after it. A directory stays where its process may be alive, such as in another container.
 */
export async function removeDeadScratch(
  parent: string,
  { onNote }: DeadScratchOptions,
): Promise<void> {
  const self = processIdentity();
  // Where the parent can't be read, no scratch directory can be made either, which is reported then.
  const names = await readdir(parent).catch(() => []);
  if (self === undefined) return;
  for (const name of names.filter((one) => OURS.test(one))) {
    const folder = join(parent, name);
    try {
      if (await isDead(folder, self)) await removeTree(folder);
    } catch (error) {
      if (isMissing(error)) continue;
      const why = error instanceof Error ? error.message.trim().split('\n').at(-1) : '';
      onNote?.(`the temporary directory ${folder}, whose process is gone, stays: ${why}`);
    }
  }
}

/** By `rm`, which follows no symbolic link even where one is put there meanwhile. */
async function removeTree(folder: string): Promise<void> {
  await promisify(execFile)('/bin/rm', ['-rf', '--', folder], { env: { LC_ALL: 'C' } });
}

async function isDead(folder: string, self: ProcessIdentity): Promise<boolean> {
  const place = await lstat(folder);
  if (!place.isDirectory()) return false;
  const owner = await ownerOf(folder);
  if (owner === undefined) return removeIfEmpty(folder);
  if (owner.boot !== self.boot) return isOfEarlierBoot(folder);
  if (owner.pidNamespace !== self.pidNamespace) return false;
  return isGone(owner);
}

/** Undefined where there is no file of ours that says so. */
async function ownerOf(folder: string): Promise<ProcessIdentity | undefined> {
  const path = join(folder, OWNER);
  try {
    const file = await lstat(path);
    if (!file.isFile() || file.uid !== process.getuid?.() || file.size > OWNER_BYTES)
      return undefined;
    return ownerSchema.safeParse(JSON.parse(await readFile(path, 'utf8'))).data;
  } catch (error) {
    if (isMissing(error) || error instanceof SyntaxError) return undefined;
    if (isErrno(error, 'EACCES')) return undefined;
    throw error;
  }
}

/** A process that died between making its directory and naming itself left it empty. @returns false: nothing more to do. */
async function removeIfEmpty(folder: string): Promise<false> {
  const { uid, mtimeMs } = await lstat(folder);
  if (uid !== process.getuid?.() || Date.now() - mtimeMs < DAY_MS) return false;
  await rmdir(folder).catch((error: unknown) => {
    if (!isErrno(error, 'ENOTEMPTY', 'EEXIST')) throw error;
  });
  return false;
}

async function isOfEarlierBoot(folder: string): Promise<boolean> {
  return OF_ONE_KERNEL.has((await statfs(folder)).type);
}

function isMissing(error: unknown): boolean {
  return isErrno(error, 'ENOENT', 'ENOTDIR');
}

function isErrno(error: unknown, ...codes: string[]): boolean {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code));
}
