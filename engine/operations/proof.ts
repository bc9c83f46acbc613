import type { DrillException } from '../domain/drill-report.ts';
import type { Manifest } from '../domain/manifest.ts';
import { MarkSeals } from './catalog/mark-seals.ts';
import type { CatalogedSet } from './catalog.ts';
import { at, type Context, type NamedRepository } from './context.ts';
import { findCopies } from './find-set.ts';
import { putProof, putSuspicion } from './marks.ts';
import type { OpenedSet } from './opened-set.ts';

export interface Proof {
  place: NamedRepository;
  exceptions: readonly DrillException[];
}

/**
 * What a drill proved of one copy holds for every other copy that was read back whole and has the same objects by SHA-256:
 * retention counts in each repository for itself. A copy that is SUSPECT for other reasons than a drill stays so.
 */
export async function spreadProof(
  everywhere: Context,
  set: OpenedSet,
  { place: provenIn, exceptions }: Proof,
): Promise<void> {
  for (const { entry: listed, place } of await findCopies(everywhere, set.address)) {
    if (place.name === provenIn.name || !hasSameObjects(listed, set.manifest)) continue;
    const entry = await new MarkSeals(at(everywhere, place)).open(listed);
    if (entry.checkedAt === null || entry.state === 'PROVEN') continue;
    await putProof(at(everywhere, place), entry, {
      mark: 'proven',
      content: { provenIn: provenIn.name, exceptions },
    });
  }
}

/**
 * What a drill found wrong with the rows, or what a server refused, is wrong in every copy. Bytes that are bad are bad in one
 * place only.
 */
export async function spreadSuspicion(
  everywhere: Context,
  set: OpenedSet,
  foundIn: NamedRepository,
): Promise<void> {
  for (const { entry, place } of await findCopies(everywhere, set.address)) {
    if (place.name === foundIn.name || !hasSameObjects(entry, set.manifest)) continue;
    await putSuspicion(at(everywhere, place), entry, {
      kind: 'drill',
      content: {
        operation: 'drill',
        foundIn: foundIn.name,
        reason: `the drill of the copy in ${foundIn.name} failed`,
        by: everywhere.actor,
      },
    });
  }
}

/** The seal of the copy was opened when it became CHECKED. */
export function hasSameObjects({ manifest }: CatalogedSet, wanted: Manifest): boolean {
  const digestOf = ({ objects }: Manifest) =>
    objects.map(({ key, sha256 }) => `${key} ${sha256}`).join('\n');
  return manifest !== undefined && digestOf(manifest) === digestOf(wanted);
}
