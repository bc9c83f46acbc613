import type { Manifest, ManifestObject } from '../../domain/manifest.ts';
import { parseArchive } from '../../postgres/restore-program.ts';
import type { CatalogedSet } from '../catalog.ts';
import type { Context } from '../context.ts';
import { type OpenedSet, openEntry } from '../opened-set.ts';
import { chooseParser } from '../restore-tools.ts';

/** Opens the seal of a set, and reads every object to its end. */
export async function openAndReadBack(
  context: Context,
  entry: CatalogedSet,
): Promise<OpenedSet<Manifest>> {
  const set = await openEntry(context, entry);
  await readBack(context, set);
  return set;
}

async function readBack(context: Context, set: OpenedSet<Manifest>): Promise<void> {
  const roles = [...new Set(set.manifest.objects.map(({ role }) => role))];
  let earlierBytes = 0;
  for (const role of roles) {
    const onBytes = (bytes: number) =>
      context.progress({
        phase: 'verify',
        bytes: earlierBytes + bytes,
        totalBytes: set.storedBytes,
      });
    await readRole(context, set, { role, onBytes });
    earlierBytes += set.storedBytesOf(role);
  }
}

interface ReadRoleOptions {
  role: ManifestObject['role'];
  onBytes: (bytes: number) => void;
}

async function readRole(
  context: Context,
  set: OpenedSet<Manifest>,
  { role, onBytes }: ReadRoleOptions,
): Promise<void> {
  const source = set.read(role, onBytes);
  if (role === 'schema' || role === 'data') {
    await parseArchive(source, {
      tools: chooseParser(context.toolsets, set.manifest),
      signal: context.signal,
      stallTimeoutSeconds: context.stallTimeoutSeconds,
    });
    return;
  }
  for await (const _chunk of source) context.signal.throwIfAborted();
}
