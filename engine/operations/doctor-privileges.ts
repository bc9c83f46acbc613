import { quoteIdentifier } from '../domain/table-name.ts';
import { readBackupRole } from '../postgres/backup-role.ts';
import { readPrivileges } from '../postgres/privileges.ts';
import { listRelations } from '../postgres/relations.ts';
import type { Session } from '../postgres/session.ts';
import type { Examination } from './doctor-finding.ts';

/** What the role may read now, what policies hide from it, and whether it may read what will be made tomorrow. */
export async function examinePrivileges(examination: Examination, session: Session): Promise<void> {
  await examination.tryOut('privileges', async () => {
    const { gaps, role } = await readPrivileges(session);
    if (gaps.length > 0)
      return {
        status: 'failed',
        detail: `role ${role} may not read ${gaps.length} objects`,
        fix: gaps.map(({ grant }) => grant),
      };
    const tables = (await listRelations(session, { withSizes: false })).length;
    return {
      detail: `role ${role} may read all ${tables} tables, all sequences and large objects`,
    };
  });
  await examination.tryOut('row-level security', async () => {
    const { rowSecurity, role } = await readPrivileges(session);
    if (rowSecurity.length === 0) return { detail: 'hides no rows from this role' };
    return {
      status: 'failed',
      detail: `hides rows of ${rowSecurity.join(', ')}`,
      fix: [`ALTER ROLE ${quoteIdentifier(role)} BYPASSRLS;`],
    };
  });
  await examination.tryOut('backup role', async () => {
    const { role, missing } = await readBackupRole(session);
    if (missing.length === 0)
      return { detail: `role ${role} may read what will be made later, too` };
    return {
      status: 'warning',
      detail: `role ${role} may not read tables that others will make later`,
      fix: missing,
    };
  });
}
