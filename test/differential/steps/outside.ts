import { literal, quote, type World } from '../world.ts';

/** Foreign tables, publications, large objects and extensions of every kind. */
export async function makeOutside(world: World): Promise<void> {
  const makers = [
    makeForeignTables,
    makeForeignPartition,
    makePublications,
    makeObjectsOfOthers,
    makeDefaultPrivileges,
    makeOldExtension,
    makeExtensionWithPeers,
  ];
  for (let left = world.random.between(2, 5); left > 0; left -= 1)
    await world.random.pick(makers)(world);
}

interface Server {
  /** As SQL names it. */
  of: string;
  /** What its wrapper wants to know of a table, as SQL. */
  options: string;
  /** Whether it knows users. */
  hasUsers: boolean;
}

async function makeServer(world: World): Promise<Server | undefined> {
  const extension = world.random.pick(['postgres_fdw', 'file_fdw']);
  await world.run(`CREATE EXTENSION IF NOT EXISTS ${extension}`);
  const server = quote(world.names.object('server'));
  const options =
    extension === 'file_fdw' ? '' : ` OPTIONS (host '192.0.2.1', dbname ${literal("it's")})`;
  const made = await world.run(
    `CREATE SERVER ${server} FOREIGN DATA WRAPPER ${extension}${options}`,
  );
  if (!made) return undefined;
  return extension === 'file_fdw'
    ? { of: server, options: "filename '/nowhere'", hasUsers: false }
    : { of: server, options: "schema_name 'a b', table_name 'c'", hasUsers: true };
}

async function makeForeignTables(world: World): Promise<void> {
  const { random } = world;
  const server = await makeServer(world);
  if (server === undefined) return;
  const [base, table] = [world.place('local_base'), world.place('remote')];
  await world.run(`CREATE TABLE ${base.of} (a int NOT NULL, b text)`);
  await world.run(
    `CREATE FOREIGN TABLE ${table.of} (c numeric(4, 1) DEFAULT 1.5, g int GENERATED ALWAYS AS (a * 2) STORED, CHECK (c > 0)) INHERITS (${base.of}) SERVER ${server.of} OPTIONS (${server.options})`,
  );
  await world.run(
    `CREATE FOREIGN TABLE ${world.place('alone').of} (a int, "b c" text) SERVER ${server.of} OPTIONS (${server.options})`,
  );
  await world.run(
    `CREATE USER MAPPING FOR ${random.pick(['PUBLIC', 'CURRENT_USER', world.role()])} SERVER ${server.of}${server.hasUsers ? ` OPTIONS ("user" 'u')` : ''}`,
  );
  await world.run(`ALTER FOREIGN TABLE ${table.of} OWNER TO ${world.role()}`);
  await world.run(`GRANT SELECT (c), INSERT (c) ON ${table.of} TO ${world.role()}`);
  await world.run(`CREATE VIEW ${world.place('of_remote').of} AS SELECT * FROM ONLY ${table.of}`);
  await world.run(
    `CREATE MATERIALIZED VIEW ${world.place('of_remote').of} AS TABLE ${table.of} WITH NO DATA`,
  );
}

async function makeForeignPartition(world: World): Promise<void> {
  const server = await makeServer(world);
  if (server === undefined) return;
  const [table, near, far] = [world.place('spread'), world.place('near'), world.place('far')];
  await world.run(`CREATE TABLE ${table.of} (k int, t text) PARTITION BY LIST (k)`);
  await world.run(`CREATE TABLE ${near.of} PARTITION OF ${table.of} FOR VALUES IN (1)`);
  await world.run(
    `CREATE FOREIGN TABLE ${far.of} PARTITION OF ${table.of} FOR VALUES IN (2) SERVER ${server.of} OPTIONS (${server.options})`,
  );
  await world.run(`INSERT INTO ${near.of} VALUES (1, 'x')`);
}

async function makePublications(world: World): Promise<void> {
  const { major, random } = world;
  const [one, two] = [world.place('published'), world.place('published')];
  for (const { of } of [one, two])
    await world.run(`CREATE TABLE ${of} (id int PRIMARY KEY, "b c" text, secret text)`);
  const kinds = [
    `FOR TABLE ${one.of}, ONLY ${two.of}`,
    ...(major >= 15
      ? [
          `FOR TABLE ${one.of} ("b c", id), TABLES IN SCHEMA ${quote(random.pick(world.schemas))}`,
          `FOR TABLE ${one.of} WHERE (id > 3 AND "b c" IS NOT NULL), ${two.of} (id)`,
          `FOR TABLES IN SCHEMA ${quote(two.schema)}, CURRENT_SCHEMA`,
        ]
      : []),
    ...(major >= 19
      ? [
          'FOR ALL SEQUENCES',
          'FOR ALL TABLES, ALL SEQUENCES',
          `FOR ALL TABLES EXCEPT (TABLE ${one.of})`,
        ]
      : []),
  ];
  const options = [
    '',
    " WITH (publish = 'truncate')",
    " WITH (publish = '')",
    ...(major >= 18 ? [' WITH (publish_generated_columns = stored)'] : []),
  ];
  for (const kind of random.sample(kinds, 2)) {
    const name = quote(world.names.object('pub'));
    await world.run(`CREATE PUBLICATION ${name} ${kind}${random.pick(options)}`);
  }
}

/** Large objects that others own, that all may read, or that their owner may not. */
async function makeObjectsOfOthers(world: World): Promise<void> {
  const { random } = world;
  for (let left = random.between(1, 4); left > 0; left -= 1) {
    const oid = random.pick([random.between(1, 9), random.between(1_000_000, 4_294_967_294)]);
    const size = random.pick([0, 1, 2047, 2048, 2049, 70_000]);
    if (
      !(await world.run(
        `SELECT pg_catalog.lo_from_bytea(${oid}, decode(repeat('5c', ${size}), 'hex'))`,
      ))
    )
      continue;
    const object = `LARGE OBJECT ${oid}`;
    await world.run(`COMMENT ON ${object} IS ${world.comment()}`);
    await world.run(`ALTER ${object} OWNER TO ${world.role()}`);
    await world.run(`GRANT ALL ON ${object} TO ${world.role()} WITH GRANT OPTION`);
    await world.run(
      random.pick([`GRANT SELECT ON ${object} TO PUBLIC`, `REVOKE ALL ON ${object} FROM PUBLIC`]),
    );
  }
  // A hole that was never written.
  if (random.chance(0.3) && (await world.run('SELECT pg_catalog.lo_create(77)')))
    await world.run("SELECT pg_catalog.lo_put(77, 9000, '\\x01')");
}

async function makeDefaultPrivileges(world: World): Promise<void> {
  const { random } = world;
  const kinds = [
    'TABLES',
    'SEQUENCES',
    'FUNCTIONS',
    'TYPES',
    ...(world.major >= 18 ? ['LARGE OBJECTS'] : []),
  ];
  for (let left = random.between(1, 4); left > 0; left -= 1) {
    const kind = random.pick(kinds);
    const where =
      kind === 'LARGE OBJECTS'
        ? ''
        : random.maybe(0.4, ` IN SCHEMA ${quote(random.pick(world.schemas))}`);
    const what = random.pick([
      `REVOKE ALL ON ${kind} FROM PUBLIC`,
      `GRANT ALL ON ${kind} TO ${world.role()} WITH GRANT OPTION`,
      `GRANT ALL ON ${kind} TO PUBLIC, ${world.role()}`,
      `REVOKE ALL ON ${kind} FROM CURRENT_USER`,
    ]);
    await world.run(
      `ALTER DEFAULT PRIVILEGES FOR ROLE ${random.pick([world.role(), 'CURRENT_USER'])}${where} ${what}`,
    );
  }
}

/** Not the version that CREATE EXTENSION takes by itself: no dump says which one it was. */
async function makeOldExtension(world: World): Promise<void> {
  const [name, version] = world.random.pick([
    ['hstore', '1.4'],
    ['pg_trgm', '1.3'],
    ['pg_stat_statements', '1.4'],
    ['citext', '1.4'],
  ] as const);
  await world.run(
    `CREATE EXTENSION ${name} SCHEMA ${quote(world.random.pick(world.schemas))} VERSION '${version}'`,
  );
}

/** One extension that needs another, and indexes of theirs. */
async function makeExtensionWithPeers(world: World): Promise<void> {
  const { of } = world.place('placed');
  await world.run(
    `CREATE EXTENSION earthdistance CASCADE SCHEMA ${quote(world.random.pick(world.schemas))}`,
  );
  await world.run(`CREATE EXTENSION IF NOT EXISTS pg_trgm`);
  await world.run(`CREATE TABLE ${of} (t text, p point)`);
  await world.run(`INSERT INTO ${of} VALUES ('alpha', '(1,2)'), (NULL, NULL)`);
  const [row] = await world.rows(
    "SELECT quote_ident(nspname) AS schema FROM pg_extension e JOIN pg_namespace n ON n.oid = extnamespace WHERE extname = 'pg_trgm'",
  );
  if (row === undefined) return;
  await world.run(`CREATE INDEX ON ${of} USING gin (t ${String(row.schema)}.gin_trgm_ops)`);
  await world.run(`CREATE INDEX ON ${of} USING gist (t ${String(row.schema)}.gist_trgm_ops, p)`);
}
