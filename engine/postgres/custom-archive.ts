import type { SectionedEntry } from '../domain/archive/sections.ts';
import { HoldfastError } from '../errors.ts';

/** What stands before the table of contents of an archive of `pg_dump --format=custom`. */
export interface ArchiveHead {
  /** Minor of the format: 14 is written by PostgreSQL 12 to 15, 15 by 16, 16 by 17 and 18. */
  minor: number;
  /** Bytes of an integer, without its sign. */
  intSize: number;
  /** Bytes of a place in the file. */
  offsetSize: number;
  /** How rows are compressed, as the head says it. */
  compression: number;
  /** All of it, up to the count of entries. */
  bytes: Buffer;
}

/** One entry of the table of contents, with what rewriting it needs. */
export interface ArchiveEntry extends SectionedEntry {
  hasData: boolean;
  /** Of rows: `COPY schema.table (column, ...) FROM stdin;`. */
  copyStatement: string;
  /** What stands between the dump id and the dependencies. */
  body: Buffer;
}

/** Whether the place of the rows is known. A reader that can't seek, or that finds it unknown, looks for the block by its id. */
export const PLACE = { unknown: 1, known: 2, noData: 3 } as const;

export const BLOCK = { rows: 1, largeObjects: 3 } as const;

export function damagedArchive(what: string): HoldfastError {
  return new HoldfastError({
    code: 'OBJECT_DAMAGED',
    message: `an archive of the set is not one that pg_dump writes: ${what}`,
    hint: 'Run `holdfast verify` on this set, and use an older one or another copy of it.',
  });
}
