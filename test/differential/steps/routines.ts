import { literal, quote, type World } from '../world.ts';

/** Functions that tables, indexes and views will call: they name what they need, or have a search_path. */
export async function makeEarlyFunctions(world: World): Promise<void> {
  const { random } = world;
  for (let left = random.between(1, 4); left > 0; left -= 1) {
    const { of, schema } = world.place('f');
    const body = random.pick(['SELECT $1 + 1', 'SELECT $1 * 2 -- \\! false', 'SELECT abs($1)']);
    const how = random.pick([
      'LANGUAGE sql IMMUTABLE',
      'LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE',
      `LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, ${quote(schema)}`,
      "LANGUAGE sql IMMUTABLE COST 17 SET DateStyle = 'SQL, DMY'",
    ]);
    const inner = random.chance(0.3) && world.intFunctions.length > 0;
    const text = inner ? `SELECT ${random.pick(world.intFunctions)}($1)` : body;
    if (!(await world.run(`CREATE FUNCTION ${of}(int) RETURNS int ${how} AS ${literal(text)}`)))
      continue;
    world.intFunctions.push(of);
    await decorate(world, `FUNCTION ${of}(int)`);
  }
  for (let left = random.between(1, 2); left > 0; left -= 1) {
    const { of } = world.place('tf');
    const body = literal('BEGIN IF TG_OP = $x$DELETE$x$ THEN RETURN OLD; END IF; RETURN NEW; END');
    if (await world.run(`CREATE FUNCTION ${of}() RETURNS trigger LANGUAGE plpgsql AS ${body}`))
      world.triggerFunctions.push(of);
  }
}

async function decorate(world: World, routine: string): Promise<void> {
  const { random } = world;
  if (random.chance(0.2)) await world.run(`COMMENT ON ${routine} IS ${world.comment()}`);
  if (random.chance(0.2)) await world.run(`ALTER ${routine} OWNER TO ${world.role()}`);
  if (random.chance(0.2)) await world.run(`REVOKE ALL ON ${routine} FROM PUBLIC`);
  if (random.chance(0.2))
    await world.run(`GRANT EXECUTE ON ${routine} TO ${world.role()} WITH GRANT OPTION`);
}

/** What calls tables and views: SQL-standard bodies, procedures, aggregates, operators, casts. */
export async function makeLateRoutines(world: World): Promise<void> {
  const makers = [
    makeStandardBody,
    makeProcedure,
    makeAggregate,
    makeOperator,
    makeCast,
    makeSetReturning,
  ];
  for (let left = world.random.between(1, 6); left > 0; left -= 1)
    await world.random.pick(makers)(world);
}

async function makeStandardBody(world: World): Promise<void> {
  const { of } = world.place('atomic');
  const from = world.random.pick([
    ...world.tables.map((table) => table.of),
    ...world.views,
    'pg_class',
  ]);
  const made = await world.run(
    `CREATE FUNCTION ${of}(a int DEFAULT 3, VARIADIC b int[] DEFAULT '{}') RETURNS bigint LANGUAGE sql
     BEGIN ATOMIC SELECT count(*) + a FROM ${from}; END`,
  );
  if (made) await decorate(world, `FUNCTION ${of}(int, int[])`);
}

async function makeProcedure(world: World): Promise<void> {
  const { of } = world.place('proc');
  const definer = world.random.maybe(0.5, 'SECURITY DEFINER ');
  const made = await world.run(
    `CREATE PROCEDURE ${of}(INOUT a text DEFAULT 'x') LANGUAGE plpgsql ${definer}AS $f$ BEGIN a := '\\.'; END $f$`,
  );
  if (made) await decorate(world, `PROCEDURE ${of}(text)`);
}

async function makeAggregate(world: World): Promise<void> {
  const { of } = world.place('agg');
  const made = await world.run(
    `CREATE AGGREGATE ${of}(int) (SFUNC = int4pl, STYPE = int, INITCOND = '0', COMBINEFUNC = int4pl, PARALLEL = SAFE)`,
  );
  if (made) await decorate(world, `AGGREGATE ${of}(int)`);
}

async function makeOperator(world: World): Promise<void> {
  const { random } = world;
  const { schema } = world.place('op');
  const { of } = world.place('opf');
  const operator = `${quote(schema)}.${random.pick(['@#@', '<<<|', '===', '~*~'])}`;
  const body = literal('SELECT $1 ~= $2');
  await world.run(
    `CREATE FUNCTION ${of}(point, point) RETURNS bool LANGUAGE sql IMMUTABLE AS ${body}`,
  );
  const options = random.maybe(0.5, ', RESTRICT = eqsel, JOIN = eqjoinsel');
  await world.run(
    `CREATE OPERATOR ${operator} (FUNCTION = ${of}, LEFTARG = point, RIGHTARG = point${options})`,
  );
  if (random.chance(0.5))
    await world.run(`COMMENT ON OPERATOR ${operator} (point, point) IS ${world.comment()}`);
}

async function makeCast(world: World): Promise<void> {
  const { random } = world;
  const own = world.types.filter(({ of }) => of.startsWith('"') && of !== '"char"');
  if (own.length === 0) return;
  const target = random.pick(own);
  await world.run(
    `CREATE CAST (${target.of} AS ${random.pick(['int', 'date', 'circle'])}) WITH INOUT${random.maybe(0.5, ' AS ASSIGNMENT')}`,
  );
}

async function makeSetReturning(world: World): Promise<void> {
  const { of } = world.place('setof');
  const table = world.table();
  if (table === undefined) return;
  const body = literal(`SELECT * FROM ${table.of}`);
  await world.run(
    `CREATE FUNCTION ${of}() RETURNS SETOF ${table.of} LANGUAGE sql STABLE ROWS 77 AS ${body}`,
  );
}
