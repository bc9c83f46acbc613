import type { ConnectionSettings } from '../../postgres/connection-settings.ts';
import { openMaintenance } from '../../postgres/restore/maintenance-session.ts';
import { Session } from '../../postgres/session.ts';
import type { RestoreJob } from './restore-job.ts';

export interface InSessionOptions<T> {
  settings: ConnectionSettings;
  work: (session: Session) => Promise<T>;
}

/** A session of this restore, for as long as the work takes. */
export async function inSession<T>(
  { applicationName }: RestoreJob,
  { settings, work }: InSessionOptions<T>,
): Promise<T> {
  const session = await Session.open(settings, { applicationName });
  return endedAfter(session, work);
}

/** A session on another database of the target's server, from which databases are made and renamed. */
export async function inMaintenance<T>(
  { applicationName, request, set }: RestoreJob,
  work: (session: Session) => Promise<T>,
): Promise<T> {
  const also = [set.manifest.source.databaseName];
  const session = await openMaintenance(request.to, { applicationName, also });
  return endedAfter(session, work);
}

async function endedAfter<T>(session: Session, work: (session: Session) => Promise<T>): Promise<T> {
  try {
    return await work(session);
  } finally {
    await session.end();
  }
}
