import { quote, type Table, type World } from '../world.ts';

/** Foreign keys of every kind, checks, unique and exclusion constraints, indexes, statistics. */
export async function makeConstraints(world: World): Promise<void> {
  const { random } = world;
  for (const table of world.tables) {
    if (random.chance(0.5)) await makeIndex(world, table);
    if (random.chance(0.4)) await makeForeignKey(world, table);
    if (random.chance(0.3)) await makeCheck(world, table);
    if (random.chance(0.2)) await makeExclusion(world, table);
    if (random.chance(0.2)) await makeStatistics(world, table);
  }
  await makeCircle(world);
}

async function makeForeignKey(world: World, table: Table): Promise<void> {
  const { random } = world;
  const target = world.table(({ key }) => key.length === 1);
  const own = table.columns.find(({ type }) => type === 'int') ?? table.columns[0];
  if (target === undefined || own === undefined) return;
  const name = quote(world.names.object('fk'));
  const action = random.maybe(
    0.4,
    ` ON DELETE ${random.pick(['CASCADE', 'SET NULL', 'SET DEFAULT'])}`,
  );
  const timing = random.pick([
    '',
    ' DEFERRABLE',
    ' DEFERRABLE INITIALLY DEFERRED',
    ' NOT VALID',
    ' NOT VALID',
  ]);
  const match = random.maybe(0.2, ' MATCH FULL');
  const sql = `ALTER TABLE ${table.of} ADD CONSTRAINT ${name} FOREIGN KEY (${quote(own.name)})
    REFERENCES ${target.of}${match}${action}${timing}`;
  const made = await world.run(sql);
  if (made && random.chance(0.3))
    await world.run(`COMMENT ON CONSTRAINT ${name} ON ${table.of} IS ${world.comment()}`);
}

/** Two tables that need each other. */
async function makeCircle(world: World): Promise<void> {
  const keyed = world.tables.filter(({ key, isPartitioned }) => key.length === 1 && !isPartitioned);
  const [one, other] = world.random.sample(keyed, 2);
  if (one === undefined || other === undefined || world.random.chance(0.4)) return;
  for (const [from, to] of [
    [one, other],
    [other, one],
  ] as const)
    await world.run(`ALTER TABLE ${from.of} ADD COLUMN "circle to" int REFERENCES ${to.of}`);
}

async function makeCheck(world: World, table: Table): Promise<void> {
  const { random } = world;
  const column = quote(random.pick(table.columns).name);
  const name = quote(world.names.object('check'));
  const call = world.intFunctions[0] === undefined ? '1' : `${world.intFunctions[0]}(1)`;
  const what = random.pick([`${column} IS NOT NULL`, `${call} > 0 OR ${column} IS NULL`, 'false']);
  await world.run(`ALTER TABLE ${table.of} ADD CONSTRAINT ${name} CHECK (${what}) NOT VALID`);
}

async function makeExclusion(world: World, table: Table): Promise<void> {
  const range = table.columns.find(({ type }) => type === 'int4range' || type === 'tstzrange');
  if (range === undefined) return;
  const sql = `EXCLUDE USING gist (${quote(range.name)} WITH &&) WHERE (${quote(range.name)} IS NULL)`;
  await world.run(`ALTER TABLE ${table.of} ADD ${sql} DEFERRABLE`);
}

async function makeIndex(world: World, table: Table): Promise<void> {
  const { random } = world;
  const sortable = table.columns.filter(({ type }) =>
    world.types.some(({ of, isSortable }) => of === type && isSortable),
  );
  if (sortable.length === 0) return;
  const name = world.names.object('index');
  const column = quote(random.pick(sortable).name);
  const call = world.intFunctions[0];
  const key =
    call !== undefined && random.chance(0.3) ? `${call}(length(${column}::text))` : column;
  const only = random.pick(['', '', ` WHERE ${column} IS NULL`, ' WITH (fillfactor = 60)']);
  const order = random.pick(['', ' DESC NULLS LAST', ' NULLS FIRST']);
  const unique = random.maybe(0.2, 'UNIQUE ');
  const made = await world.run(
    `CREATE ${unique}INDEX ${quote(name)} ON ${table.of} (${key}${order})${only}`,
  );
  if (!made) return;
  const of = `${quote(table.schema)}.${quote(name)}`;
  if (random.chance(0.2)) await world.run(`COMMENT ON INDEX ${of} IS ${world.comment()}`);
  if (random.chance(0.2)) await world.run(`ALTER TABLE ${table.of} CLUSTER ON ${quote(name)}`);
  if (random.chance(0.2)) await world.run(`ALTER INDEX ${of} ALTER COLUMN 1 SET STATISTICS 44`);
  if (random.chance(0.1))
    await world.run(`ALTER TABLE ${table.of} REPLICA IDENTITY USING INDEX ${quote(name)}`);
}

async function makeStatistics(world: World, table: Table): Promise<void> {
  const { of } = world.place('stat');
  const columns = world.random.sample(table.columns, 2).map(({ name }) => quote(name));
  const kinds = world.random.pick(['', '(ndistinct)', '(dependencies, mcv)']);
  if (
    !(await world.run(`CREATE STATISTICS ${of} ${kinds} ON ${columns.join(', ')} FROM ${table.of}`))
  )
    return;
  if (world.random.chance(0.5)) await world.run(`ALTER STATISTICS ${of} SET STATISTICS 55`);
  if (world.random.chance(0.3))
    await world.run(`COMMENT ON STATISTICS ${of} IS ${world.comment()}`);
}
