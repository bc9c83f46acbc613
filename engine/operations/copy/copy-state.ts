import { MANIFEST_NAME } from '../../contract.ts';
import type { SetAddress } from '../../domain/key.ts';
import { summarize } from '../../domain/set/set-summary.ts';
import type { CatalogEntry } from '../../domain/set-state.ts';
import { readAnomalies } from '../anomaly/mark-anomalies.ts';
import { nameSuspicionKinds } from '../catalog/name-suspicion-kinds.ts';
import { readProof } from '../catalog/read-proof.ts';
import { readableManifest } from '../catalog.ts';
import type { Context } from '../context.ts';
import type { Located } from '../find-set.ts';
import { putMark, putProof, putSuspicion } from '../marks.ts';

export interface CopiedSet {
  address: SetAddress;
  /** Where it was copied from. */
  source: Located;
}

/**
 * What is known of the original holds for its equal: every object was read back here, so damage that was found here before
 * has ended.
 * @param there the context on the repository of the copy.
 * @param now the copy as it lies there.
 */
export async function putStateOfOriginal(
  there: Context,
  now: CatalogEntry,
  { address, source }: CopiedSet,
): Promise<void> {
  const { entry, place } = source;
  const content = { copiedFrom: place.name };
  if (entry.state === 'SUSPECT' && now.state !== 'SUSPECT')
    await putSuspicions(there, { address, source });
  if (entry.state === 'CHECKED' || entry.state === 'PROVEN') {
    await nameSuspicionKinds(there, now);
    const manifest = await readableManifest(address, there.repository);
    const bytes = now.sizes?.get(MANIFEST_NAME);
    const summary = manifest === undefined ? {} : { summary: summarize(manifest, bytes) };
    await putProof(there, now, { mark: 'checked', content: { ...content, ...summary } });
  }
  if (entry.state !== 'PROVEN') return;
  const { exceptions } = await readProof(place.repository, entry);
  await putProof(there, now, { mark: 'proven', content: { ...content, exceptions } });
}

/** The copy of a held set is held. */
export async function putHoldOfOriginal(
  there: Context,
  { address, source }: CopiedSet,
): Promise<void> {
  if (!source.entry.isHeld) return;
  await putMark(there, address, { mark: 'hold', content: { copiedFrom: source.place.name } });
}

async function putSuspicions(
  there: Context,
  { address, source: { entry, place } }: CopiedSet,
): Promise<void> {
  for (const { kind = 'damage' } of entry.suspicions)
    await putSuspicion(there, address, {
      kind,
      content: {
        ...(kind === 'anomaly' ? { anomalies: await readAnomalies(place, entry) } : {}),
        operation: 'copy',
        copiedFrom: place.name,
        reason: `the set is SUSPECT in ${place.name}, from where it was copied`,
        by: there.actor,
      },
    });
}
