import { quote, type World } from '../world.ts';

interface Named {
  /** As COMMENT ON and ALTER name it. */
  of: string;
  kind: string;
}

/** Objects of the user, as PostgreSQL itself names them; `ON` and the rest is in the identity. */
const ALL = `SELECT found.type AS kind, found.identity AS identity
  FROM (
    SELECT 'pg_class'::regclass AS class, oid, 0 AS sub FROM pg_class WHERE relkind <> 't'
    UNION ALL SELECT 'pg_class'::regclass, attrelid, attnum FROM pg_attribute
      WHERE attnum > 0 AND NOT attisdropped AND attrelid IN
        (SELECT oid FROM pg_class WHERE relkind IN ('r', 'v', 'm', 'f', 'p', 'c'))
    ${[
      'pg_am',
      'pg_cast',
      'pg_collation',
      'pg_constraint',
      'pg_conversion',
      'pg_event_trigger',
      'pg_extension',
      'pg_foreign_data_wrapper',
      'pg_foreign_server',
      'pg_language',
      'pg_namespace',
      'pg_opclass',
      'pg_operator',
      'pg_opfamily',
      'pg_policy',
      'pg_proc',
      'pg_publication',
      'pg_rewrite',
      'pg_statistic_ext',
      'pg_subscription',
      'pg_transform',
      'pg_trigger',
      'pg_ts_config',
      'pg_ts_dict',
      'pg_ts_parser',
      'pg_ts_template',
    ]
      .map((name) => `UNION ALL SELECT '${name}'::regclass, oid, 0 FROM ${name}`)
      .join(' ')}
    UNION ALL SELECT 'pg_type'::regclass, oid, 0 FROM pg_type
      WHERE typrelid = 0 AND typcategory <> 'A'
    UNION ALL SELECT 'pg_largeobject'::regclass, oid, 0 FROM pg_largeobject_metadata
  ) object, pg_identify_object(object.class, object.oid, object.sub) found
  WHERE (object.oid >= 16384 OR object.class = 'pg_largeobject'::regclass) AND found.identity IS NOT NULL
    AND NOT EXISTS (SELECT FROM pg_depend d
      WHERE d.classid = object.class AND d.objid = object.oid AND d.deptype = 'e')
  ORDER BY found.type COLLATE "C", found.identity COLLATE "C"`;

/** Kinds that COMMENT ON calls by another name than pg_identify_object. */
const AS_SQL: Readonly<Record<string, string>> = {
  'composite type': 'TYPE',
  'composite type column': 'COLUMN',
  'domain constraint': 'CONSTRAINT',
  'foreign table column': 'COLUMN',
  'foreign-data wrapper': 'FOREIGN DATA WRAPPER',
  'materialized view column': 'COLUMN',
  'statistics object': 'STATISTICS',
  'table column': 'COLUMN',
  'table constraint': 'CONSTRAINT',
  'view column': 'COLUMN',
};

/** They belong to whom their table, type or database belongs. */
const NO_OWNER = /column|constraint|trigger|rule|policy|cast|transform|access method|index/;

async function allObjects(world: World): Promise<Named[]> {
  const rows = await world.rows(ALL);
  return rows.map(({ kind, identity }) => {
    const type = String(kind);
    const name =
      type === 'domain constraint' ? String(identity).replace(/ on /, ' ON DOMAIN ') : identity;
    return { kind: type, of: `${AS_SQL[type] ?? type.toUpperCase()} ${name}` };
  });
}

/** Comments, owners and privileges of every kind of object that a database has. */
export async function markEverything(world: World): Promise<void> {
  const { random } = world;
  const share = random.pick([0.02, 0.1, 0.4]);
  for (const { kind, of } of await allObjects(world)) {
    if (random.chance(share)) await world.run(`COMMENT ON ${of} IS ${world.comment()}`);
    if (!NO_OWNER.test(kind) && random.chance(share / 2))
      await world.run(`ALTER ${of} OWNER TO ${world.role()}`);
    if (random.chance(share)) await grantOn(world, { kind, of });
  }
  await grantParameters(world);
}

async function grantOn(world: World, { kind, of }: Named): Promise<void> {
  const { random } = world;
  const privileges = PRIVILEGES[kind];
  if (privileges === undefined) return;
  const name = of.slice((AS_SQL[kind] ?? kind).length + 1);
  const what = `${random.pick(privileges)} ON ${AS_GRANT[kind] ?? 'TABLE'} ${name}`;
  await world.run(
    random.pick([
      `GRANT ${what} TO ${world.role()}`,
      `GRANT ${what} TO ${world.role()} WITH GRANT OPTION`,
      `GRANT ${what} TO PUBLIC`,
      `REVOKE ${what} FROM PUBLIC, CURRENT_USER`,
    ]),
  );
}

const PRIVILEGES: Readonly<Record<string, readonly string[]>> = {
  table: ['SELECT', 'ALL', 'TRUNCATE, REFERENCES, TRIGGER'],
  view: ['SELECT', 'INSERT, DELETE'],
  'materialized view': ['SELECT'],
  'foreign table': ['SELECT, INSERT'],
  sequence: ['USAGE', 'UPDATE, SELECT'],
  function: ['EXECUTE'],
  procedure: ['EXECUTE'],
  aggregate: ['EXECUTE'],
  type: ['USAGE'],
  schema: ['USAGE', 'CREATE'],
  server: ['USAGE'],
  'foreign-data wrapper': ['USAGE'],
  'large object': ['SELECT', 'ALL'],
};

/** As GRANT calls a kind; all others are tables to it. */
const AS_GRANT: Readonly<Record<string, string>> = {
  sequence: 'SEQUENCE',
  function: 'FUNCTION',
  procedure: 'PROCEDURE',
  aggregate: 'FUNCTION',
  type: 'TYPE',
  schema: 'SCHEMA',
  server: 'FOREIGN SERVER',
  'foreign-data wrapper': 'FOREIGN DATA WRAPPER',
  'large object': 'LARGE OBJECT',
};

/** 15: privileges on settings. They belong to the cluster, and come with the roles. */
async function grantParameters(world: World): Promise<void> {
  if (world.major < 15 || !world.random.chance(0.2)) return;
  const setting = world.random.pick(['log_min_duration_statement', 'my.setting', 'work_mem']);
  await world.run(
    `GRANT ${world.random.pick(['SET', 'ALTER SYSTEM', 'ALL'])} ON PARAMETER ${setting
      .split('.')
      .map(quote)
      .join('.')} TO ${world.role()}`,
  );
}
