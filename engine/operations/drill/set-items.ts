import type { ArchiveItem } from '../../domain/drill/refusals.ts';
import type { ArchiveEntry } from '../../postgres/custom-archive.ts';
import { ArchiveInput } from '../../postgres/custom-archive-input.ts';
import { readArchiveToc } from '../../postgres/custom-archive-toc.ts';
import type { OpenedSet } from '../opened-set.ts';

/** The tables of contents of a set's archives. Only their heads are read. */
export interface SetItems {
  schema: ArchiveEntry[];
  data: ArchiveEntry[];
}

export async function readSetItems(set: OpenedSet): Promise<SetItems> {
  return { schema: await readItems(set, 'schema'), data: await readItems(set, 'data') };
}

/** Of both archives in one list: dump ids of one say nothing about the other, so those of the data are made negative. */
export function allItems({ schema, data }: SetItems): ArchiveItem[] {
  return [...schema, ...data.map((entry) => ({ ...entry, dumpId: -entry.dumpId, dependsOn: [] }))];
}

async function readItems(set: OpenedSet, role: 'schema' | 'data'): Promise<ArchiveEntry[]> {
  if (!set.has(role)) return [];
  const input = new ArchiveInput(set.read(role));
  try {
    return (await readArchiveToc(input)).entries;
  } finally {
    await input.close();
  }
}
