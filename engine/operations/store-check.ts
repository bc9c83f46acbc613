import { HoldfastError } from '../errors.ts';
import type { Context, NamedRepository } from './context.ts';

/** Where If-None-Match is ignored, as part of a sentence. */
type Gap = 'If-None-Match' | 'If-None-Match at the end of an upload in parts';

/**
 * Everything rests on objects that are written once. A store that lets a second writer replace one is
 * refused, or used with a warning where the config says so. Every backup and copy asks: one small
 * request, and four in a store that is not AWS.
 * @throws HoldfastError STORE_UNFIT.
 */
export async function assertCreateOnly({
  repositories,
  progress,
}: Pick<Context, 'repositories' | 'progress'>): Promise<void> {
  for (const place of repositories) {
    const gap = await gapOf(place.repository);
    if (gap === undefined) continue;
    if (!place.acceptsOverwrites) throw overwrites(place, gap);
    progress({
      phase: 'preflight',
      note: `WARNING: ${place.name} ignores ${gap}: nothing keeps another writer from replacing this backup`,
    });
  }
}

async function gapOf(repository: NamedRepository['repository']): Promise<Gap | undefined> {
  if (!(await repository.isCreateOnly())) return 'If-None-Match';
  if (!(await repository.isCreateOnlyInParts()))
    return 'If-None-Match at the end of an upload in parts';
  return undefined;
}

function overwrites({ name, repository }: NamedRepository, gap: Gap): HoldfastError {
  return new HoldfastError({
    code: 'STORE_UNFIT',
    message: `${name} (${repository.location}) let an object be replaced: it ignores ${gap}`,
    hint: 'Use a store that honours conditional writes (MinIO and versitygw were tried; AWS documents them), or set acceptOverwrites: true and live with the warning.',
  });
}
