import { literal, quote, type World } from '../world.ts';

const EXTENSIONS = [
  'hstore',
  'citext',
  'ltree',
  'pg_trgm',
  'btree_gist',
  'btree_gin',
  'cube',
  'intarray',
  'unaccent',
  'dict_int',
  'tablefunc',
  'pgcrypto',
  'seg',
  'isn',
  'lo',
  'bloom',
  'fuzzystrmatch',
];

/** Contrib modules in schemas of their own, with comments, and types of theirs for the tables. */
export async function makeExtensions(world: World): Promise<void> {
  const { random } = world;
  for (const name of random.sample(EXTENSIONS, random.between(0, 3))) {
    const schema = random.pick(world.schemas);
    if (!(await world.run(`CREATE EXTENSION ${name} SCHEMA ${quote(schema)}`))) continue;
    world.extensions.push(name);
    if (random.chance(0.3)) await world.run(`COMMENT ON EXTENSION ${name} IS ${world.comment()}`);
    const type = {
      hstore: `'a=>NULL,"b c"=>"d\\"e"'`,
      citext: "'ÀÉ'",
      ltree: "'Top.Sci'",
      cube: "'(1,2)'",
    }[name];
    const of = `${quote(schema)}.${quote(name)}`;
    if (type !== undefined)
      world.types.push({ of, isSortable: name !== 'cube', literal: () => `${type}::${of}` });
  }
}

/** Publications, foreign servers, text search, collations, sequences that nothing owns. */
export async function makeSurroundings(world: World): Promise<void> {
  const makers = [
    makePublication,
    makeForeignServer,
    makeTextSearch,
    makeCollation,
    makeSequence,
    makeConversion,
    makeOperatorClass,
  ];
  for (let left = world.random.between(1, 6); left > 0; left -= 1)
    await world.random.pick(makers)(world);
}

async function makePublication(world: World): Promise<void> {
  const { random } = world;
  const name = quote(world.names.object('publication'));
  const tables = random.sample(world.tables, 2).map(({ of }) => of);
  const whom = random.pick([
    'FOR ALL TABLES',
    '',
    ...(tables.length > 0 ? [`FOR TABLE ${tables.join(', ')}`, `FOR TABLE ONLY ${tables[0]}`] : []),
    ...(world.major >= 15 ? [`FOR TABLES IN SCHEMA ${quote(random.pick(world.schemas))}`] : []),
  ]);
  const having = random.pick([
    '',
    " WITH (publish = 'insert, delete')",
    ' WITH (publish_via_partition_root = true)',
  ]);
  if (!(await world.run(`CREATE PUBLICATION ${name} ${whom}${having}`))) return;
  if (random.chance(0.3)) await world.run(`COMMENT ON PUBLICATION ${name} IS ${world.comment()}`);
  if (random.chance(0.3)) await world.run(`ALTER PUBLICATION ${name} OWNER TO ${world.role()}`);
}

async function makeForeignServer(world: World): Promise<void> {
  const { random } = world;
  const wrapper = quote(world.names.object('wrapper'));
  const server = quote(world.names.object('server'));
  await world.run(`CREATE FOREIGN DATA WRAPPER ${wrapper} OPTIONS (debug ${literal("it's")})`);
  if (
    !(await world.run(
      `CREATE SERVER ${server} TYPE 'x' VERSION '1' FOREIGN DATA WRAPPER ${wrapper} OPTIONS (host ${literal('a b\\')})`,
    ))
  )
    return;
  await world.run(
    `CREATE USER MAPPING FOR ${random.pick(['PUBLIC', world.role()])} SERVER ${server} OPTIONS ("user" 'x')`,
  );
  const { of } = world.place('foreign');
  await world.run(
    `CREATE FOREIGN TABLE ${of} (a int OPTIONS (column_name 'b c') NOT NULL, b text COLLATE "C") SERVER ${server} OPTIONS (x 'y')`,
  );
  if (random.chance(0.5))
    await world.run(`GRANT USAGE ON FOREIGN SERVER ${server} TO ${world.role()}`);
  if (random.chance(0.3)) await world.run(`COMMENT ON SERVER ${server} IS ${world.comment()}`);
}

async function makeTextSearch(world: World): Promise<void> {
  const dictionary = world.place('dict');
  const configuration = world.place('ts');
  const stop = world.random.pick(['', ', StopWords = english', ", Language = 'german'"]);
  const template = stop.includes('Language') ? 'snowball' : 'simple';
  await world.run(`CREATE TEXT SEARCH DICTIONARY ${dictionary.of} (TEMPLATE = ${template}${stop})`);
  if (
    !(await world.run(
      `CREATE TEXT SEARCH CONFIGURATION ${configuration.of} (COPY = pg_catalog.simple)`,
    ))
  )
    return;
  await world.run(
    `ALTER TEXT SEARCH CONFIGURATION ${configuration.of} ALTER MAPPING FOR word, int WITH ${dictionary.of}, simple`,
  );
  if (world.random.chance(0.3))
    await world.run(
      `COMMENT ON TEXT SEARCH CONFIGURATION ${configuration.of} IS ${world.comment()}`,
    );
}

async function makeCollation(world: World): Promise<void> {
  const { of } = world.place('collation');
  const how = world.random.pick([
    "provider = icu, locale = 'de-u-co-phonebk'",
    "provider = icu, locale = 'und-u-ks-level2', deterministic = false",
    "locale = 'C'",
  ]);
  if (!(await world.run(`CREATE COLLATION ${of} (${how})`))) return;
  const table = world.table((candidate) => !candidate.isPartitioned);
  if (table !== undefined)
    await world.run(
      `ALTER TABLE ${table.of} ADD COLUMN ${quote(world.names.object('collated'))} text COLLATE ${of}`,
    );
}

async function makeSequence(world: World): Promise<void> {
  const { random } = world;
  const { of } = world.place('seq');
  const how = random.pick([
    '',
    'AS smallint MAXVALUE 5 CYCLE',
    'INCREMENT -3 MINVALUE -100 START -1 CACHE 9',
    'START 9223372036854775807',
  ]);
  if (!(await world.run(`CREATE SEQUENCE ${of} ${how}`))) return;
  world.sequences.push(of);
  for (let left = random.between(0, 3); left > 0; left -= 1)
    await world.run(`SELECT nextval(${literal(of)})`);
  if (random.chance(0.3)) await world.run(`SELECT setval(${literal(of)}, 1, false)`);
  if (random.chance(0.3)) await world.run(`ALTER SEQUENCE ${of} OWNER TO ${world.role()}`);
  const table = world.table();
  const column = table?.columns[0];
  if (table === undefined || column === undefined || random.chance(0.5)) return;
  await world.run(`ALTER SEQUENCE ${of} OWNED BY ${table.of}.${quote(column.name)}`);
}

async function makeConversion(world: World): Promise<void> {
  const { of } = world.place('conv');
  await world.run(`CREATE CONVERSION ${of} FOR 'LATIN1' TO 'UTF8' FROM iso8859_1_to_utf8`);
}

async function makeOperatorClass(world: World): Promise<void> {
  const { of } = world.place('opclass');
  await world.run(
    `CREATE OPERATOR CLASS ${of} FOR TYPE int USING btree AS OPERATOR 1 <, OPERATOR 2 <=, OPERATOR 3 =, OPERATOR 4 >=, OPERATOR 5 >, FUNCTION 1 btint4cmp(int, int)`,
  );
  await world.run(`COMMENT ON OPERATOR CLASS ${of} USING btree IS ${world.comment()}`);
}
