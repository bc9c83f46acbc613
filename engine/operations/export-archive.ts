import type { Manifest } from '../domain/manifest.ts';
import { HoldfastError } from '../errors.ts';
import { WholeArchive } from '../postgres/whole-archive.ts';
import { audited } from './audit.ts';
import { markDamage } from './catalog/mark-damage.ts';
import { at, type Context } from './context.ts';
import type { ExportRequest, ExportResult } from './export.ts';
import { writeOut } from './export-output.ts';
import { findSet } from './find-set.ts';
import { type OpenedSet, openLogical } from './opened-set.ts';
import { archiveMajor } from './restore-tools.ts';

export interface ArchiveRequest extends ExportRequest {
  /** Writes over the beginning of the output, where it is a file: then several workers of pg_restore can seek in it. */
  rewriteHead?: ((head: Uint8Array) => Promise<void>) | undefined;
}

/** A set as one archive that pg_restore reads without Holdfast. In clear: whoever holds it holds the data. */
export async function exportArchive(
  everywhere: Context,
  { set: name, output, target, rewriteHead }: ArchiveRequest,
): Promise<ExportResult> {
  const located = await findSet(everywhere, name, { seals: everywhere });
  const { entry, place } = located;
  const context = at(everywhere, place);
  const { id, plan, database } = entry;
  return audited(
    context,
    { operation: 'export', plan, database, backup: id, target },
    async (notes) => {
      try {
        const set = await openLogical(context, entry);
        assertArchivable(set);
        notes.bytes = set.storedBytes;
        const archive = archiveOf(context, set);
        const bytes = await writeOut(archive.bytes(), output, context);
        const head = archive.headWithPlaces();
        if (head !== undefined) await rewriteHead?.(head);
        return { set: id, format: 'archive', bytes, notes: notesOf(set) };
      } catch (error) {
        return markDamage(everywhere, located, { operation: 'export', error });
      }
    },
  );
}

function archiveOf(context: Context, set: OpenedSet): WholeArchive {
  const progress = (bytes: number) =>
    context.progress({ phase: 'export', bytes, totalBytes: set.storedBytes });
  return new WholeArchive({
    schema: set.has('schema') ? set.read('schema') : undefined,
    data: set.has('data') ? set.read('data', progress) : undefined,
  });
}

function assertArchivable(set: OpenedSet): void {
  if (set.has('schema') || set.has('data')) return;
  throw new HoldfastError({
    code: 'USAGE',
    message: `set ${set.address.id} holds no archive`,
    hint: '`holdfast show` says what it holds.',
  });
}

/** What a person who goes on with pg_restore alone should know. */
function notesOf({ manifest }: OpenedSet): string[] {
  return [
    `pg_restore ${archiveMajor(manifest)} or newer reads it`,
    ...unlessEmpty(manifest.roles, 'it needs these roles, which are not in it'),
    ...unlessEmpty(
      manifest.tablespaces,
      'it needs these tablespaces, which are not in it (or --no-tablespaces)',
    ),
    'settings, grants and comment of the database itself come back with pg_restore --create only',
    ...leftOut(manifest),
  ];
}

function unlessEmpty(names: readonly string[], text: string): string[] {
  return names.length === 0 ? [] : [`${text}: ${names.join(', ')}`];
}

function leftOut(manifest: Manifest): string[] {
  return manifest.leftOut.map(({ what, why }) => `not in the set: ${what} (${why})`);
}
