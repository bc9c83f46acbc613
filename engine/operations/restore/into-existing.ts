import type { ConnectionSettings } from '../../postgres/connection-settings.ts';
import { withoutObstacles } from '../../postgres/restore/overridden-settings.ts';
import type { Session } from '../../postgres/session.ts';
import { giveProperties, readDatabaseProperties } from '../database-properties.ts';
import { assertEmpty, assertNotProtected, assertTablesEmpty } from '../restore-guard.ts';
import type { RestoreResult } from '../restore-request.ts';
import { assertSameCharacters } from '../restore-requirements.ts';
import { asUnfinished } from '../unfinished-restore.ts';
import { checkTarget, describeSteps, rightsOf } from './check-target.ts';
import { differencesOf } from './existing-database.ts';
import { asOwners, fillDatabase } from './fill-database.ts';
import { makeRoles } from './make-roles.ts';
import type { RestoreJob } from './restore-job.ts';
import { assertMayFill } from './restore-rights.ts';
import { inSession } from './target-sessions.ts';

/** Into a database that is there and empty; data only into its empty tables, in one transaction. */
export function restoreIntoExisting(job: RestoreJob): Promise<RestoreResult> {
  return inSession(job, { settings: job.request.to, work: (session) => fill(job, session) });
}

async function fill(job: RestoreJob, session: Session): Promise<RestoreResult> {
  const { contents, dryRun } = job.request;
  const { manifest } = job.set;
  const gaps = await checkTarget(job, session);
  await assertNotProtected(session, job.request);
  if (contents === 'data') await assertTablesEmpty(session, manifest);
  else await assertEmpty(session);
  await assertSameCharacters(session, manifest.source);
  if (contents !== 'data') await assertMayFill(session, await rightsOf(job, gaps));
  if (contents !== 'data') await noteDifferences(job, session);
  describeSteps(job, gaps);
  if (dryRun) return job.result([]);
  await makeRoles(job, session);
  try {
    const work = async () => {
      const settings = contents === 'data' ? session.settings : await prepare(job, session);
      return fillDatabase(job, { settings, gaps });
    };
    return job.result(await asOwners(job, { session, work }));
  } catch (error) {
    throw contents === 'data' ? error : await asUnfinished(error, session);
  }
}

/**
 * Gives a database that is there the settings that values depend on, before any value comes, and
 * what else of the source's it may have. Its owner and its limits are those of who made it.
 */
async function prepare(job: RestoreJob, session: Session): Promise<ConnectionSettings> {
  const { database } = session.settings;
  const properties = await readDatabaseProperties(session, await job.definitions());
  const kinds = ['setting', 'description', 'grant'] as const;
  job.notes.push(...(await giveProperties(session, properties, { database, kinds })));
  return withoutObstacles(session, session.settings);
}

/** How the database differs from the source's in what a restore can not change. */
async function noteDifferences(job: RestoreJob, session: Session): Promise<void> {
  const properties = await readDatabaseProperties(session, await job.definitions());
  const { source } = job.set.manifest;
  for (const note of await differencesOf(session, { properties, source })) job.noteAtOnce(note);
}
