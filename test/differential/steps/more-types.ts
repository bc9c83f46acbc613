import { literal, quote, type World } from '../world.ts';

/** Types that lean on functions, tables and each other. */
export async function makeMoreTypes(world: World): Promise<void> {
  const makers = [
    makeDomainOverFunction,
    makeDomainOfArray,
    makeTypeOfTable,
    makeRangeOfOwn,
    makeAlteredType,
    makeHashedType,
  ];
  for (let left = world.random.between(1, 5); left > 0; left -= 1)
    await world.random.pick(makers)(world);
}

/** The function reads a table, so a restore must have both before the domain's rows. */
async function makeDomainOverFunction(world: World): Promise<void> {
  const { random } = world;
  const [allowed, check, domain, table] = ['allowed', 'is_ok', 'checked', 'of_checked'].map(
    (stem) => world.place(stem).of,
  );
  await world.run(`CREATE TABLE ${allowed} (v int PRIMARY KEY)`);
  await world.run(`INSERT INTO ${allowed} SELECT generate_series(1, 5)`);
  const body = random.chance(0.5)
    ? `LANGUAGE sql AS ${literal(`SELECT $1 IS NULL OR $1 < 100 OR EXISTS (SELECT FROM ${allowed} WHERE v = $1)`)}`
    : 'LANGUAGE plpgsql IMMUTABLE AS $$BEGIN RETURN $1 IS NULL OR $1 < 100; END$$';
  await world.run(`CREATE FUNCTION ${check}(int) RETURNS bool ${body}`);
  await world.run(
    `CREATE DOMAIN ${domain} AS int DEFAULT 1${random.maybe(0.5, ' NOT NULL')} CONSTRAINT ${quote(world.names.object('ok'))} CHECK (${check}(VALUE))`,
  );
  await world.run(
    `CREATE TABLE ${table} (a ${domain}, b ${domain}[] DEFAULT ARRAY[1, 2]::${domain}[])`,
  );
  await world.run(`INSERT INTO ${table} VALUES (1), (7), (DEFAULT)`);
  await world.run(
    `CREATE DOMAIN ${world.place('checked_twice').of} AS ${domain} CHECK (VALUE > 0)`,
  );
}

async function makeDomainOfArray(world: World): Promise<void> {
  const [domain, table] = [world.place('list_of'), world.place('of_lists')];
  await world.run(
    `CREATE DOMAIN ${domain.of} AS text[] COLLATE "C" DEFAULT '{}' CHECK (cardinality(VALUE) < 5)`,
  );
  await world.run(`CREATE TABLE ${table.of} (a ${domain.of}, b ${domain.of}[])`);
  await world.run(
    `INSERT INTO ${table.of} VALUES (ARRAY['a', NULL, '\\.'], NULL), (DEFAULT, ARRAY[ARRAY['x']::${domain.of}])`,
  );
}

/** A column of another table's row type, and an array of it. */
async function makeTypeOfTable(world: World): Promise<void> {
  const [base, table] = [world.place('base_of_rows'), world.place('of_rows')];
  await world.run(`CREATE TABLE ${base.of} (a int, gone int, b text)`);
  await world.run(`ALTER TABLE ${base.of} DROP COLUMN gone`);
  await world.run(`CREATE TABLE ${table.of} (r ${base.of}, l ${base.of}[])`);
  await world.run(
    `INSERT INTO ${table.of} VALUES (ROW(1, ${literal('a,"b)\\')}), ARRAY[ROW(2, NULL)::${base.of}])`,
  );
  await world.run(`CREATE INDEX ON ${table.of} (((r).a)) WHERE (r).b IS NOT NULL`);
}

async function makeRangeOfOwn(world: World): Promise<void> {
  const [diff, type, table] = [world.place('diff'), world.place('span'), world.place('of_spans')];
  const multi = `${quote(type.schema)}.${quote(world.names.plain('spans'))}`;
  await world.run(
    `CREATE FUNCTION ${diff.of}(time, time) RETURNS float8 LANGUAGE sql IMMUTABLE STRICT AS 'SELECT EXTRACT(epoch FROM $1 - $2)::float8'`,
  );
  await world.run(
    `CREATE TYPE ${type.of} AS RANGE (subtype = time, subtype_diff = ${diff.of}, multirange_type_name = ${multi})`,
  );
  await world.run(
    `CREATE TABLE ${table.of} (s ${type.of}, m ${multi}, EXCLUDE USING gist (s WITH &&))`,
  );
  await world.run(
    `INSERT INTO ${table.of} VALUES ('[10:00,11:00)', '{[10:00,11:00)}'), ('(,9:00]', '{}')`,
  );
}

async function makeAlteredType(world: World): Promise<void> {
  const [pair, mood, table] = [world.place('altered'), world.place('moods'), world.place('uses')];
  await world.run(`CREATE TYPE ${pair.of} AS (a int, gone text, "b c" numeric(5, 2))`);
  await world.run(`ALTER TYPE ${pair.of} DROP ATTRIBUTE gone`);
  await world.run(`ALTER TYPE ${pair.of} ADD ATTRIBUTE d text COLLATE "C"`);
  await world.run(`ALTER TYPE ${pair.of} RENAME ATTRIBUTE a TO "A.a"`);
  await world.run(`CREATE TYPE ${mood.of} AS ENUM ('one')`);
  for (const label of ["o'ne", '\\'])
    await world.run(
      `ALTER TYPE ${mood.of} ADD VALUE ${literal(label)}${world.random.maybe(0.5, " BEFORE 'one'")}`,
    );
  await world.run(`ALTER TYPE ${mood.of} RENAME VALUE 'one' TO 'ONE'`);
  await world.run(`CREATE TABLE ${table.of} (p ${pair.of}, m ${mood.of}) PARTITION BY LIST (m)`);
  const part = world.place('one_mood');
  await world.run(
    `CREATE TABLE ${part.of} PARTITION OF ${table.of} FOR VALUES IN ('ONE', ${literal('\\')})`,
  );
  await world.run(
    `INSERT INTO ${table.of} VALUES (ROW(1, 2.5, 'x'), 'ONE'), (NULL, ${literal('\\')})`,
  );
}

/** Operator classes of a user's own under an index and a partition key. */
async function makeHashedType(world: World): Promise<void> {
  const [hash, compare, table, part] = ['hash_of', 'cmp_of', 'by_class', 'of_class'].map(
    (stem) => world.place(stem).of,
  );
  const [byHash, byOrder] = [world.place('hash_class').of, world.place('order_class').of];
  await world.run(
    `CREATE FUNCTION ${hash}(int, bigint) RETURNS bigint LANGUAGE sql IMMUTABLE AS 'SELECT $1 + $2'`,
  );
  await world.run(
    `CREATE FUNCTION ${compare}(int, int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT sign($2 - $1)::int'`,
  );
  await world.run(
    `CREATE OPERATOR CLASS ${byHash} FOR TYPE int USING hash AS OPERATOR 1 =, FUNCTION 2 ${hash}(int, bigint)`,
  );
  await world.run(
    `CREATE OPERATOR CLASS ${byOrder} FOR TYPE int USING btree AS OPERATOR 1 >, OPERATOR 2 >=, OPERATOR 3 =, OPERATOR 4 <=, OPERATOR 5 <, FUNCTION 1 ${compare}(int, int)`,
  );
  await world.run(`CREATE TABLE ${table} (a int, b int) PARTITION BY HASH (a ${byHash})`);
  await world.run(
    `CREATE TABLE ${part} PARTITION OF ${table} FOR VALUES WITH (MODULUS 1, REMAINDER 0)`,
  );
  await world.run(`CREATE INDEX ON ${table} (b ${byOrder})`);
  await world.run(`INSERT INTO ${table} SELECT g, -g FROM generate_series(1, 9) g`);
}
