/** The disk that a folder lies on. */
export interface MountPoint {
  path: string;
  /** False where /etc/fstab has it and nothing is mounted there: the folder lies on the disk below it then. */
  isMounted: boolean;
}

export interface MountTables {
  /** fstab(5) */
  fstab: string;
  /** proc(5), /proc/self/mountinfo */
  mountInfo: string;
}

/** The mount point nearest above a folder, mounted or not. @param folder absolute, without symbolic links. */
export function mountPointOf(
  folder: string,
  { fstab, mountInfo }: MountTables,
): MountPoint | undefined {
  const meant = nearestAbove(folder, fieldOf(fstab, 1));
  const mounted = nearestAbove(folder, fieldOf(mountInfo, 4));
  if (mounted === undefined) return undefined;
  if (meant !== undefined && meant.length > mounted.length)
    return { path: meant, isMounted: false };
  return { path: mounted, isMounted: true };
}

/** A clause for people. */
export function describeMountPoint({ path, isMounted }: MountPoint): string {
  return isMounted
    ? `it lies on the disk that is mounted at ${path}`
    : `its disk is not mounted: /etc/fstab has one for ${path}`;
}

/** Blanks in a path are written as \040 in both tables. */
function fieldOf(table: string, index: number): string[] {
  return table
    .split('\n')
    .filter((line) => !line.trimStart().startsWith('#'))
    .flatMap((line) => line.trim().split(/\s+/)[index] ?? [])
    .map((path) =>
      path.replaceAll(/\\([0-7]{3})/g, (_, octal: string) =>
        String.fromCharCode(Number.parseInt(octal, 8)),
      ),
    )
    .filter((path) => path.startsWith('/'));
}

function nearestAbove(folder: string, paths: readonly string[]): string | undefined {
  return paths
    .filter((path) => path === '/' || folder === path || folder.startsWith(`${path}/`))
    .toSorted((one, other) => other.length - one.length)[0];
}
