import type { ConnectionSettings } from '../../postgres/connection-settings.ts';
import { createRoles, type RolesResult } from '../../postgres/roles.ts';
import type { Session } from '../../postgres/session.ts';
import type { RestoreJob } from './restore-job.ts';
import { inSession } from './target-sessions.ts';

/** Makes the roles that the target lacks, where that is asked for, for a database that is there. */
export async function makeRoles(job: RestoreJob, session: Session): Promise<void> {
  const globals = await job.globals(session);
  if (globals.statements.length > 0)
    report(job, await createRoles(session, { globals, texts: 'all' }));
}

/**
 * The same before a database is made. @returns what makes the rest of them in that database, because
 * its objects find their roles by bytes in its encoding.
 */
export async function makeRolesFor(
  job: RestoreJob,
  maintenance: Session,
): Promise<(settings: ConnectionSettings) => Promise<void>> {
  const globals = await job.globals(maintenance);
  if (globals.statements.length === 0) return async () => undefined;
  const result = await createRoles(maintenance, { globals, texts: 'utf8' });
  report(job, result);
  return async (settings) => {
    if (globals.encoded.length === 0) return;
    const work = (session: Session) =>
      createRoles(session, { globals, texts: 'encoded', madeBefore: result.created });
    report(job, await inSession(job, { settings, work }));
  };
}

function report({ note }: RestoreJob, roles: RolesResult): void {
  const { created, withheld, unreadable, notGranted, tablespaces } = roles;
  if (created.length > 0) note(`made roles without login: ${created.join(', ')}`);
  if (withheld.length > 0) note(`not given, because this role may not: ${withheld.join('; ')}`);
  if (unreadable.length > 0)
    note(`not given, because its bytes are in no known encoding: ${unreadable.join('; ')}`);
  if (notGranted.length > 0)
    note(
      `memberships of the source that roles which were there before do not get: ${notGranted.join('; ')}`,
    );
  if (tablespaces.length > 0)
    note(`tablespaces of the source are not made: ${tablespaces.join(', ')}`);
}
