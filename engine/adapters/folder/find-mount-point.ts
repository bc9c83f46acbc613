import { realpath } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type MountPoint, mountPointOf } from '../../domain/repository/mount-point.ts';
import { readSmallFile } from '../../files/read-small-file.ts';

/** Undefined where this machine does not say (no /proc). */
export async function findMountPoint(folder: string): Promise<MountPoint | undefined> {
  const [fstab, mountInfo] = await Promise.all([
    textOf('/etc/fstab'),
    textOf('/proc/self/mountinfo'),
  ]);
  return mountPointOf(await resolved(folder), { fstab, mountInfo });
}

async function textOf(path: string): Promise<string> {
  return readSmallFile(path).then(
    (bytes) => bytes.toString('utf8'),
    () => '',
  );
}

/** Without symbolic links, as far as it exists. */
async function resolved(path: string): Promise<string> {
  return realpath(path).catch(async () => {
    const parent = dirname(path);
    return parent === path ? path : `${await resolved(parent)}${path.slice(parent.length)}`;
  });
}
