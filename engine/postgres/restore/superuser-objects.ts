import type { Session } from '../session.ts';

/** Objects outside of extensions, and extensions, that only a superuser can make again. */
export async function readSuperuserObjects(session: Session): Promise<string[]> {
  const own = (catalog: string, oid: string) =>
    `NOT EXISTS (SELECT FROM pg_catalog.pg_depend WHERE deptype = 'e' AND objid = ${oid}
       AND classid = 'pg_catalog.${catalog}'::pg_catalog.regclass) AND ${oid} >= 16384`;
  const rows = await session.query<{ object: string }>(
    `SELECT 'EVENT TRIGGER ' || evtname AS object FROM pg_catalog.pg_event_trigger t
       WHERE ${own('pg_event_trigger', 't.oid')}
     UNION ALL SELECT 'FOREIGN DATA WRAPPER ' || fdwname FROM pg_catalog.pg_foreign_data_wrapper w
       WHERE ${own('pg_foreign_data_wrapper', 'w.oid')}
     UNION ALL SELECT 'PUBLICATION ' || pubname FROM pg_catalog.pg_publication WHERE puballtables
     UNION ALL SELECT 'SUBSCRIPTION ' || subname FROM pg_catalog.pg_subscription s
       JOIN pg_catalog.pg_database d ON d.oid = s.subdbid
       WHERE d.datname = pg_catalog.current_database()
         AND NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = 'pg_create_subscription'
                         AND pg_catalog.pg_has_role(oid, 'USAGE'))
     UNION ALL SELECT 'CAST ' || pg_catalog.format('(%s AS %s)',
         pg_catalog.format_type(castsource, NULL), pg_catalog.format_type(casttarget, NULL))
       FROM pg_catalog.pg_cast c WHERE castmethod = 'b' AND ${own('pg_cast', 'c.oid')}
     UNION ALL SELECT 'OPERATOR CLASS ' || opcname FROM pg_catalog.pg_opclass o
       WHERE ${own('pg_opclass', 'o.oid')}
     UNION ALL SELECT 'TYPE ' || typname FROM pg_catalog.pg_type t
       WHERE typtype = 'b' AND typelem = 0 AND typinput::pg_catalog.oid >= 16384
         AND ${own('pg_type', 't.oid')}
     UNION ALL SELECT 'FUNCTION ' || proname FROM pg_catalog.pg_proc p
       JOIN pg_catalog.pg_language l ON l.oid = p.prolang
       WHERE (NOT l.lanpltrusted AND l.lanname <> 'sql' OR p.proleakproof)
         AND ${own('pg_proc', 'p.oid')}
     UNION ALL SELECT 'EXTENSION ' || x.extname FROM pg_catalog.pg_extension x
       WHERE EXISTS (SELECT FROM pg_catalog.pg_available_extension_versions v
                     WHERE v.name = x.extname AND v.installed AND v.superuser AND NOT v.trusted)
     ORDER BY 1`,
  );
  return rows.map(({ object }) => object);
}
