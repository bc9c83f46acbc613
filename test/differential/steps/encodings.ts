import { literal, quote, type World } from '../world.ts';

/** Text that the encoding has and others lack, in names, in values, in labels and in a pattern. */
const TEXTS: Readonly<Record<string, readonly string[]>> = {
  UTF8: ['🦊\u200d', '\u{10ffff}', 'ﬀ', 'İı', 'e\u0301', '\ufeff'],
  LATIN1: ['ÿ', '\u00a0', 'ß', '\u0085', 'þ÷'],
  EUC_JP: ['日本語', 'ｱｲｳ', '～', '表\\', '\u3000'],
  SQL_ASCII: ['naïve', '数据库'],
};

/** What only a database of this encoding can hold. */
export async function makeEncodedText(world: World): Promise<void> {
  const texts = TEXTS[world.encoding] ?? [];
  const { of } = world.place('encoded');
  await world.run(`CREATE TABLE ${of} (id int PRIMARY KEY, t text, c varchar(9), j jsonb)`);
  for (const [id, text] of texts.entries()) {
    const values = [text, text.slice(0, 3), JSON.stringify({ [text]: text })].map(literal);
    await world.run(`INSERT INTO ${of} VALUES (${id}, ${values.join(', ')})`);
  }
  await world.run(`ALTER TABLE ${of} ADD CHECK (t <> ${literal(texts[0] ?? '')} OR id >= 0)`);
  await world.run(`COMMENT ON TABLE ${of} IS ${literal(texts.join(' '))}`);
  if (world.encoding === 'SQL_ASCII') await makeBytes(world, of);
  else await makeEncodedNames(world, texts);
}

/** A server that knows no characters takes any byte but zero. */
async function makeBytes(world: World, table: string): Promise<void> {
  for (const [id, bytes] of ['e9', 'ff5c', 'c3', '80'].entries())
    await world.run(
      `INSERT INTO ${table} VALUES (${100 + id}, convert_from('\\x${bytes}'::bytea, 'SQL_ASCII'))`,
    );
}

async function makeEncodedNames(world: World, texts: readonly string[]): Promise<void> {
  const [text = 'x', other = 'y'] = world.random.sample(texts, 2);
  const schema = world.random.pick(world.schemas);
  const [table, type] = [text, `${other} t`].map((name) => `${quote(schema)}.${quote(name)}`);
  await world.run(`CREATE TYPE ${type} AS ENUM (${texts.map(literal).join(', ')})`);
  await world.run(
    `CREATE TABLE ${table} (${quote(other)} ${type} DEFAULT ${literal(text)}, s serial)`,
  );
  await world.run(`INSERT INTO ${table} DEFAULT VALUES`);
  await world.run(`CREATE INDEX ${quote(`${text} i`)} ON ${table} (${quote(other)})`);
}

/** Collations of every provider, also one whose equal texts differ, under keys and partitions. */
export async function makeCollations(world: World): Promise<void> {
  const { random, major } = world;
  const { of } = world.place('coll');
  const how = random.pick([
    "locale = 'POSIX'",
    "provider = icu, locale = 'sv-u-co-standard'",
    "provider = icu, locale = 'und-u-ks-level1', deterministic = false",
    ...(major >= 16 ? ["provider = icu, locale = 'und', rules = '&b < c <<< C'"] : []),
    ...(major >= 17 ? ["provider = builtin, locale = 'C'"] : []),
    ...(major >= 17 ? ["provider = builtin, locale = 'C.UTF-8'"] : []),
  ]);
  if (!(await world.run(`CREATE COLLATION ${of} (${how})`))) return;
  const table = world.place('collated');
  await world.run(
    `CREATE TABLE ${table.of} (k text COLLATE ${of}, n int, UNIQUE (k, n), CHECK (k < 'zz' COLLATE ${of}))`,
  );
  await world.run(`INSERT INTO ${table.of} VALUES ('a', 1), ('A', 2), ('b', 1), (NULL, NULL)`);
  await world.run(`CREATE INDEX ON ${table.of} (n, k COLLATE "C" DESC)`);
  const parted = world.place('by_text');
  await world.run(`CREATE TABLE ${parted.of} (k text COLLATE ${of}) PARTITION BY RANGE (k)`);
  const [low, high] = [world.place('low'), world.place('high')];
  await world.run(
    `CREATE TABLE ${low.of} PARTITION OF ${parted.of} FOR VALUES FROM (MINVALUE) TO ('b')`,
  );
  await world.run(`CREATE TABLE ${high.of} PARTITION OF ${parted.of} DEFAULT`);
  await world.run(`INSERT INTO ${parted.of} VALUES ('A'), ('a'), ('B'), ('c'), (NULL)`);
}
