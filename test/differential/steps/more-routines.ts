import { literal, quote, type World } from '../world.ts';

/** Aggregates, operators, casts, views and rules whose definitions PostgreSQL writes out again. */
export async function makeMoreRoutines(world: World): Promise<void> {
  const makers = [
    makeOrderedSetAggregate,
    makeMovingAggregate,
    makeOperatorPair,
    makeCastWithFunction,
    makeRules,
    makeQuotedBodies,
    makeDeparsedViews,
    makeRecursiveView,
    makeMergeFunction,
    makeEventTriggers,
    makeNotNullOverView,
  ];
  for (let left = world.random.between(2, 6); left > 0; left -= 1)
    await world.random.pick(makers)(world);
}

async function makeOrderedSetAggregate(world: World): Promise<void> {
  const { of } = world.place('percentile');
  const kind = world.random.pick(['', ', HYPOTHETICAL']);
  const call =
    kind === ''
      ? `${of}(float8 ORDER BY float8) (SFUNC = ordered_set_transition, STYPE = internal, FINALFUNC = percentile_disc_final, FINALFUNC_EXTRA)`
      : `${of}(VARIADIC "any" ORDER BY VARIADIC "any") (SFUNC = ordered_set_transition_multi, STYPE = internal, FINALFUNC = rank_final, FINALFUNC_EXTRA${kind})`;
  await world.run(`CREATE AGGREGATE ${call}`);
}

async function makeMovingAggregate(world: World): Promise<void> {
  const [aggregate, view] = [world.place('moving'), world.place('uses_moving')];
  await world.run(
    `CREATE AGGREGATE ${aggregate.of}(float8) (SFUNC = float8pl, STYPE = float8, INITCOND = '-0', MSFUNC = float8pl, MINVFUNC = float8mi, MSTYPE = float8, MINITCOND = '0', SORTOP = OPERATOR(pg_catalog.<))`,
  );
  await world.run(
    `CREATE MATERIALIZED VIEW ${view.of} AS SELECT ${aggregate.of}(g) OVER (ORDER BY g ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) AS m, ${aggregate.of}(g) FILTER (WHERE g > 2) OVER () AS f FROM generate_series(1, 5) g`,
  );
}

/** Each names the other as its commutator or negator before that one is made. */
async function makeOperatorPair(world: World): Promise<void> {
  const [f, g, table] = [world.place('less'), world.place('more'), world.place('by_operator')];
  const schema = quote(f.schema);
  for (const [{ of }, sign] of [
    [f, '<'],
    [g, '>='],
  ] as const)
    await world.run(
      `CREATE FUNCTION ${of}(text, text) RETURNS bool LANGUAGE sql IMMUTABLE STRICT AS 'SELECT $1 COLLATE "C" ${sign} $2 COLLATE "C"'`,
    );
  await world.run(
    `CREATE OPERATOR ${schema}.<@@ (FUNCTION = ${f.of}, LEFTARG = text, RIGHTARG = text, NEGATOR = OPERATOR(${schema}.>=@@), COMMUTATOR = OPERATOR(${schema}.>@@), RESTRICT = scalarltsel)`,
  );
  await world.run(
    `CREATE OPERATOR ${schema}.>=@@ (FUNCTION = ${g.of}, LEFTARG = text, RIGHTARG = text, NEGATOR = OPERATOR(${schema}.<@@), HASHES)`,
  );
  await world.run(`CREATE OPERATOR ${schema}.!! (FUNCTION = pg_catalog.abs, RIGHTARG = int)`);
  await world.run(
    `CREATE TABLE ${table.of} (a text, b int, CHECK (a OPERATOR(${schema}.>=@@) ''), CHECK (OPERATOR(${schema}.!!) b > 0))`,
  );
  await world.run(`INSERT INTO ${table.of} VALUES ('a', -1), (NULL, NULL)`);
  await world.run(
    `CREATE INDEX ON ${table.of} ((a OPERATOR(${schema}.<@@) 'm')) WHERE OPERATOR(${schema}.!!) b > 3`,
  );
}

async function makeCastWithFunction(world: World): Promise<void> {
  const [type, call, view] = [world.place('from'), world.place('to'), world.place('casts')];
  await world.run(`CREATE TYPE ${type.of} AS (a int)`);
  await world.run(
    `CREATE FUNCTION ${call.of}(${type.of}) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT ($1).a'`,
  );
  await world.run(
    `CREATE CAST (${type.of} AS int) WITH FUNCTION ${call.of}(${type.of})${world.random.pick(['', ' AS ASSIGNMENT', ' AS IMPLICIT'])}`,
  );
  await world.run(`COMMENT ON CAST (${type.of} AS int) IS ${world.comment()}`);
  await world.run(`CREATE VIEW ${view.of} AS SELECT ROW(1)::${type.of}::int AS n`);
}

async function makeRules(world: World): Promise<void> {
  const [table, log, view] = [world.place('ruled'), world.place('log'), world.place('ruled_view')];
  await world.run(`CREATE TABLE ${table.of} (a int, "b c" text)`);
  await world.run(`CREATE TABLE ${log.of} (a int, "b c" text DEFAULT 'x', at timestamptz)`);
  await world.run(`INSERT INTO ${table.of} VALUES (1, 'x'), (2, ${literal('\\')})`);
  const name = quote(world.names.object('rule'));
  await world.run(
    `CREATE RULE ${name} AS ON UPDATE TO ${table.of} WHERE NEW.a <> OLD.a DO ALSO INSERT INTO ${log.of} (a, "b c") VALUES (NEW.a, OLD."b c" || 'it''s')`,
  );
  await world.run(
    `CREATE RULE "on insert" AS ON INSERT TO ${table.of} WHERE NEW.a > 100 DO INSTEAD (INSERT INTO ${log.of} SELECT NEW.*; DELETE FROM ${log.of} WHERE a < 0)`,
  );
  await world.run(`CREATE VIEW ${view.of} AS SELECT * FROM ${table.of}`);
  await world.run(
    `CREATE RULE ${name} AS ON DELETE TO ${view.of} DO INSTEAD DELETE FROM ${table.of} WHERE a = OLD.a RETURNING a, "b c"`,
  );
  await world.run(
    `ALTER TABLE ${table.of} ${world.random.pick(['DISABLE', 'ENABLE REPLICA'])} RULE "on insert"`,
  );
}

/** What a reader that splits SQL at semicolons or quotes would stumble over. */
async function makeQuotedBodies(world: World): Promise<void> {
  const bodies = [
    "BEGIN RETURN 'a;b'; END -- $$ ; \\! false",
    "BEGIN /* /* nested ; */ ' */ RETURN $in$;$in$; END",
    "BEGIN EXECUTE format('SELECT %L; \\. ', 'x\ny'); RETURN $1; END",
    "BEGIN\r\n\tRETURN E'\\'\\n';\r\nEND",
  ];
  const { of } = world.place('quoted');
  await world.run(
    `CREATE FUNCTION ${of}(text DEFAULT ${literal("$$ ; -- '")}) RETURNS text LANGUAGE plpgsql SET "app.name" = ${literal('a, "b"')} SET search_path = ${quote(world.random.pick(world.schemas))}, pg_temp SECURITY DEFINER AS ${literal(world.random.pick(bodies))}`,
  );
  await world.run(
    `CREATE PROCEDURE ${of}(int) LANGUAGE sql BEGIN ATOMIC SELECT $1; SELECT ';' WHERE false; END`,
  );
  await world.run(
    `CREATE FUNCTION ${of}(VARIADIC anycompatiblearray) RETURNS anycompatible LANGUAGE sql AS 'SELECT $1[1]'`,
  );
}

async function makeDeparsedViews(world: World): Promise<void> {
  const { major } = world;
  const queries = [
    'SELECT a, b, grouping(a, b) AS g FROM (VALUES (1, 2), (3, 4)) v(a, b) GROUP BY GROUPING SETS ((a), CUBE (b, a), ())',
    "SELECT x.* FROM ROWS FROM (generate_series(1, 2), unnest(ARRAY['a', 'b'])) WITH ORDINALITY AS x(n, t, o)",
    'SELECT DISTINCT ON (a) a, lag(a, 1, 0) OVER w FROM generate_series(1, 4) a WINDOW w AS (ORDER BY a RANGE BETWEEN UNBOUNDED PRECEDING AND 1 FOLLOWING EXCLUDE TIES) ORDER BY a DESC NULLS LAST FETCH FIRST 2 ROWS WITH TIES',
    "SELECT * FROM XMLTABLE('/r/x' PASSING ('<r><x y=\"1\">a</x></r>'::xml) COLUMNS y int PATH '@y', t text PATH '.' DEFAULT 'n')",
    'SELECT l.* FROM pg_catalog.pg_am a LEFT JOIN LATERAL (SELECT a.amname, count(*)) l(n, c) ON true CROSS JOIN pg_catalog.pg_am b TABLESAMPLE system (50)',
    "SELECT EXTRACT(year FROM date '2020-01-01') AS y, timestamp '2020-01-01' AT TIME ZONE 'Asia/Tokyo' AS z, overlay('abc' placing 'x' from 2) AS o, (1, 2) IS DISTINCT FROM (1, 3) AS d",
    ...(major >= 16
      ? [
          "SELECT JSON_OBJECT('a' : 1, 'b' : NULL ABSENT ON NULL WITH UNIQUE KEYS) AS o, '1' IS JSON SCALAR AS s",
        ]
      : []),
    ...(major >= 17
      ? [
          `SELECT * FROM JSON_TABLE(jsonb '[{"a": 1}]', '$[*]' COLUMNS (n FOR ORDINALITY, a int PATH '$.a' DEFAULT 7 ON EMPTY, NESTED '$.b[*]' COLUMNS (c text PATH '$')))`,
        ]
      : []),
  ];
  for (const query of world.random.sample(queries, 3)) {
    const { of } = world.place('written');
    const kind = query.includes('TABLESAMPLE')
      ? 'VIEW'
      : world.random.pick(['VIEW', 'MATERIALIZED VIEW']);
    await world.run(`CREATE ${kind} ${of} AS ${query}`);
  }
}

async function makeRecursiveView(world: World): Promise<void> {
  const [view, renamed] = [world.place('recursive'), world.place('renamed')];
  await world.run(
    `CREATE VIEW ${view.of} AS WITH RECURSIVE t(n, p) AS (SELECT 1, 'x' UNION ALL SELECT n + 1, p || n FROM t WHERE n < 5) SEARCH DEPTH FIRST BY n SET o CYCLE n SET c USING path SELECT n, p, c FROM t`,
  );
  await world.run(
    `CREATE MATERIALIZED VIEW ${renamed.of} (${quote(world.names.object('first'))}, "second") AS WITH m AS MATERIALIZED (SELECT n, p FROM ${view.of}) SELECT * FROM m${world.random.maybe(0.3, ' WITH NO DATA')}`,
  );
  await world.run(`ALTER VIEW ${view.of} RENAME COLUMN p TO ${quote(world.names.object('other'))}`);
}

async function makeMergeFunction(world: World): Promise<void> {
  if (world.major < 15) return;
  const [table, call] = [world.place('merged'), world.place('merges')];
  await world.run(`CREATE TABLE ${table.of} (id int PRIMARY KEY, n int)`);
  const returning = world.major >= 17 ? ' RETURNING merge_action(), t.id' : '';
  const result = world.major >= 17 ? 'TABLE (action text, id int)' : 'void';
  await world.run(
    `CREATE FUNCTION ${call.of}() RETURNS ${result} LANGUAGE sql BEGIN ATOMIC MERGE INTO ${table.of} t USING (SELECT 1 AS id) s ON t.id = s.id WHEN MATCHED AND t.n > 3 THEN DELETE WHEN MATCHED THEN UPDATE SET n = DEFAULT WHEN NOT MATCHED THEN INSERT (id) VALUES (s.id)${returning}; END`,
  );
}

/** Event triggers, which our own statements meet in a restore and in a drill, too. */
async function makeEventTriggers(world: World): Promise<void> {
  const { random } = world;
  const { of } = world.place('on_event');
  const body = random.pick([
    'BEGIN PERFORM 1; END',
    "BEGIN RAISE NOTICE 'seen % %', tg_event, tg_tag; END",
    "BEGIN IF current_setting('app.none', true) = 'x' THEN RAISE 'no'; END IF; END",
  ]);
  await world.run(
    `CREATE FUNCTION ${of}() RETURNS event_trigger LANGUAGE plpgsql AS ${literal(body)}`,
  );
  const events = ['table_rewrite', 'ddl_command_end', ...(world.major >= 17 ? ['login'] : [])];
  for (const event of random.sample(events, 2)) {
    const name = quote(world.names.object('event'));
    await world.run(`CREATE EVENT TRIGGER ${name} ON ${event} EXECUTE FUNCTION ${of}()`);
    if (random.chance(0.4)) await world.run(`ALTER EVENT TRIGGER ${name} ENABLE ALWAYS`);
    if (random.chance(0.4))
      await world.run(`COMMENT ON EVENT TRIGGER ${name} IS ${world.comment()}`);
  }
}

/** A trigger and a default on a view, and a view over a view with its own columns and privileges. */
async function makeNotNullOverView(world: World): Promise<void> {
  const [table, view, over] = [world.place('under'), world.place('middle'), world.place('over')];
  await world.run(`CREATE TABLE ${table.of} (a int DEFAULT 1, b text, c text)`);
  await world.run(
    `CREATE VIEW ${view.of} WITH (check_option = local) AS SELECT a, b FROM ${table.of} WHERE a > 0`,
  );
  await world.run(`ALTER VIEW ${view.of} ALTER a SET DEFAULT 7`);
  await world.run(`CREATE VIEW ${over.of} ("A a", b) AS TABLE ${view.of}`);
  await world.run(`ALTER TABLE ${table.of} DROP COLUMN c, ADD COLUMN c int`);
  await world.run(
    `GRANT INSERT ("A a"), UPDATE (b) ON ${over.of} TO ${world.role()} WITH GRANT OPTION`,
  );
  await world.run(`ALTER VIEW ${over.of} OWNER TO ${world.role()}`);
}
