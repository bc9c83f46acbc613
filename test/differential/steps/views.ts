import { literal, quote, type World } from '../world.ts';

/** Views over tables and views, materialized ones too, of which some never were populated. */
export async function makeViews(world: World): Promise<void> {
  for (let left = world.random.between(1, 6); left > 0; left -= 1) {
    const of = world.random.chance(0.4) ? await makeMaterialized(world) : await makeView(world);
    if (of !== undefined) world.views.push(of);
  }
}

function source(world: World): string {
  const all = [...world.tables.map(({ of }) => of), ...world.views, ...world.views];
  return all.length === 0 ? 'pg_catalog.pg_am' : world.random.pick(all);
}

function query(world: World): string {
  const { random } = world;
  const from = source(world);
  const call = world.intFunctions.length > 0 ? `${random.pick(world.intFunctions)}(2)` : '2';
  return random.pick([
    `SELECT count(*) AS n, ${call} AS "f x" FROM ${from}`,
    `SELECT q.*, ${call} AS "added.${world.names.plain('f')}" FROM ${from} q`,
    `WITH w AS (SELECT 1 AS one) SELECT w.one, now() > '2001-01-01' AS later FROM w, ${from} q LIMIT 3`,
    `SELECT 1 AS a UNION ALL SELECT count(*)::int FROM ${from}`,
    `SELECT $$quo'te \\. $$ AS t, row_number() OVER () AS r FROM ${from} q`,
  ]);
}

async function makeView(world: World): Promise<string | undefined> {
  const { random } = world;
  const { of } = world.place('view');
  const options = [
    random.maybe(0.3, 'security_barrier = true'),
    random.maybe(world.major >= 15 ? 0.3 : 0, 'security_invoker = true'),
  ].filter((option) => option !== '');
  const having = options.length > 0 ? ` WITH (${options.join(', ')})` : '';
  if (!(await world.run(`CREATE VIEW ${of}${having} AS ${query(world)}`))) return undefined;
  if (random.chance(0.2)) await world.run(`COMMENT ON VIEW ${of} IS ${world.comment()}`);
  if (random.chance(0.2)) await world.run(`ALTER VIEW ${of} OWNER TO ${world.role()}`);
  if (random.chance(0.2))
    await world.run(
      `CREATE RULE ${quote(world.names.object('rule'))} AS ON INSERT TO ${of} DO INSTEAD NOTHING`,
    );
  return of;
}

async function makeMaterialized(world: World): Promise<string | undefined> {
  const { random } = world;
  const { of } = world.place('mat');
  const isEmpty = random.chance(0.2);
  const text = random.chance(0.4) ? await queryOverFunction(world) : query(world);
  if (
    !(await world.run(`CREATE MATERIALIZED VIEW ${of} AS ${text} WITH ${isEmpty ? 'NO ' : ''}DATA`))
  )
    return undefined;
  if (random.chance(0.3))
    await world.run(`COMMENT ON MATERIALIZED VIEW ${of} IS ${world.comment()}`);
  if (random.chance(0.3)) await world.run(`CREATE INDEX ON ${of} ((1))`);
  return isEmpty ? undefined : of;
}

/** The function finds its table by a search_path of its own. */
async function queryOverFunction(world: World): Promise<string> {
  const { of } = world.place('counts');
  const table = world.table();
  if (table === undefined) return 'SELECT 1 AS one';
  const name = table.of.slice(quote(table.schema).length + 1);
  const made = await world.run(
    `CREATE FUNCTION ${of}() RETURNS bigint LANGUAGE plpgsql STABLE SET search_path = ${quote(table.schema)}
     AS ${literal(`BEGIN RETURN (SELECT count(*) FROM ${name}); END`)}`,
  );
  return made ? `SELECT ${of}() AS n, current_setting('TimeZone') IS NULL AS z` : 'SELECT 2 AS two';
}
