import { literal, quote, type World } from '../world.ts';

/** Schemas, among them two whose names and a table's, joined by a blank, are alike. */
export async function makeSchemas(world: World): Promise<void> {
  const { random, names } = world;
  const wanted = Array.from({ length: random.between(1, 4) }, () => names.object('schema'));
  if (random.chance(0.4)) wanted.push('a', 'a b');
  for (const name of wanted) {
    const owner = random.maybe(0.5, ` AUTHORIZATION ${world.role()}`);
    if (!(await world.run(`CREATE SCHEMA ${quote(name)}${owner}`))) continue;
    world.schemas.push(name);
    if (random.chance(0.3))
      await world.run(`COMMENT ON SCHEMA ${quote(name)} IS ${world.comment()}`);
  }
  if (random.chance(0.1) && (await world.run('DROP SCHEMA public')))
    if (random.chance(0.5) || world.schemas.length === 1) await world.run('CREATE SCHEMA public');
    else world.schemas.splice(world.schemas.indexOf('public'), 1);
  if (random.chance(0.2)) await world.run(`ALTER SCHEMA public OWNER TO ${world.role()}`);
  if (random.chance(0.2)) await world.run('REVOKE ALL ON SCHEMA public FROM PUBLIC');
  if (random.chance(0.1)) await world.run(`COMMENT ON SCHEMA public IS ${world.comment()}`);
}

/** Roles with attributes, comments, settings and memberships; no passwords, which no dump of ours holds. */
export async function makeRoles(world: World): Promise<void> {
  const { random, names } = world;
  for (let left = random.between(1, 5); left > 0; left -= 1) {
    const name = names.role();
    if (!(await world.run(`CREATE ROLE ${quote(name)} ${attributes(world)}`))) continue;
    world.roles.push(name);
    if (random.chance(0.3)) await world.run(`COMMENT ON ROLE ${quote(name)} IS ${world.comment()}`);
    if (random.chance(0.3)) await world.run(`ALTER ROLE ${quote(name)} SET ${setting(world)}`);
  }
  for (const member of world.roles) {
    if (random.chance(0.5)) await grantMembership(world, member);
    if (random.chance(0.2))
      await world.run(
        `GRANT ${random.pick(['pg_read_all_data', 'pg_monitor'])} TO ${quote(member)}`,
      );
  }
}

function attributes({ random }: World): string {
  return [
    random.maybe(0.5, 'LOGIN'),
    random.maybe(0.2, 'NOINHERIT'),
    random.maybe(0.2, 'CREATEDB'),
    random.maybe(0.2, 'CREATEROLE'),
    random.maybe(0.1, 'SUPERUSER'),
    random.maybe(0.1, 'BYPASSRLS'),
    random.maybe(0.1, 'REPLICATION'),
    random.maybe(0.2, `CONNECTION LIMIT ${random.between(0, 50)}`),
    random.maybe(0.2, `VALID UNTIL '${random.pick(['infinity', '2031-01-01 12:00+05'])}'`),
  ].join(' ');
}

async function grantMembership(world: World, member: string): Promise<void> {
  const { random } = world;
  const options =
    world.major >= 16
      ? random.pick([
          '',
          ' WITH INHERIT FALSE',
          ' WITH SET FALSE, ADMIN TRUE',
          ' WITH ADMIN OPTION',
        ])
      : random.pick(['', ' WITH ADMIN OPTION']);
  await world.run(`GRANT ${world.role()} TO ${quote(member)}${options}`);
}

/** Settings that change what values look like, and others that would stop or mislead a restore. */
export function setting({ random, schemas }: World): string {
  const [one, other] = [random.pick(schemas), random.pick(schemas)];
  return random.pick([
    "TimeZone = 'Pacific/Chatham'",
    "DateStyle = 'SQL, DMY'",
    "IntervalStyle = 'sql_standard'",
    'extra_float_digits = -5',
    "bytea_output = 'escape'",
    'xmlbinary = hex',
    "default_text_search_config = 'pg_catalog.german'",
    `search_path = ${quote(one)}, "$user", ${quote(other)}`,
    "search_path = ''",
    "work_mem = '5MB'",
    'statement_timeout = 77',
    'lock_timeout = 77',
    'row_security = off',
    'default_transaction_isolation = serializable',
    'standard_conforming_strings = off',
    'quote_all_identifiers = on',
    'check_function_bodies = on',
    `"app.name" = ${literal('odd \'value\', \\ "x"')}`,
    'client_min_messages = error',
    'default_toast_compression = pglz',
    'session_replication_role = replica',
  ]);
}

/** Of the database and of roles in it. They come last here, as they change the sessions that come after. */
export async function makeSettings(world: World): Promise<void> {
  const { random } = world;
  const database = quote(world.database);
  for (let left = random.between(0, 4); left > 0; left -= 1)
    await world.run(`ALTER DATABASE ${database} SET ${setting(world)}`);
  for (let left = random.between(0, 3); left > 0; left -= 1)
    await world.run(`ALTER ROLE ${world.role()} IN DATABASE ${database} SET ${setting(world)}`);
  if (random.chance(0.1))
    await world.run(`ALTER DATABASE ${database} SET default_transaction_read_only = on`);
  if (random.chance(0.3)) await world.run(`COMMENT ON DATABASE ${database} IS ${world.comment()}`);
  if (random.chance(0.3)) await world.run(`ALTER DATABASE ${database} OWNER TO ${world.role()}`);
  if (random.chance(0.3)) await world.run(`ALTER DATABASE ${database} CONNECTION LIMIT 33`);
  if (random.chance(0.3)) await world.run(`REVOKE ALL ON DATABASE ${database} FROM PUBLIC`);
  if (random.chance(0.3))
    await world.run(`GRANT CREATE, CONNECT ON DATABASE ${database} TO ${world.role()}`);
}
