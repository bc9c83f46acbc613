import { assertNoPooler } from '../../postgres/server-facts.ts';
import type { Session } from '../../postgres/session.ts';
import type { RestoreResult } from '../restore-request.ts';
import { restoreTables } from '../restore-tables.ts';
import { assertRoom } from './check-target.ts';
import { makeRoles } from './make-roles.ts';
import type { RestoreJob } from './restore-job.ts';
import { inSession } from './target-sessions.ts';

/** Single tables into a database that is in use. */
export function restoreSingleTables(job: RestoreJob): Promise<RestoreResult> {
  return inSession(job, { settings: job.request.to, work: (session) => bringBack(job, session) });
}

async function bringBack(job: RestoreJob, session: Session): Promise<RestoreResult> {
  const { tables, dryRun, keepGoing, noOwner } = job.request;
  await assertNoPooler(session);
  await assertRoom(job, session);
  if (!dryRun) await makeRoles(job, session);
  const restoredTables = await restoreTables(job.set, {
    session,
    requests: tables,
    tools: job.tools(session),
    applicationName: job.applicationName,
    dryRun,
    role: job.role(),
    definitions: () => job.definitions(),
    noOwner,
    signal: job.context.signal,
    progress: job.context.progress,
    onNote: job.note,
    onWarning: (note) => job.noteAtOnce(note),
    keepGoing,
    onFailures: (failures) => job.failures.push(...failures),
  });
  job.steps.push(...restoredTables.map(({ step }) => step));
  const rows = restoredTables.reduce((sum, one) => sum + one.rows, 0);
  return { ...job.result([]), restoredTables, rows };
}
