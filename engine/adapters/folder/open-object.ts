import { constants, type Stats } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { HoldfastError } from '../../errors.ts';
import { folderFailure, isErrno } from '../folder-failure.ts';
import { objectTooLarge } from '../shared/object-too-large.ts';
import type { TimelyCalls } from './timely-calls.ts';

/** Neither follows a link that somebody put in the place of an object, nor waits for the other end of a pipe. */
const FLAGS = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);
const CHUNK_BYTES = 1024 * 1024;

export interface ObjectPlace {
  key: string;
  path: string;
  /** Of the repository. */
  location: string;
  calls: TimelyCalls;
}

/**
 * The bytes of an object, which must be a regular file.
 * @throws HoldfastError OBJECT_MISSING, OBJECT_DAMAGED, ACCESS_DENIED, REPOSITORY_UNREACHABLE.
 */
export async function* readFileOf(
  place: ObjectPlace,
  { limitBytes = Number.POSITIVE_INFINITY }: { limitBytes?: number } = {},
): AsyncGenerator<Uint8Array> {
  const { file, size } = await openFileOf(place);
  try {
    if (size > limitBytes) throw objectTooLarge({ ...place, bytes: size, limitBytes });
    let bytes = 0;
    for (;;) {
      const buffer = Buffer.allocUnsafeSlow(Math.min(CHUNK_BYTES, Math.max(size - bytes, 1)));
      const { bytesRead } = await place.calls.run(() => file.read(buffer));
      if (bytesRead === 0) return;
      bytes += bytesRead;
      if (bytes > limitBytes) throw objectTooLarge({ ...place, bytes, limitBytes });
      yield buffer.subarray(0, bytesRead);
    }
  } catch (error) {
    throw objectFailure(error, place);
  } finally {
    await file.close().catch(() => undefined);
  }
}

async function openFileOf(place: ObjectPlace): Promise<{ file: FileHandle; size: number }> {
  try {
    const file = await place.calls.run(() => open(place.path, FLAGS));
    const stats = await place.calls.run(() => file.stat());
    if (stats.isFile()) return { file, size: stats.size };
    await file.close();
    throw irregular(place, describeKind(stats));
  } catch (error) {
    throw objectFailure(error, place);
  }
}

/** What stands in the place of an object; empty for a file. */
export function describeKind(
  stats: Pick<Stats, 'isDirectory' | 'isFIFO' | 'isSymbolicLink'>,
): string {
  if (stats.isDirectory()) return 'a directory';
  if (stats.isFIFO()) return 'a pipe';
  return stats.isSymbolicLink() ? 'a symbolic link' : 'a device or a socket';
}

/** What is wrong with one object says nothing of the others. */
function objectFailure(error: unknown, place: ObjectPlace): HoldfastError {
  const { key, location } = place;
  if (isErrno(error, 'ENOENT', 'ENOTDIR')) return missing(place, error);
  if (isErrno(error, 'ELOOP', 'EMLINK')) return irregular(place, 'a symbolic link');
  if (isErrno(error, 'ENXIO', 'ENODEV', 'EOPNOTSUPP'))
    return irregular(place, 'a device or a socket');
  if (isErrno(error, 'EISDIR')) return irregular(place, 'a directory');
  if (isErrno(error, 'EIO', 'EBADMSG', 'EUCLEAN')) return unreadable(place, error);
  if (isErrno(error, 'EACCES', 'EPERM'))
    return new HoldfastError({
      code: 'ACCESS_DENIED',
      message: `this user may not read ${key} in ${location}`,
      hint: `Give the file to the user that runs Holdfast, with mode 600, and find out who changed it.`,
      cause: error,
    });
  return folderFailure(error, location);
}

export function missing({ key, location }: Pick<ObjectPlace, 'key' | 'location'>, cause?: unknown) {
  return new HoldfastError({
    code: 'OBJECT_MISSING',
    message: `${key} is not in ${location}`,
    hint: 'Use an older set or another copy of the repository.',
    cause,
  });
}

function irregular({ key, location }: ObjectPlace, kind: string): HoldfastError {
  return damaged(
    `${key} in ${location} is ${kind}, not a file`,
    'Find out who put it there. Use an older set or another copy of the repository.',
  );
}

function unreadable({ key, location }: ObjectPlace, cause: unknown): HoldfastError {
  const { code } = cause as NodeJS.ErrnoException;
  return damaged(
    `${key} in ${location} can not be read: the disk answers ${code}`,
    'Have the disk checked. Use an older set or another copy of the repository.',
    cause,
  );
}

function damaged(message: string, hint: string, cause?: unknown): HoldfastError {
  return new HoldfastError({ code: 'OBJECT_DAMAGED', message, hint, cause });
}
