import { isUtf8 } from 'node:buffer';
import type pg from 'pg';
import type { Cluster, Clusters } from './clusters.ts';
import { dumpDatabase, dumpRoles } from './programs.ts';
import { inStableOrder } from './stable-order.ts';

export interface Restored extends Clusters {
  /** Whether pg_restore itself refused something, so that Holdfast may have more of the source. */
  isPlainPartial?: boolean;
  database: string;
  /** Whether rows may lie in other partitions: those hashed by an enum, whose values have new oids. */
  rowsMayMove: boolean;
}

/** How two clusters differ, as lines that a person reads; nothing where they are alike. */
export async function differences({
  ours,
  theirs,
  source,
  isPlainPartial = false,
  database,
  rowsMayMove,
}: Restored): Promise<string[]> {
  const unreadable = unreadableComments(await dumpRoles(source));
  const [ourRoles, theirRoles] = [await dumpRoles(ours), await dumpRoles(theirs)].map((roles) =>
    roleLines(roles).filter((line) => !unreadable.has(subjectOf(line))),
  );
  const [ourDump, theirDump] = [
    await dumpDatabase(ours, database),
    await dumpDatabase(theirs, database),
  ].map(dumpLines);
  const whole = isPlainPartial ? dumpLines(await dumpDatabase(source, database)) : [];
  const [ourFacts, theirFacts] = [await factsOf(ours, database), await factsOf(theirs, database)];
  const wholeFacts = isPlainPartial ? await factsOf(source, database) : [];
  return [
    ...differ('roles', ourRoles, theirRoles),
    ...differ('dump', ourDump, theirDump, whole).filter(
      (line) => !rowsMayMove || !line.includes(MOVED),
    ),
    ...differ('facts', ourFacts, theirFacts, wholeFacts),
  ];
}

const MOVED = 'the same lines in another order';

/** Without what is random in every dump. */
function dumpLines(text: string): string[] {
  const lines = text.split('\n').filter((line) => !/^\\(un)?restrict /.test(line));
  return inStableOrder(lines);
}

/** Roles may come back without LOGIN, their grants from another grantor; tablespaces belong to a machine. */
function roleLines(text: string): string[] {
  return dumpLines(text)
    .filter((line) => line !== '' && !/^--|TABLESPACE/.test(line))
    .map((line) => line.replace(/ (NO)?LOGIN\b/, '').replace(/ GRANTED BY .*;$/, ';'))
    .sort();
}

/**
 * The comments on roles that pg_dumpall reads from a database of UTF8 as bytes of another encoding,
 * the one of the database in which they were made: psql refuses to run such a line, so pg_dumpall
 * and psql lose the comment. Holdfast reads roles through the database that it backs up.
 */
function unreadableComments(roles: string): Set<string> {
  const lines = roles.split('\n').filter((line) => !isUtf8(Buffer.from(line, 'latin1')));
  return new Set(lines.map(subjectOf).filter((subject) => subject !== ''));
}

/** `COMMENT ON ROLE "a b"` of the line of a comment on a role. */
function subjectOf(line: string): string {
  return /^COMMENT ON ROLE (?:"(?:[^"]|"")*"|\S+)/.exec(line)?.[0] ?? '';
}

/** @param source where pg_restore failed at something: what it should have brought back. */
function differ(
  what: string,
  ours: string[] = [],
  theirs: string[] = [],
  source: string[] = [],
): string[] {
  if (ours.join('\n') === theirs.join('\n')) return [];
  const only = (some: string[], others: string[]) => {
    const counts = Map.groupBy(others, (line) => line);
    return some.filter((line) => counts.get(line)?.pop() === undefined);
  };
  const cut = (line: string) => (line.length > 300 ? `${line.slice(0, 300)} …` : line);
  const added = only(only(ours, theirs), source).map(
    (line) => `${what}: only Holdfast: ${cut(line)}`,
  );
  const isRight = (line: string) => source.length === 0 || source.includes(line);
  const lost = only(theirs, ours)
    .filter(isRight)
    .map((line) => `${what}: only pg_restore: ${cut(line)}`);
  const lines = [...lost.slice(0, 15), ...added.slice(0, 15)];
  if (lines.length === 0 && source.length > 0) return [];
  if (lines.length > 0) return lines;
  const first = ours.findIndex((line, index) => line !== theirs[index]);
  return [`${what}: ${MOVED}, first ${cut(ours[first] ?? '')} and ${cut(theirs[first] ?? '')}`];
}

/** What a dump leaves out: values that are computed, and marks of the catalog. */
async function factsOf(cluster: Cluster, database: string): Promise<string[]> {
  const client = await cluster.connect(database);
  try {
    const relations = await textsOf(client, RELATIONS);
    const values: string[] = [];
    for (const of of relations) values.push(`${of}: ${await fingerprint(client, of)}`);
    const catalog: string[] = [];
    for (const query of CATALOG) catalog.push(...(await textsOf(client, query)));
    return [...values, ...catalog];
  } finally {
    await client.end();
  }
}

async function fingerprint(client: pg.Client, of: string): Promise<string> {
  const all = `SELECT count(*) || ' rows, ' || COALESCE(md5(string_agg(row, ',' ORDER BY row COLLATE "C")), '')
    FROM (SELECT t::text AS row FROM ${of} t) rows`;
  return textsOf(client, all).then(
    ([line = '']) => line,
    (error: Error) => error.message,
  );
}

async function textsOf(client: pg.Client, query: string): Promise<string[]> {
  const { rows } = await client.query<string[]>({ text: query, rowMode: 'array' });
  return rows.map((row) => row.map(String).join(' | ')).sort();
}

const USER = `n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'`;

/** A partitioned table as a whole: the hash of an enum's value moves rows from partition to partition. */
const RELATIONS = `SELECT format('%s%I.%I', CASE c.relkind WHEN 'p' THEN '' ELSE 'ONLY ' END, n.nspname, c.relname)
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'p', 'm', 'S') AND NOT c.relispartition AND ${USER}
    AND (c.relkind <> 'm' OR c.relispopulated)`;

const CATALOG = [
  `SELECT n.nspname, c.relname, c.relkind, c.relpersistence, c.relispopulated, c.relreplident,
     c.relrowsecurity, c.relforcerowsecurity, c.relhastriggers, c.reloptions::text
   FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
   WHERE ${USER}`,
  `SELECT i.indexrelid::regclass::text, i.indisvalid, i.indisready, i.indisclustered, i.indisreplident
   FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_namespace n ON n.oid = c.relnamespace
   WHERE ${USER}`,
  // The keys that the partitions of a table are referred to by get names as they are made.
  `SELECT c.conrelid::regclass::text,
     CASE WHEN c.contype = 'f' AND c.conparentid <> 0 THEN 'of a parent' ELSE c.conname END,
     c.convalidated, c.condeferrable, c.condeferred
   FROM pg_constraint c JOIN pg_namespace n ON n.oid = c.connamespace
   WHERE ${USER}`,
  `SELECT t.tgrelid::regclass::text, t.tgname, t.tgenabled FROM pg_trigger t
   WHERE NOT t.tgisinternal`,
  `SELECT m.oid, md5(lo_get(m.oid)), pg_get_userbyid(m.lomowner), m.lomacl::text
   FROM pg_largeobject_metadata m`,
  `SELECT e.extname, n.nspname, e.extversion FROM pg_extension e
   JOIN pg_namespace n ON n.oid = e.extnamespace`,
  `SELECT pubname, pg_get_userbyid(pubowner), puballtables FROM pg_publication`,
  `SELECT datname, pg_encoding_to_char(encoding), datcollate, datctype, datconnlimit,
     datistemplate, datallowconn, pg_get_userbyid(datdba)
   FROM pg_database WHERE datname = current_database()`,
];
