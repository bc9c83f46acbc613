import type { TocEntry } from '../../domain/archive-toc.ts';
import type { ManifestTable } from '../../domain/manifest.ts';
import { type MissingRight, missingToGive } from '../../domain/restore/missing-rights.ts';
import { rolesClosedTo } from '../../postgres/restore/role-membership.ts';
import {
  missingInSchema,
  missingToRefill,
  readRoleRights,
} from '../../postgres/restore/role-rights.ts';
import type { Session } from '../../postgres/session.ts';

export interface TableErrand {
  action: 'created' | 'filled' | 'beside';
  root: ManifestTable;
  tables: readonly ManifestTable[];
}

export interface TableRightsOptions {
  errands: readonly TableErrand[];
  /** The definitions of the set; asked for where tables are made. */
  definitions: () => Promise<readonly TocEntry[]>;
  noOwner: boolean;
}

/** What a role lacks to bring tables back: a new one belongs to a schema, an old one to its owner. */
export async function missingForTables(
  session: Session,
  { errands, definitions, noOwner }: TableRightsOptions,
): Promise<MissingRight[]> {
  const missing: MissingRight[] = [];
  for (const { action, root } of errands)
    missing.push(
      ...(action === 'filled'
        ? await missingToRefill(session, root)
        : await missingInSchema(session, root.schema)),
    );
  const made = errands.filter(({ action }) => action === 'created');
  if (made.length === 0 || noOwner) return missing;
  const owners = ownersOfTables(made, await definitions());
  const closed = await rolesClosedTo(session, owners);
  return [...missing, ...missingToGive(await readRoleRights(session), closed)];
}

/** The roles that the tables which are made go to. */
export function ownersOfTables(
  errands: readonly Pick<TableErrand, 'tables'>[],
  toc: readonly TocEntry[],
): string[] {
  const oids = new Set(errands.flatMap(({ tables }) => tables.map(({ oid }) => oid)));
  const owners = toc
    .filter(({ type, oid }) => type === 'TABLE' && oids.has(oid))
    .map(({ owner }) => owner);
  return [...new Set(owners)].filter((owner) => owner !== '');
}
