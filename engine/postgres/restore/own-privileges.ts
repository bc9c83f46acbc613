import { quoteTable, type TableName } from '../../domain/table-name.ts';
import type { Session } from '../session.ts';

/**
 * Gives relations that a restore has just made the privileges of a new one: all to the owner, none
 * to anybody else. Default privileges of the target would give more than the source gave: `ALTER
 * DEFAULT PRIVILEGES ... GRANT SELECT ON TABLES` opens a table that was closed in the source.
 */
export async function takeDefaultPrivileges(
  session: Session,
  relations: readonly TableName[],
): Promise<void> {
  for (const relation of relations) {
    const [changed] = await session.query<{ kind: string; owner: string; others: string[] }>(
      `SELECT c.relkind AS kind,
              pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(c.relowner)) AS owner,
              ARRAY(SELECT DISTINCT CASE a.grantee WHEN 0 THEN 'PUBLIC'
                      ELSE pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(a.grantee)) END
                    FROM pg_catalog.aclexplode(c.relacl) a
                    WHERE a.grantee <> c.relowner) AS others
       FROM pg_catalog.pg_class c
       WHERE c.oid = pg_catalog.to_regclass($1) AND c.relacl IS NOT NULL`,
      [quoteTable(relation)],
    );
    if (changed === undefined) continue;
    const what = `${changed.kind === 'S' ? 'SEQUENCE' : 'TABLE'} ${quoteTable(relation)}`;
    for (const role of changed.others) await session.query(`REVOKE ALL ON ${what} FROM ${role}`);
    await session.query(`GRANT ALL ON ${what} TO ${changed.owner}`);
  }
}
