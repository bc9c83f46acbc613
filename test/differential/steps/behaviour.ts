import { literal, quote, type World } from '../world.ts';

/** Triggers, rules and policies; those that act on rows would act again if a restore let them. */
export async function makeBehaviour(world: World): Promise<void> {
  const { random } = world;
  for (const table of world.tables) {
    if (random.chance(0.3)) await makeTrigger(world, table.of);
    if (random.chance(0.15)) await makePolicies(world, table.of);
    if (random.chance(0.1)) {
      const name = quote(world.names.object('rule'));
      const sql = random.pick(['DO ALSO NOTHING', 'DO ALSO SELECT 1']);
      if (await world.run(`CREATE RULE ${name} AS ON DELETE TO ${table.of} ${sql}`))
        if (random.chance(0.5))
          await world.run(
            `ALTER TABLE ${table.of} ${random.pick(['DISABLE', 'ENABLE ALWAYS', 'ENABLE REPLICA'])} RULE ${name}`,
          );
    }
  }
  if (random.chance(0.2)) await makeEventTrigger(world);
}

async function makeTrigger(world: World, table: string): Promise<void> {
  const { random } = world;
  const name = quote(world.names.object('trigger'));
  const call = world.triggerFunctions[0];
  if (call === undefined) return;
  const kind = random.pick([
    `TRIGGER ${name} BEFORE INSERT OR UPDATE ON ${table} FOR EACH ROW`,
    `TRIGGER ${name} AFTER DELETE ON ${table} FOR EACH STATEMENT`,
    `TRIGGER ${name} AFTER UPDATE ON ${table} REFERENCING NEW TABLE AS n FOR EACH STATEMENT`,
    `CONSTRAINT TRIGGER ${name} AFTER INSERT ON ${table} DEFERRABLE INITIALLY DEFERRED FOR EACH ROW`,
    `TRIGGER ${name} BEFORE UPDATE ON ${table} FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*)`,
  ]);
  if (!(await world.run(`CREATE ${kind} EXECUTE FUNCTION ${call}(${literal("it's")}, 'x')`)))
    return;
  if (random.chance(0.5))
    await world.run(
      `ALTER TABLE ${table} ${random.pick(['DISABLE', 'ENABLE ALWAYS', 'ENABLE REPLICA'])} TRIGGER ${name}`,
    );
  if (random.chance(0.2))
    await world.run(`COMMENT ON TRIGGER ${name} ON ${table} IS ${world.comment()}`);
}

async function makePolicies(world: World, table: string): Promise<void> {
  const { random } = world;
  const name = quote(world.names.object('policy'));
  const made = await world.run(
    `CREATE POLICY ${name} ON ${table} ${random.maybe(0.5, 'AS RESTRICTIVE ')}FOR ${random.pick(['ALL', 'SELECT'])}
     TO ${random.pick(['PUBLIC', world.role()])} USING (current_user <> ${literal("x'")})`,
  );
  if (made && random.chance(0.3))
    await world.run(`COMMENT ON POLICY ${name} ON ${table} IS ${world.comment()}`);
  if (random.chance(0.7)) await world.run(`ALTER TABLE ${table} ENABLE ROW LEVEL SECURITY`);
  if (random.chance(0.5)) await world.run(`ALTER TABLE ${table} FORCE ROW LEVEL SECURITY`);
}

async function makeEventTrigger(world: World): Promise<void> {
  const { random } = world;
  const { of } = world.place('et');
  const name = quote(world.names.object('event'));
  const made = await world.run(
    `CREATE FUNCTION ${of}() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN PERFORM 1; END'`,
  );
  if (!made) return;
  const event = random.pick(['ddl_command_start', 'ddl_command_end', 'sql_drop']);
  const tags =
    event === 'sql_drop' ? '' : random.maybe(0.5, " WHEN TAG IN ('CREATE TABLE', 'DROP TABLE')");
  if (
    !(await world.run(`CREATE EVENT TRIGGER ${name} ON ${event}${tags} EXECUTE FUNCTION ${of}()`))
  )
    return;
  if (random.chance(0.3))
    await world.run(`ALTER EVENT TRIGGER ${name} ${random.pick(['DISABLE', 'ENABLE REPLICA'])}`);
  if (random.chance(0.3)) await world.run(`COMMENT ON EVENT TRIGGER ${name} IS ${world.comment()}`);
}
