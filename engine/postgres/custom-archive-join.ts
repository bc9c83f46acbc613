import { SECTION } from '../domain/archive/sections.ts';
import { type ArchiveEntry, damagedArchive } from './custom-archive.ts';
import type { ArchiveToc } from './custom-archive-toc.ts';

export interface JoinedToc extends ArchiveToc {
  /** Dump ids of the data archive whose rows follow, with those that they get. */
  ids: Map<number, number>;
}

/**
 * One table of contents of a schema archive and a data archive of the same snapshot: what comes before rows, the rows, what comes after
 * them. Dump ids of the data archive are shifted beyond those of the schema archive, and what its entries depend on is looked up there,
 * so that a parallel restore waits for the rows of a table before it makes its keys.
 * @throws HoldfastError OBJECT_DAMAGED when they are not of one pg_dump.
 */
export function joinTocs(schema: ArchiveToc, data: ArchiveToc): JoinedToc {
  assertSameFormat(schema, data);
  const known = new KnownEntries(schema.entries);
  const shift = schema.entries.reduce((most, { dumpId }) => Math.max(most, dumpId), 0);
  const ids = new Map<number, number>();
  const added: ArchiveEntry[] = [];
  for (const entry of data.entries) {
    const twin = entry.hasData ? undefined : known.twinOf(entry);
    ids.set(entry.dumpId, twin?.dumpId ?? entry.dumpId + shift);
    if (twin === undefined) added.push(entry);
  }
  const rows = added.map((entry) => ({
    ...entry,
    dumpId: entry.dumpId + shift,
    dependsOn: dependenciesOf(entry, { ids, known }),
  }));
  const after = schema.entries.findIndex(({ section }) => section === SECTION.postData);
  const cut = after < 0 ? schema.entries.length : after;
  return {
    head: schema.head,
    entries: [...schema.entries.slice(0, cut), ...rows, ...schema.entries.slice(cut)],
    ids: idsOfRows(data, ids),
  };
}

/** An archive on its own, joined with nothing. */
export function loneToc(toc: ArchiveToc): JoinedToc {
  return {
    ...toc,
    ids: idsOfRows(toc, new Map(toc.entries.map(({ dumpId }) => [dumpId, dumpId]))),
  };
}

function idsOfRows({ entries }: ArchiveToc, ids: ReadonlyMap<number, number>): Map<number, number> {
  return new Map(
    entries
      .filter(({ hasData }) => hasData)
      .map(({ dumpId }) => [dumpId, ids.get(dumpId) ?? dumpId]),
  );
}

function assertSameFormat({ head }: ArchiveToc, { head: other }: ArchiveToc): void {
  const isSame =
    head.minor === other.minor &&
    head.intSize === other.intSize &&
    head.offsetSize === other.offsetSize &&
    head.compression === other.compression;
  if (!isSame) throw damagedArchive('schema and data were not written by the same pg_dump');
}

interface Known {
  ids: ReadonlyMap<number, number>;
  known: KnownEntries;
}

/** Ids within the data archive are shifted; the one that it lacks is the table or sequence of the schema archive whose rows these are. */
function dependenciesOf(entry: ArchiveEntry, { ids, known }: Known): number[] {
  const within = entry.dependsOn.map((id) => ids.get(id)).filter((id) => id !== undefined);
  const owner = within.length < entry.dependsOn.length ? known.ownerOfRows(entry) : undefined;
  return owner === undefined ? within : [owner.dumpId, ...within];
}

const PG_CLASS = 1259;
const HOLDS_ROWS = new Set(['TABLE', 'FOREIGN TABLE', 'MATERIALIZED VIEW']);

/** Entries of the schema archive, to be found by what they describe. */
class KnownEntries {
  readonly #twins = new Map<string, ArchiveEntry>();
  readonly #tables = new Map<number, ArchiveEntry>();
  readonly #sequences = new Map<string, ArchiveEntry>();

  constructor(entries: readonly ArchiveEntry[]) {
    for (const entry of entries) {
      this.#twins.set(identityOf(entry), entry);
      if (entry.catalogOid === PG_CLASS && HOLDS_ROWS.has(entry.type))
        this.#tables.set(entry.oid, entry);
      if (entry.type === 'SEQUENCE') this.#sequences.set(nameOf(entry), entry);
    }
  }

  /** pg_dump writes some entries into every archive: the encoding, the search path, the database. */
  twinOf(entry: ArchiveEntry): ArchiveEntry | undefined {
    return this.#twins.get(identityOf(entry));
  }

  ownerOfRows(entry: ArchiveEntry): ArchiveEntry | undefined {
    return entry.type === 'SEQUENCE SET'
      ? this.#sequences.get(nameOf(entry))
      : this.#tables.get(entry.oid);
  }
}

function identityOf({ type, catalogOid, oid, schema, tag }: ArchiveEntry): string {
  return JSON.stringify([type, catalogOid, oid, schema, tag]);
}

function nameOf({ schema, tag }: ArchiveEntry): string {
  return JSON.stringify([schema, tag]);
}
