import { parseTableName, type TableName } from './table-name.ts';

/** What is needed of a table to find it by its name and with its partitions. */
export interface TableInTree extends TableName {
  oid: number;
  partitionOf?: number | undefined;
}

export interface FoundTables<T> {
  /** The named tables with their partitions, in the order of all tables. */
  tables: T[];
  /** Names without a table. */
  missing: string[];
  /** Names that two tables have: a table whose name has a dot, and one in a schema. */
  ambiguous: { name: string; tables: T[] }[];
}

/**
 * The tables that people named, each with its partitions.
 * A name is looked up as it stands, then with its parts unquoted, then in lower case; in the schema public first.
 */
export function findNamedTables<T extends TableInTree>(
  tables: readonly T[],
  names: readonly string[],
): FoundTables<T> {
  const found = names.map((name) => ({ name, table: findTable(tables, name) }));
  const chosen = new Set<number>();
  for (const { table } of found)
    if (table !== undefined) addWithPartitions(table.oid, tables, chosen);
  return {
    tables: tables.filter(({ oid }) => chosen.has(oid)),
    missing: found.filter(({ table }) => table === undefined).map(({ name }) => name),
    ambiguous: names.flatMap((name) => {
      const both = tablesNamed(tables, name);
      return both.length > 1 ? [{ name, tables: both }] : [];
    }),
  };
}

function addWithPartitions(oid: number, tables: readonly TableInTree[], chosen: Set<number>): void {
  chosen.add(oid);
  for (const child of tables)
    if (child.partitionOf === oid) addWithPartitions(child.oid, tables, chosen);
}

/** The table that has a text as its name, and the one that has its parts as schema and name. */
function tablesNamed<T extends TableInTree>(tables: readonly T[], text: string): T[] {
  const parsed = parseTableName(text);
  const readings = [{ name: text }, ...(parsed === undefined ? [] : [parsed])];
  const found = readings.flatMap((reading) => matchOf(tables, reading) ?? []);
  return [...new Set(found)];
}

function findTable<T extends TableName>(tables: readonly T[], text: string): T | undefined {
  const parsed = parseTableName(text);
  const lower = parseTableName(text.toLowerCase());
  const attempts = [
    { name: text },
    ...(parsed === undefined ? [] : [parsed]),
    ...(lower === undefined || text.includes('"') ? [] : [lower]),
  ];
  for (const attempt of attempts) {
    const match = matchOf(tables, attempt);
    if (match !== undefined) return match;
  }
  return undefined;
}

function matchOf<T extends TableName>(
  tables: readonly T[],
  { name, schema }: { name: string; schema?: string | undefined },
): T | undefined {
  const matches = tables.filter(
    (table) => table.name === name && (schema === undefined || table.schema === schema),
  );
  const inPublic = matches.find((table) => table.schema === 'public');
  return inPublic ?? (matches.length === 1 ? matches[0] : undefined);
}
