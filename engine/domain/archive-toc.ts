/** One line of `pg_restore --list --verbose`. */
export interface TocEntry {
  dumpId: number;
  /** Oid of the catalog that describes the object (1259 is pg_class); 0 for rows. */
  catalogOid: number;
  oid: number;
  /** `TABLE`, `FK CONSTRAINT`, `TABLE DATA`, ... */
  type: string;
  /** Schema, name and owner as the line shows them; ambiguous where a name holds spaces. */
  rest: string;
  dependsOn: number[];
  line: string;
}

/** Types of more than one word, longest first, as src/bin/pg_dump/pg_dump.c writes them. */
const LONG_TYPES = [
  'TEXT SEARCH CONFIGURATION',
  'TEXT SEARCH DICTIONARY',
  'TEXT SEARCH TEMPLATE',
  'PUBLICATION TABLES IN SCHEMA',
  'FOREIGN DATA WRAPPER',
  'MATERIALIZED VIEW DATA',
  'TEXT SEARCH PARSER',
  'DATABASE PROPERTIES',
  'SUBSCRIPTION TABLE',
  'PROCEDURAL LANGUAGE',
  'STATISTICS DATA',
  'MATERIALIZED VIEW',
  'SEQUENCE OWNED BY',
  'PUBLICATION TABLE',
  'CHECK CONSTRAINT',
  'OPERATOR FAMILY',
  'OPERATOR CLASS',
  'SECURITY LABEL',
  'FK CONSTRAINT',
  'FOREIGN TABLE',
  'ACCESS METHOD',
  'EVENT TRIGGER',
  'BLOB METADATA',
  'BLOB COMMENTS',
  'SHELL TYPE',
  'USER MAPPING',
  'TABLE ATTACH',
  'INDEX ATTACH',
  'ROW SECURITY',
  'SEQUENCE SET',
  'DEFAULT ACL',
  'TABLE DATA',
].sort((one, other) => other.length - one.length);

/** The table of contents of an archive. Lines of other kinds are passed over. */
export function parseToc(text: string): TocEntry[] {
  const entries: TocEntry[] = [];
  for (const line of text.split('\n')) {
    const dependencies = /^;\tdepends on: ([\d ]+)$/.exec(line)?.[1];
    if (dependencies !== undefined)
      entries.at(-1)?.dependsOn.push(...dependencies.trim().split(/ +/).map(Number));
    const match = /^(\d+); (\d+) (\d+) (.+)$/.exec(line);
    if (match === null) continue;
    const [, dumpId, catalogOid, oid, description = ''] = match;
    const type =
      LONG_TYPES.find((candidate) => description.startsWith(`${candidate} `)) ??
      description.split(' ')[0] ??
      '';
    entries.push({
      dumpId: Number(dumpId),
      catalogOid: Number(catalogOid),
      oid: Number(oid),
      type,
      rest: description.slice(type.length + 1),
      dependsOn: [],
      line,
    });
  }
  return entries;
}

/** The text that `pg_restore --use-list` takes. */
export function formatToc(entries: readonly TocEntry[]): string {
  return `${entries.map(({ line }) => line).join('\n')}\n`;
}

/** A table, by which entries are chosen. */
export interface TocTable {
  schema: string;
  name: string;
  oid: number;
}
