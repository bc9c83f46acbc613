import { literal, quote, type World } from '../world.ts';

/** Objects that need each other, and privileges on what PostgreSQL itself made. */
export async function makeOddObjects(world: World): Promise<void> {
  const makers = [
    makeViewOverKey,
    makeCircularView,
    makeViewWithDefaults,
    makeInsteadOfTrigger,
    makePartitionTriggers,
    makeExpressionStatistics,
    makeSubscription,
    makeOperatorFamily,
    makeWindowFunction,
    makeChangedCatalog,
    makeGrantChain,
    makeTransform,
    makeExtensionGrant,
    makeFilteredPublication,
    makeBaseType,
  ];
  for (let left = world.random.between(2, 7); left > 0; left -= 1)
    await world.random.pick(makers)(world);
}

/** GROUP BY leans on the primary key, so the view can only be made after it. */
async function makeViewOverKey(world: World): Promise<void> {
  const [table, view, next] = [world.place('grouped'), world.place('by_key'), world.place('next')];
  await world.run(`CREATE TABLE ${table.of} (id int PRIMARY KEY, "b c" text, n int)`);
  await world.run(`INSERT INTO ${table.of} VALUES (1, 'x', 2), (2, NULL, 3)`);
  const kind = world.random.pick(['VIEW', 'MATERIALIZED VIEW']);
  await world.run(
    `CREATE ${kind} ${view.of} AS SELECT id, "b c", count(*) FROM ${table.of} GROUP BY id`,
  );
  await world.run(
    `CREATE VIEW ${next.of} AS SELECT v.*, v.ctid IS NULL AS "no ctid" FROM ${view.of} v`,
  );
  await world.run(
    `CREATE MATERIALIZED VIEW ${quote(next.schema)}."mat of ${world.names.plain('v')}" AS SELECT * FROM ${view.of}`,
  );
}

/** A function's body and a view that call each other. */
async function makeCircularView(world: World): Promise<void> {
  const [view, f] = [world.place('circle'), world.place('circle_f')];
  await world.run(`CREATE VIEW ${view.of} AS SELECT 1 AS a`);
  await world.run(
    `CREATE FUNCTION ${f.of}() RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT a FROM ${view.of}; END`,
  );
  await world.run(
    `CREATE OR REPLACE VIEW ${view.of} AS SELECT CASE WHEN false THEN ${f.of}() ELSE 2 END AS a`,
  );
}

async function makeViewWithDefaults(world: World): Promise<void> {
  const [table, view] = [world.place('below'), world.place('updatable')];
  await world.run(`CREATE TABLE ${table.of} (a int, b text)`);
  await world.run(
    `CREATE VIEW ${view.of} AS SELECT a, b FROM ${table.of} WHERE a > 0 WITH CASCADED CHECK OPTION`,
  );
  await world.run(`ALTER VIEW ${view.of} ALTER COLUMN b SET DEFAULT ${literal("it's \\")}`);
  await world.run(`COMMENT ON COLUMN ${view.of}.b IS ${world.comment()}`);
  await world.run(`GRANT SELECT (a) ON ${view.of} TO ${world.role()}`);
  await world.run(
    `CREATE RULE also AS ON UPDATE TO ${view.of} DO ALSO (INSERT INTO ${table.of} VALUES (1, 'x'); NOTIFY "a b")`,
  );
}

async function makeInsteadOfTrigger(world: World): Promise<void> {
  const { of } = world.place('instead');
  const call = world.triggerFunctions[0];
  if (call === undefined) return;
  await world.run(`CREATE VIEW ${of} AS SELECT 1 AS a`);
  await world.run(
    `CREATE TRIGGER ${quote(world.names.object('io'))} INSTEAD OF INSERT ON ${of} FOR EACH ROW EXECUTE FUNCTION ${call}()`,
  );
}

/** Clones of a trigger that one partition has switched off. */
async function makePartitionTriggers(world: World): Promise<void> {
  const table = world.table(({ isPartitioned }) => isPartitioned);
  const call = world.triggerFunctions[0];
  if (table === undefined || call === undefined) return;
  const name = quote(world.names.plain('cloned'));
  await world.run(
    `CREATE TRIGGER ${name} AFTER INSERT OR UPDATE OF n ON ${table.of} FOR EACH ROW EXECUTE FUNCTION ${call}()`,
  );
  const parts = await world.rows(
    `SELECT inhrelid::regclass::text AS of FROM pg_inherits WHERE inhparent = ${literal(table.of)}::regclass ORDER BY 1`,
  );
  const [first] = parts;
  if (first !== undefined)
    await world.run(
      `ALTER TABLE ONLY ${String(first.of)} ${world.random.pick(['DISABLE', 'ENABLE ALWAYS'])} TRIGGER ${name}`,
    );
  if (world.random.chance(0.3))
    await world.run(`ALTER TABLE ONLY ${table.of} DISABLE TRIGGER ${name}`);
}

async function makeExpressionStatistics(world: World): Promise<void> {
  const { of } = world.place('expr_stat');
  const table = world.table();
  const column = table?.columns.find(({ type }) => type === 'int');
  if (table === undefined || column === undefined) return;
  const name = quote(column.name);
  await world.run(`CREATE STATISTICS ${of} ON (${name} % 3), (abs(${name})) FROM ${table.of}`);
}

async function makeSubscription(world: World): Promise<void> {
  const name = quote(world.names.object('subscription'));
  const made = await world.run(
    `CREATE SUBSCRIPTION ${name} CONNECTION ${literal("host=192.0.2.1 dbname='a b'")} PUBLICATION "p q", r
     WITH (connect = false, slot_name = NONE${world.random.maybe(0.5, ', binary = true')})`,
  );
  if (!made) return;
  await world.run(`COMMENT ON SUBSCRIPTION ${name} IS ${world.comment()}`);
}

async function makeOperatorFamily(world: World): Promise<void> {
  const { of } = world.place('family');
  await world.run(`CREATE OPERATOR FAMILY ${of} USING btree`);
  await world.run(
    `ALTER OPERATOR FAMILY ${of} USING btree ADD OPERATOR 1 < (int, bigint), FUNCTION 1 btint48cmp(int, bigint)`,
  );
  if (world.random.chance(0.5))
    await world.run(`COMMENT ON OPERATOR FAMILY ${of} USING btree IS ${world.comment()}`);
}

async function makeWindowFunction(world: World): Promise<void> {
  const { of } = world.place('window');
  await world.run(
    `CREATE FUNCTION ${of}() RETURNS bigint LANGUAGE internal WINDOW IMMUTABLE AS 'window_row_number'`,
  );
  const table = world.place('returns_table');
  await world.run(
    `CREATE FUNCTION ${table.of}(IN "a b" text DEFAULT 'it''s', OUT x int, OUT "y z" text) RETURNS SETOF record
     LANGUAGE plpgsql LEAKPROOF SUPPORT array_unnest_support AS $body$ BEGIN RETURN; END $body$`,
  );
}

/** Grants on objects of PostgreSQL itself, which pg_dump writes as changes against initdb. */
async function makeChangedCatalog(world: World): Promise<void> {
  const { random } = world;
  await world.run(
    random.pick([
      'REVOKE EXECUTE ON FUNCTION pg_catalog.pg_sleep(float8) FROM PUBLIC',
      `GRANT SELECT ON pg_catalog.pg_authid TO ${world.role()}`,
      `GRANT SELECT (rolname) ON pg_catalog.pg_authid TO ${world.role()}`,
      `GRANT EXECUTE ON FUNCTION pg_catalog.pg_read_file(text) TO ${world.role()}`,
      'REVOKE USAGE ON LANGUAGE plpgsql FROM PUBLIC',
      `GRANT USAGE ON LANGUAGE sql TO ${world.role()} WITH GRANT OPTION`,
      'REVOKE USAGE ON SCHEMA information_schema FROM PUBLIC',
      `GRANT USAGE ON TYPE pg_catalog.int4 TO ${world.role()}`,
    ]),
  );
  if (world.major >= 15 && random.chance(0.4))
    await world.run(`GRANT SET ON PARAMETER work_mem TO ${world.role()}`);
}

/** Who was granted something passes it on: the order of the grants counts. */
async function makeGrantChain(world: World): Promise<void> {
  const { of } = world.place('chain');
  const [one, other] = [world.role(), world.role()];
  await world.run(`CREATE TABLE ${of} (a int)`);
  await world.run(`GRANT SELECT, INSERT ON ${of} TO ${one} WITH GRANT OPTION`);
  await world.run(`SET ROLE ${one}`);
  await world.run(`GRANT SELECT ON ${of} TO ${other} WITH GRANT OPTION`);
  await world.run(`SET ROLE ${other}`);
  await world.run(`GRANT SELECT ON ${of} TO PUBLIC`);
  await world.run('RESET ROLE');
}

async function makeTransform(world: World): Promise<void> {
  await world.run(
    'CREATE TRANSFORM FOR int LANGUAGE sql (FROM SQL WITH FUNCTION prsd_lextype(internal), TO SQL WITH FUNCTION int4recv(internal))',
  );
  await world.run(`COMMENT ON TRANSFORM FOR int LANGUAGE sql IS ${world.comment()}`);
}

async function makeExtensionGrant(world: World): Promise<void> {
  const [row] = await world.rows(
    `SELECT p.oid::regprocedure::text AS of FROM pg_proc p JOIN pg_depend d ON d.objid = p.oid AND d.deptype = 'e'
       AND d.refclassid = 'pg_extension'::regclass JOIN pg_extension e ON e.oid = d.refobjid
     WHERE e.extname <> 'plpgsql' ORDER BY p.oid::regprocedure::text COLLATE "C" LIMIT 1`,
  );
  if (row === undefined) return;
  await world.run(`REVOKE EXECUTE ON FUNCTION ${String(row.of)} FROM PUBLIC`);
  await world.run(`GRANT EXECUTE ON FUNCTION ${String(row.of)} TO ${world.role()}`);
}

async function makeFilteredPublication(world: World): Promise<void> {
  if (world.major < 15) return;
  const { of } = world.place('filtered');
  await world.run(`CREATE TABLE ${of} (id int PRIMARY KEY, "b c" text, secret text)`);
  await world.run(
    `CREATE PUBLICATION ${quote(world.names.object('filter'))} FOR TABLE ${of} (id, "b c") WHERE ("b c" <> ${literal("it's")})`,
  );
}

async function makeBaseType(world: World): Promise<void> {
  const { of, schema } = world.place('base');
  const [input, output] = [world.names.plain('base_in'), world.names.plain('base_out')].map(
    (name) => `${quote(schema)}.${quote(name)}`,
  );
  await world.run(`CREATE TYPE ${of}`);
  await world.run(
    `CREATE FUNCTION ${input}(cstring) RETURNS ${of} LANGUAGE internal IMMUTABLE STRICT AS 'int4in'`,
  );
  await world.run(
    `CREATE FUNCTION ${output}(${of}) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT AS 'int4out'`,
  );
  await world.run(
    `CREATE TYPE ${of} (INPUT = ${input}, OUTPUT = ${output}, LIKE = int4, DEFAULT = '7', CATEGORY = 'N')`,
  );
  const table = world.place('of_base');
  await world.run(`CREATE TABLE ${table.of} (a ${of} DEFAULT '8', b ${of}[])`);
  await world.run(`INSERT INTO ${table.of} VALUES ('3', '{1,2}')`);
}
