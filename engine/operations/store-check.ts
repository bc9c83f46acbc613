import { HoldfastError } from '../errors.ts';
import type { Context, NamedRepository } from './context.ts';

/**
 * Everything rests on objects that are written once: a store that lets a second writer replace one is refused, or used with a
 * warning where the config says so. Asked anew by every backup; one small request where all is well.
 * @throws HoldfastError STORE_UNFIT.
 */
export async function assertCreateOnly({
  repositories,
  progress,
}: Pick<Context, 'repositories' | 'progress'>): Promise<void> {
  for (const place of repositories) {
    if (await place.repository.isCreateOnly()) continue;
    if (!place.acceptsOverwrites) throw overwrites(place);
    progress({
      phase: 'preflight',
      note: `WARNING: ${place.name} ignores If-None-Match: nothing keeps another writer from replacing this backup`,
    });
  }
}

function overwrites({ name, repository }: NamedRepository): HoldfastError {
  return new HoldfastError({
    code: 'STORE_UNFIT',
    message: `${name} (${repository.location}) let an object be replaced: it ignores If-None-Match`,
    hint: 'Use a store that honours conditional writes (MinIO and versitygw were tried; AWS and Cloudflare R2 document it), or set acceptOverwrites: true and live with the warning.',
  });
}
