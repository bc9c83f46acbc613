import { literal, quote, type World } from '../world.ts';

/** Tables that dumps treat in a way of their own. */
export async function makeOddTables(world: World): Promise<void> {
  const makers = [
    makeHashByEnum,
    makeTypedTable,
    makeWideTable,
    makeNoColumns,
    makeTableOfMethod,
    makeExpressionPartitions,
    makeNamedNotNull,
    makeAttachedChild,
    makeSharedSequence,
    makeTemporalKey,
  ];
  for (let left = world.random.between(1, 5); left > 0; left -= 1)
    await world.random.pick(makers)(world);
}

/** The hash of an enum's value depends on its oid: after a restore its row may be in another partition. */
async function makeHashByEnum(world: World): Promise<void> {
  const [type, table] = [world.place('mood'), world.place('hashed')];
  const labels = Array.from({ length: 9 }, (_, number) => `'label ${number}'`);
  await world.run(`CREATE TYPE ${type.of} AS ENUM (${labels.join(', ')})`);
  await world.run(
    `CREATE TABLE ${table.of} (m ${type.of}, n int) PARTITION BY hash (m${world.random.maybe(0.3, ', n')})`,
  );
  for (const rest of [0, 1, 2]) {
    const part = world.place('hash_part');
    const isMade = await world.run(
      `CREATE TABLE ${part.of} PARTITION OF ${table.of} FOR VALUES WITH (MODULUS 3, REMAINDER ${rest})`,
    );
    // Without one of its partitions it takes other rows after each restore.
    if (!isMade) {
      await world.run(`DROP TABLE ${table.of}`);
      return;
    }
  }
  world.rowsMayMove = true;
  for (const label of labels) await world.run(`INSERT INTO ${table.of} VALUES (${label}, 1)`);
}

async function makeTypedTable(world: World): Promise<void> {
  const [type, table] = [world.place('row_type'), world.place('typed')];
  await world.run(`CREATE TYPE ${type.of} AS (a int, "b c" text)`);
  await world.run(
    `CREATE TABLE ${table.of} OF ${type.of} (a WITH OPTIONS PRIMARY KEY, "b c" WITH OPTIONS DEFAULT 'x')`,
  );
  await world.run(`INSERT INTO ${table.of} VALUES (1, ${literal('\\.')}), (2, DEFAULT)`);
}

async function makeWideTable(world: World): Promise<void> {
  const { of } = world.place('wide');
  const columns = Array.from({ length: 400 }, (_, number) => `c${number} int DEFAULT ${number}`);
  await world.run(`CREATE TABLE ${of} (${columns.join(', ')})`);
  await world.run(`INSERT INTO ${of} (c7) VALUES (1), (NULL)`);
  for (const number of [3, 9, 399]) await world.run(`ALTER TABLE ${of} DROP COLUMN c${number}`);
}

async function makeNoColumns(world: World): Promise<void> {
  const { of } = world.place('nothing');
  await world.run(`CREATE TABLE ${of} ()`);
  await world.run(`INSERT INTO ${of} DEFAULT VALUES`);
  await world.run(`INSERT INTO ${of} DEFAULT VALUES`);
}

async function makeTableOfMethod(world: World): Promise<void> {
  const { of } = world.place('heaped');
  const method = quote(world.names.object('method'));
  await world.run(`CREATE ACCESS METHOD ${method} TYPE TABLE HANDLER heap_tableam_handler`);
  await world.run(`CREATE TABLE ${of} (a int) USING ${method}`);
  await world.run(`INSERT INTO ${of} SELECT generate_series(1, 300)`);
  await world.run(`COMMENT ON ACCESS METHOD ${method} IS ${world.comment()}`);
}

async function makeExpressionPartitions(world: World): Promise<void> {
  const { of } = world.place('by_expression');
  const [early, late] = [world.place('early'), world.place('late')];
  await world.run(
    `CREATE TABLE ${of} (a text COLLATE "C", b int NOT NULL) PARTITION BY RANGE (lower(a), (b + 1))`,
  );
  await world.run(
    `CREATE TABLE ${early.of} PARTITION OF ${of} FOR VALUES FROM (MINVALUE, MINVALUE) TO ('m', 0)`,
  );
  await world.run(
    `CREATE TABLE ${late.of} PARTITION OF ${of} FOR VALUES FROM ('m', 0) TO (MAXVALUE, MAXVALUE)`,
  );
  await world.run(`INSERT INTO ${of} VALUES ('A', 1), ('z', 2), (${literal("o'\\")}, 3)`);
  await world.run(`ALTER TABLE ${early.of} ADD CHECK (b < 100)`);
  if (world.random.chance(0.4))
    await world.run(`ALTER TABLE ${of} DETACH PARTITION ${world.random.pick([early, late]).of}`);
}

/** NOT NULL by name, not passed on or not valid: from 18 on, a constraint as others are. */
async function makeNamedNotNull(world: World): Promise<void> {
  const [table, child] = [world.place('not_null'), world.place('not_null_child')];
  const name = quote(world.names.object('nn'));
  if (world.major < 18) {
    await world.run(`CREATE TABLE ${table.of} (a int NOT NULL, b int)`);
    await world.run(`CREATE TABLE ${child.of} (b int NOT NULL) INHERITS (${table.of})`);
    return;
  }
  await world.run(
    `CREATE TABLE ${table.of} (a int CONSTRAINT ${name} NOT NULL NO INHERIT, b int, c int CHECK (c > 0) NOT ENFORCED)`,
  );
  await world.run(`INSERT INTO ${table.of} VALUES (1, NULL, -1)`);
  await world.run(`CREATE TABLE ${child.of} () INHERITS (${table.of})`);
  await world.run(`INSERT INTO ${child.of} VALUES (NULL, NULL, NULL)`);
  await world.run(`ALTER TABLE ${table.of} ADD CONSTRAINT "late nn" NOT NULL b NOT VALID`);
  await world.run(`COMMENT ON CONSTRAINT "late nn" ON ${table.of} IS ${world.comment()}`);
}

async function makeAttachedChild(world: World): Promise<void> {
  const [parent, child] = [world.place('parent'), world.place('attached')];
  await world.run(`CREATE TABLE ${parent.of} (a int DEFAULT 1, b text, CHECK (a > 0))`);
  await world.run(`CREATE TABLE ${child.of} (b text, z int, a int DEFAULT 2, CHECK (a > 0))`);
  await world.run(`ALTER TABLE ${child.of} INHERIT ${parent.of}`);
  await world.run(`INSERT INTO ${child.of} VALUES ('x', 1, 2)`);
  if (world.random.chance(0.3)) await world.run(`ALTER TABLE ${child.of} NO INHERIT ${parent.of}`);
}

/** A sequence of one table that the default of another one calls. */
async function makeSharedSequence(world: World): Promise<void> {
  const [one, other] = [world.place('owner_of_seq'), world.place('user_of_seq')];
  await world.run(`CREATE TABLE ${one.of} (id serial, v int)`);
  const [row] = await world
    .rows(`SELECT pg_get_serial_sequence(${literal(one.of)}, 'id') AS sequence`)
    .catch(() => []);
  if (typeof row?.sequence !== 'string') return;
  const call = `nextval(${literal(row.sequence)})`;
  await world.run(`CREATE TABLE ${other.of} (id bigint DEFAULT ${call}, t text DEFAULT 'a;b')`);
  await world.run(`INSERT INTO ${other.of} DEFAULT VALUES`);
  await world.run(`ALTER SEQUENCE ${row.sequence} RENAME TO "seq renamed"`);
  if (world.major >= 15) {
    const unlogged = world.place('unlogged_seq');
    await world.run(`CREATE UNLOGGED SEQUENCE ${unlogged.of}`);
    await world.run(`SELECT nextval(${literal(unlogged.of)})`);
  }
}

/** 18: keys without overlaps and foreign keys over periods. */
async function makeTemporalKey(world: World): Promise<void> {
  if (world.major < 18 || !world.extensions.includes('btree_gist')) return;
  const [one, other] = [world.place('temporal'), world.place('temporal_fk')];
  await world.run(
    `CREATE TABLE ${one.of} (id int, valid int4range, PRIMARY KEY (id, valid WITHOUT OVERLAPS))`,
  );
  await world.run(
    `CREATE TABLE ${other.of} (id int, valid int4range, FOREIGN KEY (id, PERIOD valid) REFERENCES ${one.of} (id, PERIOD valid))`,
  );
  await world.run(`INSERT INTO ${one.of} VALUES (1, '[1,5)'), (1, '[5,9)')`);
  await world.run(`INSERT INTO ${other.of} VALUES (1, '[3,7)')`);
}
