import type { Dirent, Stats } from 'node:fs';
import { lstat, readdir, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { HiddenFolder, StoredObject } from '../../ports/repository.ts';
import { folderFailure, isErrno } from '../folder-failure.ts';
import type { TimelyCalls } from './timely-calls.ts';

/** Uploads lie here, under the key they will have, until they are published. */
export const UNFINISHED = '.unfinished';

/** More folders than any key has above its last segment. */
const MAX_DEPTH = 8;

export interface FolderPlace {
  location: string;
  calls: TimelyCalls;
}

interface Walk extends FolderPlace {
  /** As of ListOptions. */
  onHidden?: ((hidden: HiddenFolder) => void) | undefined;
}

interface Folder {
  /** Of the keys in it, with its closing slash. */
  prefix: string;
  depth: number;
  /** Real paths of the folders above it that a symbolic link led to, and of the repository. */
  above: readonly string[];
}

/**
 * Objects below a folder in the order of their keys, a directory at a time, so that memory does not grow with the
 * repository. A directory that is a symbolic link is followed, as a writer follows it; whatever else is not a file
 * is listed with no bytes, so that it is seen and found to be damaged.
 */
export async function* walkFolder(place: Walk, prefix: string): AsyncGenerator<StoredObject> {
  yield* walk(place, await folderAt(place, prefix));
}

/** The folders one level below a prefix, also those that hold nothing. A link that can not be followed is as in a walk. */
export async function foldersIn(place: Walk, prefix: string): Promise<string[]> {
  const found: string[] = [];
  for await (const next of entriesIn(place, await folderAt(place, prefix)))
    if (next.isFolder) found.push(next.folder.prefix);
  return found;
}

/** With the real paths of the folders above it, so that a link in it that leads back to one of them is not followed. */
async function folderAt({ location, calls }: FolderPlace, prefix: string): Promise<Folder> {
  const segments = prefix.split('/').slice(0, -1);
  const above: string[] = [];
  for (const [index] of segments.entries()) {
    const path = join(location, ...segments.slice(0, index));
    const real = await calls.run(() => realpath(path)).catch(() => undefined);
    if (real !== undefined) above.push(real);
  }
  return { prefix, depth: segments.length, above };
}

async function* walk(place: Walk, folder: Folder): AsyncGenerator<StoredObject> {
  for await (const next of entriesIn(place, folder)) {
    if (next.isFolder) yield* walk(place, next.folder);
    else {
      const found = await describeObject(place, next.key);
      if (found !== undefined) yield found;
    }
  }
}

type Found = { isFolder: true; folder: Folder } | { isFolder: false; key: string };

/** What is in a folder itself. */
async function* entriesIn(place: Walk, folder: Folder): AsyncGenerator<Found> {
  const { prefix, depth } = folder;
  if (depth > MAX_DEPTH) return;
  const { isHidden, entries } = await listFolder(place, prefix);
  if (isHidden) return;
  for (const entry of entries) {
    if (!isSegment(entry.name) || entry.name === UNFINISHED) continue;
    const key = `${prefix}${entry.name}`;
    const above =
      entry.isFolder && entry.isLink ? await chainOf(place, { folder, key }) : folder.above;
    if (above === undefined) continue;
    if (entry.isDangling && place.onHidden !== undefined)
      place.onHidden({ prefix: `${key}/`, why: 'a symbolic link that leads nowhere' });
    else if (entry.isFolder)
      yield { isFolder: true, folder: { prefix: `${key}/`, depth: depth + 1, above } };
    else yield { isFolder: false, key };
  }
}

/** Hidden where the folder can not be listed, or nothing in it be described, and the caller wants to hear of that. */
async function listFolder(
  place: Walk,
  prefix: string,
): Promise<{ isHidden: boolean; entries: Entry[] }> {
  try {
    const entries = await entriesOf(place, prefix);
    const [first] = entries;
    const isClosed =
      place.onHidden !== undefined &&
      first !== undefined &&
      (await isOutOfReach(place, `${prefix}${first.name}`));
    if (isClosed) place.onHidden?.({ prefix, why: 'permission denied' });
    return { isHidden: isClosed, entries };
  } catch (error) {
    const why = whyHidden(error instanceof Error ? error.cause : undefined);
    if (place.onHidden === undefined || prefix === '' || why === undefined)
      throw folderFailure(error, place.location);
    place.onHidden({ prefix, why });
    return { isHidden: true, entries: [] };
  }
}

/** A folder may let its names be listed and nothing in it be looked at. */
function isOutOfReach({ location, calls }: FolderPlace, key: string): Promise<boolean> {
  return calls
    .run(() => lstat(join(location, key)))
    .then(
      () => false,
      (error: unknown) => isErrno(error, 'EACCES', 'EPERM'),
    );
}

/** What is wrong with one folder says nothing of the others. */
function whyHidden(error: unknown): string | undefined {
  if (isErrno(error, 'EACCES', 'EPERM')) return 'permission denied';
  return isErrno(error, 'EIO', 'EBADMSG', 'EUCLEAN', 'ELOOP')
    ? `the disk answers ${(error as NodeJS.ErrnoException).code}`
    : undefined;
}

/** Undefined where the link leads back to a folder above it. */
async function chainOf(
  { location, calls }: FolderPlace,
  { folder: { prefix, above }, key }: { folder: Folder; key: string },
): Promise<string[] | undefined> {
  const real = (path: string) => calls.run(() => realpath(join(location, path)));
  const [here, target] = [await real(prefix), await real(key)];
  const isAround = (path: string) => path === target || path.startsWith(`${target}/`);
  return isAround(here) || above.some(isAround) ? undefined : [...above, here, target];
}

/** Undefined when it is not there. */
export async function describeObject(
  { location, calls }: FolderPlace,
  key: string,
): Promise<StoredObject | undefined> {
  try {
    const stats: Stats = await calls.run(() => lstat(join(location, ...key.split('/'))));
    return { key, bytes: stats.isFile() ? stats.size : 0, modifiedAt: stats.mtime };
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR')) return undefined;
    throw folderFailure(error, location);
  }
}

/** What can be a part of a key: a disk has folders of its own, such as lost+found, which only root may read. */
function isSegment(name: string): boolean {
  return /^[A-Za-z0-9_%.-]+$/.test(name);
}

interface Entry {
  name: string;
  isFolder: boolean;
  isLink: boolean;
  /** A link in the place of a folder that leads to nothing that can be reached. */
  isDangling: boolean;
}

async function entriesOf(place: FolderPlace, prefix: string): Promise<Entry[]> {
  const { location, calls } = place;
  const path = join(location, prefix);
  try {
    const listed = await calls.run(() => readdir(path, { withFileTypes: true }));
    const entries: Entry[] = [];
    for (const one of listed) entries.push(await entryOf(one, { path, calls }));
    const order = ({ name, isFolder }: Entry) => (isFolder ? `${name}/` : name);
    return entries.sort((one, other) => (order(one) < order(other) ? -1 : 1));
  } catch (error) {
    if (isErrno(error, 'ENOENT') || (isErrno(error, 'ENOTDIR') && prefix !== '')) return [];
    throw folderFailure(error, location);
  }
}

/** Names of folders have no dot (names are encoded), names of objects have one: a directory of such a name is damage. */
async function entryOf(
  entry: Dirent,
  { path, calls }: { path: string; calls: TimelyCalls },
): Promise<Entry> {
  const { name } = entry;
  const isLink = entry.isSymbolicLink();
  const mayBeFolder = !name.includes('.');
  if (!mayBeFolder || !isLink)
    return { name, isFolder: mayBeFolder && entry.isDirectory(), isLink, isDangling: false };
  const target = await targetOf(join(path, name), calls);
  return { name, isFolder: target === 'folder', isLink, isDangling: target === 'nothing' };
}

function targetOf(path: string, calls: TimelyCalls): Promise<'folder' | 'file' | 'nothing'> {
  return calls
    .run(() => stat(path))
    .then(
      (stats) => (stats.isDirectory() ? 'folder' : 'file'),
      (error: unknown) => {
        if (isErrno(error, 'ENOENT', 'ENOTDIR', 'ELOOP', 'EACCES')) return 'nothing';
        throw error;
      },
    );
}
