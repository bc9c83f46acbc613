import { createReadStream } from 'node:fs';
import type { SectionedEntry } from '../../domain/archive/sections.ts';
import { ArchiveInput } from '../custom-archive-input.ts';
import { readArchiveToc } from '../custom-archive-toc.ts';

/**
 * The table of contents of an archive in a file, from its own bytes: `pg_restore --list` is text for
 * people, in which schema, name and owner can't be told apart.
 * @throws HoldfastError OBJECT_DAMAGED, RESTORE_FAILED.
 */
export async function readToc(file: string): Promise<SectionedEntry[]> {
  return readTocOfStream(createReadStream(file));
}

/** The same of an archive that streams in. Only its head is read, so this proves nothing of the rest. */
export async function readTocOfStream(
  source: AsyncIterable<Uint8Array>,
): Promise<SectionedEntry[]> {
  const input = new ArchiveInput(source);
  try {
    return (await readArchiveToc(input)).entries;
  } finally {
    await input.close();
  }
}
