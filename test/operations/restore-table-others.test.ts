import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { quoteIdentifier, quoteTable, type TableName } from '../../engine/domain/table-name.ts';
import { makeDatabase, type TestDatabase } from '../fixtures/database.ts';
import { makeWorkspace, type Workspace } from '../fixtures/holdfast.ts';
import { backUp } from '../fixtures/set.ts';

/** Schema and name of these are one text when they are joined by a space. */
const ALIKE: TableName[] = [
  { schema: 'x', name: 'y z t' },
  { schema: 'x y', name: 'z t' },
  { schema: 'x y z', name: 't' },
];
const SEED = 20_261_130;
const HOSTILE = fc.string({
  unit: fc.constantFrom('x', 'y', ' ', '.', '"', "'", '\n', 'é', '%', '\\', ';', '(', 't'),
  minLength: 1,
  maxLength: 9,
});
const RANDOM = fc.sample(fc.record({ schema: HOSTILE, name: HOSTILE }), {
  seed: SEED,
  numRuns: 5,
});
const TABLES = [...ALIKE, ...RANDOM.map(({ schema, name }) => ({ schema: `x ${schema}`, name }))];

/** A table that depends on the one before it in every way in which a table can. */
function sqlOf(table: TableName, before: TableName | undefined): string {
  const own = quoteTable(table);
  const literal = (text: string) => `'${text.replaceAll("'", "''")}'`;
  const make = `CREATE SCHEMA IF NOT EXISTS ${quoteIdentifier(table.schema)};
    CREATE TABLE ${own} (id serial PRIMARY KEY, other int, far int, "a ON b" text DEFAULT E'x\\n)');
    INSERT INTO ${own} (other) SELECT g FROM generate_series(1, 5) g;
    COMMENT ON TABLE ${own} IS ${literal(table.name)}; GRANT SELECT ON ${own} TO PUBLIC;
    ALTER PUBLICATION everything ADD TABLE ${own};
    CREATE TRIGGER "y ON z" AFTER UPDATE OF "a ON b" ON ${own} FOR EACH ROW EXECUTE FUNCTION quiet();`;
  if (before === undefined) return make;
  const other = quoteTable(before);
  return `${make}
    ALTER TABLE ${own} ADD CONSTRAINT "t y" FOREIGN KEY (other) REFERENCES ${other};
    CREATE POLICY "y t" ON ${own} USING (EXISTS (SELECT FROM ${other}));
    CREATE RULE "z t" AS ON DELETE TO ${own} WHERE OLD.id < 0 DO ALSO DELETE FROM ${other} WHERE id < 0;
    ALTER TABLE ${own} ALTER far
      SET DEFAULT nextval(pg_get_serial_sequence(${literal(other)}, 'id')::regclass);
    CREATE CONSTRAINT TRIGGER "far t" AFTER INSERT ON ${own} FROM ${other}
      FOR EACH ROW EXECUTE FUNCTION quiet();
    CREATE VIEW ${quoteTable({ ...table, name: `${table.name} v` })} AS
      SELECT o.id, o.other FROM ${other} o GROUP BY o.id;`;
}

describe(`restore --table among tables with hostile names (seed ${SEED})`, () => {
  let database: TestDatabase;
  let workspace: Workspace;
  let id: string;
  /** What pg_dump says about each table and what belongs to it. */
  const definitions = new Map<TableName, string[]>();

  beforeAll(async () => {
    database = await makeDatabase({
      sql: `CREATE PUBLICATION everything;
        CREATE FUNCTION quiet() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'`,
    });
    for (const [index, table] of TABLES.entries())
      await database.query(sqlOf(table, TABLES[index - 1]));
    for (const table of TABLES) definitions.set(table, definitionOf(database, table));
    workspace = await makeWorkspace({ databaseUrl: database.url });
    id = await backUp(workspace);
    for (const table of TABLES) {
      await database.query(`INSERT INTO ${quoteTable(table)} (id) SELECT nextval(
        pg_get_serial_sequence('${quoteTable(table).replaceAll("'", "''")}', 'id')::regclass)
        FROM generate_series(1, 20)`);
    }
  });
  afterAll(async () => {
    await workspace.remove();
    await database.drop();
  });

  it.each(TABLES)('changes nothing but its table and what belongs to it (%j)', async (table) => {
    const own = quoteTable(table);
    const [{ sequence = '' } = {}] = await database.query<{ sequence: string }>(
      "SELECT pg_get_serial_sequence($1, 'id') AS sequence",
      [own],
    );
    const others = () => dumpWithout(database, [own, sequence]);
    await database.query(`DROP TABLE ${own} CASCADE`);
    const before = others();
    const restored = await workspace.run([
      ...['restore', id, '--to', database.url, '--json', '--table', own],
    ]);
    expect(restored).toMatchObject({ status: 0 });
    expect(others()).toEqual(before);
    expect(definitionOf(database, table)).toEqual(definitions.get(table));
    expect(
      await database.query(
        `SELECT (SELECT count(*)::int FROM ${own}) AS rows, last_value::int AS last FROM ${sequence}`,
      ),
    ).toEqual([{ rows: 5, last: 5 }]);
  });
});

function definitionOf(database: TestDatabase, table: TableName): string[] {
  return dump(database, ['--schema-only', `--table=${quoteTable(table)}`]);
}

/** The plain dump of everything but one table and its sequence. */
function dumpWithout(database: TestDatabase, left: readonly string[]): string[] {
  return dump(
    database,
    left.map((one) => `--exclude-table=${one}`),
  );
}

function dump({ name, host }: TestDatabase, args: readonly string[]): string[] {
  const { tools } = inject('postgres');
  const text = execFileSync(join(tools.directory, 'pg_dump'), [
    ...args,
    `--dbname=host=${host} user=holdfast_drill dbname=${name}`,
  ]);
  return text
    .toString('latin1')
    .split('\n')
    .filter((line) => !/^\\(un)?restrict /.test(line));
}
