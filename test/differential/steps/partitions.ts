import { quote, type Table, type World } from '../world.ts';

/** Partitioned tables by list, range and hash, with partitions below partitions and some that were tables before. */
export async function makePartitionedTables(world: World): Promise<void> {
  for (let left = world.random.between(0, 3); left > 0; left -= 1) {
    const method = world.random.pick(['list', 'range', 'hash'] as const);
    await makePartitioned(world, method);
  }
}

type Method = 'list' | 'range' | 'hash';

const BOUNDS: Record<Method, readonly string[]> = {
  list: ['FOR VALUES IN (1, 2, NULL)', 'FOR VALUES IN (3)', 'FOR VALUES IN (4, 5)', 'DEFAULT'],
  range: [
    'FOR VALUES FROM (MINVALUE) TO (2)',
    'FOR VALUES FROM (2) TO (4)',
    'FOR VALUES FROM (4) TO (MAXVALUE)',
    'DEFAULT',
  ],
  hash: [0, 1, 2].map((rest) => `FOR VALUES WITH (MODULUS 3, REMAINDER ${rest})`),
};

async function makePartitioned(world: World, method: Method): Promise<void> {
  const { random } = world;
  const place = world.place('parted');
  const type = random.pick(world.types);
  const [key, value] = ['part key', world.names.object('value')];
  const body = `${quote(key)} int, ${quote(value)} ${type.of}, n int DEFAULT 1`;
  const by = `PARTITION BY ${method} (${quote(key)})`;
  if (!(await world.run(`CREATE TABLE ${place.of} (${body}) ${by}`))) return;
  const columns = [
    { name: key, type: 'int', isGenerated: false },
    { name: value, type: type.of, isGenerated: false },
    { name: 'n', type: 'int', isGenerated: false },
  ];
  const table: Table = {
    of: place.of,
    schema: place.schema,
    columns,
    isPartitioned: true,
    key: [],
  };
  world.tables.push(table);
  for (const bound of BOUNDS[method])
    if (method === 'hash' || random.chance(0.8)) await makePartition(world, { table, bound });
  if (random.chance(0.5)) await world.run(`CREATE INDEX ON ${place.of} (n, ${quote(key)})`);
  if (random.chance(0.4)) {
    const added = `ALTER TABLE ${place.of} ADD PRIMARY KEY (${quote(key)})`;
    if (await world.run(added)) table.key = [key];
  }
  if (random.chance(0.3)) await world.run(`CREATE INDEX ON ONLY ${place.of} (n)`);
}

async function makePartition(
  world: World,
  { table, bound }: { table: Table; bound: string },
): Promise<void> {
  const { random } = world;
  const place = world.place('part');
  const [key, value] = table.columns.map(({ name }) => quote(name));
  if (random.chance(0.4)) {
    const type = table.columns[1]?.type;
    const columns = `gone text, n int, ${value} ${type}, ${key} int`;
    if (!(await world.run(`CREATE TABLE ${place.of} (${columns})`))) return;
    await world.run(`ALTER TABLE ${place.of} DROP COLUMN gone`);
    await world.run(`ALTER TABLE ${table.of} ATTACH PARTITION ${place.of} ${bound}`);
  } else if (random.chance(0.3)) {
    const below = `PARTITION BY hash (${key})`;
    if (!(await world.run(`CREATE TABLE ${place.of} PARTITION OF ${table.of} ${bound} ${below}`)))
      return;
    const leaf = world.place('leaf');
    await world.run(
      `CREATE TABLE ${leaf.of} PARTITION OF ${place.of} FOR VALUES WITH (MODULUS 1, REMAINDER 0)`,
    );
  } else {
    const own = random.maybe(0.3, ' (n DEFAULT 2)');
    await world.run(`CREATE TABLE ${place.of} PARTITION OF ${table.of}${own} ${bound}`);
  }
  if (random.chance(0.2)) await world.run(`ALTER TABLE ${place.of} OWNER TO ${world.role()}`);
}
