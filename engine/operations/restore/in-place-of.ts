import { filledUnderOtherName } from '../../domain/restore/own-name.ts';
import { undoOverwrite } from '../../domain/restore/undo-overwrite.ts';
import { cutName } from '../../domain/table-name.ts';
import { withDatabase } from '../../postgres/connection-settings.ts';
import { assertNotAtHome } from '../../postgres/restore/home-extensions.ts';
import { readPublications } from '../../postgres/restore/replaced-database.ts';
import { swapDatabases } from '../../postgres/target-database.ts';
import { assertMayReplace, assertSaidTwice } from '../restore-guard.ts';
import type { RestoreResult } from '../restore-request.ts';
import { checkTarget, describeSteps, noteLeftovers, rightsOf } from './check-target.ts';
import { type MadeDatabase, makeAndFill, renameStatement, restoredName } from './into-new.ts';
import type { RestoreJob } from './restore-job.ts';
import { assertMaySwap } from './restore-rights.ts';
import { inMaintenance } from './target-sessions.ts';
import { describeTies } from './ties.ts';

/** Beside a database, compared, and only then in its place. The replaced one is kept. */
export async function restoreInPlaceOf(job: RestoreJob, name: string): Promise<RestoreResult> {
  const { to, dryRun, endSessions } = job.request;
  const { extensions } = job.set.manifest;
  assertSaidTwice(name, to.database);
  return inMaintenance(job, async (maintenance) => {
    const ties = await assertMayReplace(maintenance, { name, endSessions });
    const gaps = await checkTarget(job, maintenance);
    await assertNotAtHome(maintenance, { extensions, name });
    await assertMaySwap(maintenance, { name, endSessions, ...(await rightsOf(job, gaps)) });
    await noteLeftovers(job, maintenance);
    const { restored, kept } = namesBeside(job, name);
    const { applicationName } = job;
    const publications = await readPublications(withDatabase(maintenance.settings, name), {
      applicationName,
    });
    const all = { ...ties, publications };
    for (const note of describeTies(all, { name, kept })) job.noteAtOnce(note);
    job.steps.push(`create database ${restored} beside ${name}`);
    describeSteps(job, gaps);
    job.steps.push(`rename ${name} to ${kept} and ${restored} to ${name}, in one transaction`);
    if (dryRun) return job.result([]);
    const publish = ({ unfinished, finish }: MadeDatabase) =>
      swapDatabases(maintenance, name, {
        ...{ restored: unfinished, kept, endSessions, beforeCommit: () => finish(name) },
        onNote: job.note,
      });
    const putInPlace = (from: string) =>
      `BEGIN; ${renameStatement(name, kept)} ${renameStatement(from, name)} COMMIT;`;
    const comparison = await makeAndFill(job, { maintenance, gaps, publish, putInPlace });
    const refreshes = filledUnderOtherName(await job.definitions());
    if (refreshes.length > 0)
      job.note(
        `materialized views were filled while the database had another name, which something in it asks for; run in ${name}: ${refreshes.join(' ')}`,
      );
    return { ...job.result(comparison), kept, ...undoOverwrite({ name, kept }) };
  });
}

/** What the restored database is called until the swap, and the replaced one after it. */
function namesBeside(job: RestoreJob, name: string): { restored: string; kept: string } {
  const now = job.context.clock.now().toISOString().replace(/\D/g, '').slice(0, 14);
  return {
    restored: restoredName(job, name),
    kept: `${cutName(name, { bytes: 39 })}_replaced_${now}`,
  };
}
