import type { Manifest } from '../domain/manifest.ts';
import type { CatalogedSet } from './catalog.ts';
import { at, type Context, type NamedRepository } from './context.ts';
import { findCopies } from './find-set.ts';
import { putMark } from './marks.ts';
import type { OpenedSet } from './opened-set.ts';

/**
 * What a drill proved of one copy holds for every other copy that was read back whole (CHECKED) and has the same objects by
 * SHA-256: retention counts in each repository for itself.
 */
export async function spreadProof(
  everywhere: Context,
  set: OpenedSet,
  provenIn: NamedRepository,
): Promise<void> {
  for (const { entry, place } of await findCopies(everywhere, set.address)) {
    if (
      place.name === provenIn.name ||
      entry.state !== 'CHECKED' ||
      !hasSameObjects(entry, set.manifest)
    )
      continue;
    await putMark(at(everywhere, place), entry, {
      mark: 'proven',
      content: { provenIn: provenIn.name },
    });
  }
}

/** What a drill found wrong with the rows, or a server refused of them, is wrong in every copy; bytes that are bad are bad in one place only. */
export async function spreadSuspicion(
  everywhere: Context,
  set: OpenedSet,
  foundIn: NamedRepository,
): Promise<void> {
  for (const { entry, place } of await findCopies(everywhere, set.address)) {
    if (place.name === foundIn.name || !hasSameObjects(entry, set.manifest)) continue;
    await putMark(at(everywhere, place), entry, {
      mark: 'suspect',
      content: { foundIn: foundIn.name, reason: 'the drill of another copy failed' },
    });
  }
}

/** The seal of the copy was opened when it became CHECKED. */
export function hasSameObjects({ manifest }: CatalogedSet, wanted: Manifest): boolean {
  const digestOf = ({ objects }: Manifest) =>
    objects.map(({ key, sha256 }) => `${key} ${sha256}`).join('\n');
  return manifest !== undefined && digestOf(manifest) === digestOf(wanted);
}
