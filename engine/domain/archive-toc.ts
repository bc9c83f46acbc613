/**
 * One entry of the table of contents of an archive, as pg_dump wrote it. Texts are decoded without
 * loss (see decodeBytes), so two of them are equal exactly when their bytes are.
 */
export interface TocEntry {
  dumpId: number;
  /** Oid of the catalog that describes the object (1259 is pg_class); 0 for rows. */
  catalogOid: number;
  /** Oid of the object there; of rows the oid of their table. */
  oid: number;
  /** `TABLE`, `FK CONSTRAINT`, `TABLE DATA`, ... */
  type: string;
  /** Empty where the object has no schema. */
  schema: string;
  /**
   * The name of the object for people. Of what belongs to a table it may be the table's name, a
   * space and its own name, which says nothing certain: nothing is decided by it.
   */
  tag: string;
  owner: string;
  /** The SQL that makes the object. */
  definition: string;
  dependsOn: number[];
}

/** The text that `pg_restore --use-list` takes: it reads the dump id of a line and no more. */
export function formatToc(entries: readonly Pick<TocEntry, 'dumpId'>[]): string {
  return entries.map(({ dumpId }) => `${dumpId};\n`).join('');
}

/** A table, by which entries are chosen. */
export interface TocTable {
  schema: string;
  name: string;
  oid: number;
}
