import { quote, type World } from '../world.ts';

/** Grants on what there is, with grant option and by column, and default privileges. */
export async function makePrivileges(world: World): Promise<void> {
  const { random } = world;
  for (const table of world.tables) {
    if (random.chance(0.3))
      await world.run(
        `GRANT ${random.pick(['SELECT', 'ALL', 'INSERT, UPDATE'])} ON ${table.of} TO ${random.pick(['PUBLIC', world.role()])}`,
      );
    if (random.chance(0.2))
      await world.run(`GRANT SELECT ON ${table.of} TO ${world.role()} WITH GRANT OPTION`);
    if (random.chance(0.2)) {
      const column = quote(random.pick(table.columns).name);
      await world.run(
        `GRANT UPDATE (${column}), SELECT (${column}) ON ${table.of} TO ${world.role()}`,
      );
    }
    if (random.chance(0.05)) await world.run(`REVOKE ALL ON ${table.of} FROM CURRENT_USER`);
  }
  for (const view of world.views)
    if (random.chance(0.3)) await world.run(`GRANT SELECT ON ${view} TO ${world.role()}`);
  for (const schema of world.schemas)
    if (random.chance(0.4))
      await world.run(
        `GRANT ${random.pick(['USAGE', 'ALL'])} ON SCHEMA ${quote(schema)} TO ${world.role()}`,
      );
  for (const sequence of world.sequences)
    if (random.chance(0.4))
      await world.run(`GRANT USAGE ON SEQUENCE ${sequence} TO ${world.role()}`);
  for (let left = random.between(0, 3); left > 0; left -= 1) await makeDefault(world);
}

async function makeDefault(world: World): Promise<void> {
  const { random } = world;
  const whose = random.maybe(0.7, ` FOR ROLE ${world.role()}`);
  const where = random.maybe(0.5, ` IN SCHEMA ${quote(random.pick(world.schemas))}`);
  const what = random.pick([
    `GRANT SELECT ON TABLES TO ${world.role()}`,
    'REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC',
    `GRANT USAGE ON TYPES TO ${world.role()} WITH GRANT OPTION`,
    `GRANT ALL ON SEQUENCES TO ${world.role()}`,
    ...(where === '' ? [`GRANT USAGE ON SCHEMAS TO ${world.role()}`] : []),
  ]);
  await world.run(`ALTER DEFAULT PRIVILEGES${whose}${where} ${what}`);
}
