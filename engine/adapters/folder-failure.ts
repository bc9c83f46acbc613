import { HoldfastError, isHoldfastError } from '../errors.ts';

export function isErrno(error: unknown, ...codes: string[]): boolean {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code));
}

/** What a failed system call on a folder means to a person. */
export function folderFailure(error: unknown, location: string): HoldfastError {
  if (isHoldfastError(error)) return error;
  if (isErrno(error, 'ENOSPC', 'EDQUOT')) {
    return new HoldfastError({
      code: 'DISK_FULL',
      message: `no space is left in ${location}`,
      hint: 'Make room (`holdfast list` shows what lies there) or use another disk. Nothing half was kept.',
      cause: error,
    });
  }
  return new HoldfastError({
    code: 'REPOSITORY_UNREACHABLE',
    message: `${location} can not be used: ${reasonOf(error)}`,
    hint: 'Check that the disk is mounted and that this user may write there.',
    retryable: !isErrno(error, 'EACCES', 'EPERM', 'EROFS', 'ENOTDIR', 'ERR_FS_EISDIR'),
    cause: error,
  });
}

function reasonOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const words: Record<string, string> = {
    EACCES: 'permission denied',
    EPERM: 'not permitted',
    EROFS: 'it is read-only',
    ENOTDIR: 'it is not a directory',
    ERR_FS_EISDIR: 'a directory stands where an object should be',
    ENOENT: 'no directory can be made there',
  };
  return words[code] ?? (code || 'unknown failure');
}
