import { describe, expect, it } from 'vitest';
import { describeMountPoint, mountPointOf } from '../../engine/domain/repository/mount-point.ts';
import { nothingThere } from '../../engine/domain/set/set-not-found.ts';

const FSTAB = `# /etc/fstab
UUID=1 / ext4 defaults 0 1
UUID=2 none swap sw 0 0
nas:/sets /mnt/nas\\040disk nfs noauto 0 0
`.replaceAll('\\\\', '\\');
const ROOT = '21 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw';
const NAS = '30 21 0:50 / /mnt/nas\\040disk rw - nfs nas:/sets rw';

describe('the disk of a folder', () => {
  it('is not mounted where /etc/fstab has its mount point and nothing is mounted there', () => {
    const mount = mountPointOf('/mnt/nas disk/clinic', { fstab: FSTAB, mountInfo: ROOT });
    expect(mount).toEqual({ path: '/mnt/nas disk', isMounted: false });
    const place = { location: '/mnt/nas disk/clinic', presence: 'absent' as const, mount };
    const { message, hint } = nothingThere([place]);
    expect(message).toBe(
      'there are no backup sets in /mnt/nas disk/clinic, which does not exist (its disk is not mounted: /etc/fstab has one for /mnt/nas disk)',
    );
    expect(hint).toBe("Mount it (mount '/mnt/nas disk'), and run it again.");
  });

  it('is the one that is mounted nearest above it', () => {
    const mountInfo = `${ROOT}\n${NAS}`;
    const at = (folder: string) => mountPointOf(folder, { fstab: FSTAB, mountInfo });
    expect(at('/mnt/nas disk')).toEqual({ path: '/mnt/nas disk', isMounted: true });
    expect(at('/mnt/nas diskette')).toEqual({ path: '/', isMounted: true });
    expect(describeMountPoint({ path: '/', isMounted: true })).toBe(
      'it lies on the disk that is mounted at /',
    );
  });

  it('is not known where the machine does not say what is mounted', () => {
    expect(mountPointOf('/mnt/nas disk', { fstab: FSTAB, mountInfo: '' })).toBeUndefined();
  });
});
