import { MANIFEST_NAME } from '../contract.ts';
import type { Disposal, Release } from '../domain/audit/disposal.ts';
import { isMark, type ListedObject, type Place } from '../domain/inventory.ts';
import { type SetAddress, setPrefix } from '../domain/key.ts';
import type { Mark } from '../domain/set/mark-name.ts';
import type { Repository } from '../ports/repository.ts';
import { MarkSeals } from './catalog/mark-seals.ts';
import { readableManifest } from './catalog.ts';
import type { Context } from './context.ts';
import { putLaterMark } from './marks.ts';
import { readPlace } from './prune/read-place.ts';

type LetGoContext = Pick<
  Context,
  'project' | 'repository' | 'keyring' | 'keys' | 'clock' | 'actor'
>;

export interface Departure {
  objects: number;
  bytes: number;
  /** Nothing of it is left; in S3 that takes until the undo window is over. */
  isDisposed: boolean;
}

/**
 * Lets the store have one set, or finishes what an earlier run began: the mark `released`, then the manifest, then the rest. A second
 * mark says that everything was let go, so that no later run has to ask again. Idempotent.
 * @returns undefined when somebody held the set meanwhile, or completed what was half of one; then nothing but the first mark was done.
 */
export async function letGo(
  context: LetGoContext,
  address: SetAddress,
  { why }: { why: string },
): Promise<Departure | undefined> {
  const { repository } = context;
  const before = await readPlace(repository, address);
  if (before === undefined) return { objects: 0, bytes: 0, isDisposed: true };
  const seals = () => new MarkSeals(context, { kinds: ['released', 'unhold'] });
  if (!(await seals().open(before.entry)).isReleased)
    await markAfter(context, before, {
      mark: 'released',
      content: { why, ...(await releaseOf(repository, before)) },
    });
  const place = await readPlace(repository, address);
  if (place === undefined) return { objects: 0, bytes: 0, isDisposed: true };
  const now = await seals().open(place.entry);
  if (now.isHeld || (hasManifest(place) && !hasManifest(before))) return undefined;
  const objects = place.objects.filter((object) => !isMark(object)).sort(manifestFirst);
  await repository.release(objects.map(({ key }) => key));
  const isDisposed = await isGone(repository, address);
  if (!isDisposed)
    await markAfter(context, place, {
      mark: 'released',
      content: { why: 'every object was let go' },
    });
  return {
    objects: objects.length,
    bytes: objects.reduce((sum, { bytes }) => sum + bytes, 0),
    isDisposed,
  };
}

/** Whether the store holds no version of any object of the set but its marks. */
export async function isGone(repository: Repository, address: SetAddress): Promise<boolean> {
  for await (const object of repository.listVersions(setPrefix(address)))
    if (!isMark(object)) return false;
  return true;
}

/**
 * Removes the marks of a set of which nothing else is left; what says that it was released goes last.
 * @param certificate stands in the mark `disposed`; undefined where an earlier run wrote that.
 */
export async function dispose(
  context: LetGoContext,
  address: SetAddress,
  certificate?: Disposal,
): Promise<void> {
  const place = await readPlace(context.repository, address);
  if (place === undefined) return;
  if (!place.entry.isDisposed)
    await markAfter(context, place, {
      mark: 'disposed',
      content: certificate ?? { why: 'no version is left' },
    });
  const keys = (await readPlace(context.repository, address))?.objects.map(({ key }) => key) ?? [];
  const isLast = (key: string) => /\/(released|disposed)-[^/]*$/.test(key);
  await context.repository.release([...keys.filter((key) => !isLast(key)), ...keys.filter(isLast)]);
}

function markAfter(
  context: LetGoContext,
  { entry }: Place,
  { mark, content }: { mark: Mark; content: object },
): Promise<void> {
  return putLaterMark(context, entry, { mark, content: { by: context.actor, ...content } });
}

/** What its certificate will say of a set, while that can still be read. */
async function releaseOf(repository: Repository, { entry, objects }: Place): Promise<Release> {
  const manifest = await readableManifest(entry, repository);
  const own = objects.filter((object) => !isMark(object));
  return {
    keys: manifest?.keys ?? null,
    objects: own.length,
    bytes: own.reduce((sum, { bytes }) => sum + bytes, 0),
  };
}

function hasManifest({ objects }: Place): boolean {
  return objects.some(({ key }) => key.endsWith(`/${MANIFEST_NAME}`));
}

function manifestFirst(one: ListedObject, other: ListedObject): number {
  const rank = ({ key }: ListedObject) => (key.endsWith(`/${MANIFEST_NAME}`) ? 0 : 1);
  return rank(one) - rank(other);
}
