import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type pg from 'pg';
import { quoteIdentifier } from '../../../engine/domain/table-name.ts';

/** One row, as Django's `dumpdata` writes it. */
interface FixtureRow {
  pk: number;
  /** `application.model`. */
  model: string;
  fields: Record<string, unknown>;
}

/** Fields that the database calls otherwise than the model does, in small letters. */
type Columns = ReadonlyMap<string, string>;

/** Makes Chinook's tables and fills them. @returns how many rows each table got. */
export async function loadChinook(client: pg.Client, file: string): Promise<Map<string, number>> {
  await client.query(await readFile(join(import.meta.dirname, 'schema.sql'), 'utf8'));
  const rows = JSON.parse(await readFile(file, 'utf8')) as FixtureRow[];
  const byTable = Map.groupBy(rows, ({ model }) => model.replace('.', '_'));
  await client.query('BEGIN');
  for (const [table, own] of byTable) await fill(client, { table, rows: own });
  await client.query('COMMIT');
  return new Map([...byTable].map(([table, own]) => [table, own.length]));
}

async function fill(
  client: pg.Client,
  { table, rows }: { table: string; rows: FixtureRow[] },
): Promise<void> {
  const columns = await columnsOf(client, table);
  const records = rows.map(({ pk, fields }) => ({
    id: pk,
    ...Object.fromEntries(
      Object.entries(fields).map(([field, value]) => [columnOf(field, columns), value]),
    ),
  }));
  const name = quoteIdentifier(table);
  await client.query(
    `INSERT INTO ${name} SELECT * FROM json_populate_recordset(NULL::${name}, $1)`,
    [JSON.stringify(records)],
  );
  await client.query(
    `SELECT setval(pg_get_serial_sequence($1, 'id'), (SELECT max(id) FROM ${name}))`,
    [name],
  );
}

async function columnsOf(client: pg.Client, table: string): Promise<Columns> {
  const { rows } = await client.query<{ name: string }>(
    `SELECT attname AS name FROM pg_attribute
     WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped`,
    [table],
  );
  return new Map(rows.map(({ name }) => [name.toLowerCase(), name]));
}

/** A foreign key has the name of the model's field and `_id`. */
function columnOf(field: string, columns: Columns): string {
  const column = columns.get(field) ?? columns.get(`${field}_id`);
  if (column === undefined) throw new Error(`no column holds the field ${field}`);
  return column;
}
