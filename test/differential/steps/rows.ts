import { valueOrNull } from '../values.ts';
import { quote, type Table, type World } from '../world.ts';

/** A few rows for each table, one by one: a row that a check refuses is left out. */
export async function makeRows(world: World): Promise<void> {
  for (const table of world.tables) {
    for (let left = world.random.between(0, 6); left > 0; left -= 1)
      await world.run(insertInto(world, table));
    if (world.random.chance(0.1)) await world.run(`INSERT INTO ${table.of} DEFAULT VALUES`);
  }
}

function insertInto(world: World, table: Table): string {
  const { random } = world;
  const given = table.columns.filter(
    ({ isGenerated, name }) => !isGenerated && !table.key.includes(name),
  );
  const keys = table.isPartitioned
    ? table.columns.filter(({ name }) => table.key.includes(name))
    : [];
  const columns = [...keys, ...given];
  if (columns.length === 0) return `INSERT INTO ${table.of} DEFAULT VALUES`;
  const values = columns.map(({ name, type }) =>
    name === 'part key'
      ? String(random.between(1, 6))
      : valueOrNull(
          world.types.find(({ of }) => of === type),
          random,
        ),
  );
  const names = columns.map(({ name }) => quote(name)).join(', ');
  return `INSERT INTO ${table.of} (${names}) VALUES (${values.join(', ')})`;
}

/** Large objects with owners, grants and comments; one of them is larger than a page of them. */
export async function makeLargeObjects(world: World): Promise<void> {
  const { random } = world;
  for (let left = random.between(0, 3); left > 0; left -= 1) {
    const oid = random.between(100_000, 900_000);
    const bytes = random.pick(["'\\x'", "'\\x00ff5c'", "decode(repeat('00ff', 3000), 'hex')"]);
    if (!(await world.run(`SELECT pg_catalog.lo_from_bytea(${oid}, ${bytes})`))) continue;
    const object = `LARGE OBJECT ${oid}`;
    if (random.chance(0.4)) await world.run(`ALTER ${object} OWNER TO ${world.role()}`);
    if (random.chance(0.4)) await world.run(`GRANT SELECT, UPDATE ON ${object} TO ${world.role()}`);
    if (random.chance(0.4)) await world.run(`COMMENT ON ${object} IS ${world.comment()}`);
  }
}
