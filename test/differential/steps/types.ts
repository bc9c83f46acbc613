import { BUILT_IN } from '../values.ts';
import { literal, quote, type TypeOfWorld, type World } from '../world.ts';

/** Enums, domains, composites and ranges over each other, and what is known of them for tables and rows. */
export async function makeTypes(world: World): Promise<void> {
  world.types.push(...BUILT_IN);
  const makers = [makeEnum, makeDomain, makeComposite, makeRange];
  for (let left = world.random.between(1, 6); left > 0; left -= 1) {
    const type = await world.random.pick(makers)(world);
    if (type === undefined) continue;
    world.types.push(type);
    await decorate(world, type.of);
  }
}

async function decorate(world: World, of: string): Promise<void> {
  const { random } = world;
  if (random.chance(0.2)) await world.run(`COMMENT ON TYPE ${of} IS ${world.comment()}`);
  if (random.chance(0.2)) await world.run(`ALTER TYPE ${of} OWNER TO ${world.role()}`);
  if (random.chance(0.2)) await world.run(`REVOKE USAGE ON TYPE ${of} FROM PUBLIC`);
  if (random.chance(0.2)) await world.run(`GRANT USAGE ON TYPE ${of} TO ${world.role()}`);
}

async function makeEnum(world: World): Promise<TypeOfWorld | undefined> {
  const { of } = world.place('enum');
  const labels = [...new Set(["it's", 'a b', '', 'é', world.names.plain('label'), 'NULL'])];
  const chosen = world.random.sample(labels, world.random.between(1, 6));
  if (!(await world.run(`CREATE TYPE ${of} AS ENUM (${chosen.map(literal).join(', ')})`)))
    return undefined;
  if (world.random.chance(0.3)) {
    const label = literal(chosen[0] ?? '');
    await world.run(`ALTER TYPE ${of} ADD VALUE 'before' BEFORE ${label}`);
  }
  const value = literal(chosen[0] ?? '');
  return { of, isSortable: true, literal: () => `${value}::${of}` };
}

async function makeDomain(world: World): Promise<TypeOfWorld | undefined> {
  const { random } = world;
  const { of } = world.place('domain');
  const base = random.pick(world.types);
  const check = random.maybe(
    0.5,
    ` CONSTRAINT ${quote(world.names.object('check'))} CHECK (VALUE IS NOT NULL OR true)`,
  );
  const start = base.literal(random);
  const standard = random.maybe(0.3, ` DEFAULT ${start}`);
  if (!(await world.run(`CREATE DOMAIN ${of} AS ${base.of}${standard}${check}`))) return undefined;
  if (random.chance(0.2))
    await world.run(
      `ALTER DOMAIN ${of} ADD CONSTRAINT ${quote(world.names.object('late'))} CHECK (VALUE IS NOT NULL) NOT VALID`,
    );
  return { of, isSortable: base.isSortable, literal: (by) => `(${base.literal(by)})::${of}` };
}

async function makeComposite(world: World): Promise<TypeOfWorld | undefined> {
  const { random } = world;
  const { of } = world.place('pair');
  const parts = random.sample(world.types, random.between(1, 4));
  const columns = parts.map((part) => `${quote(world.names.plain('part'))} ${part.of}`);
  if (!(await world.run(`CREATE TYPE ${of} AS (${columns.join(', ')})`))) return undefined;
  return {
    of,
    isSortable: false,
    literal: (by) => `ROW(${parts.map((part) => part.literal(by)).join(', ')})::${of}`,
  };
}

/** PostgreSQL cuts the name of a multirange that it makes itself at 63 bytes, in the middle of a character: then no dump restores. */
async function makeRange(world: World): Promise<TypeOfWorld | undefined> {
  const { of, schema, name } = world.place('range');
  const isOwn = Buffer.byteLength(name) > 50 || world.random.chance(0.5);
  const multi = isOwn
    ? `, multirange_type_name = ${quote(schema)}.${quote(world.names.plain('multi'))}`
    : '';
  const base = world.random.pick(['float8', 'text', 'time', 'bigint']);
  if (!(await world.run(`CREATE TYPE ${of} AS RANGE (subtype = ${base}${multi})`)))
    return undefined;
  return { of, isSortable: true, literal: () => `'[,)'::${of}` };
}
