import {
  describeSubscriptions,
  differentSettings,
  subscriptionsOf,
} from '../../domain/restore/source-differences.ts';
import { quoteIdentifier } from '../../domain/table-name.ts';
import { readServerSettings } from '../../postgres/restore/server-settings.ts';
import { leftUnfinished } from '../../postgres/restore/unfinished-database.ts';
import { rolesOf } from '../../postgres/roles.ts';
import { assertNoPooler, remarkOnMajor } from '../../postgres/server-facts.ts';
import type { Session } from '../../postgres/session.ts';
import { assertFit, readTargetGaps, type TargetGaps } from '../restore-requirements.ts';
import { restoreSteps } from '../restore-steps.ts';
import { ownersOf } from './owners.ts';
import type { RestoreJob } from './restore-job.ts';
import type { RightsOptions } from './restore-rights.ts';
import { assertScratchRoom, assertTargetRoom } from './restore-room.ts';

/** What every restore of more than single tables asks of its target before it writes anything. */
export async function checkTarget(job: RestoreJob, session: Session): Promise<TargetGaps> {
  const { keepGoing, roles } = job.request;
  await assertNoPooler(session);
  job.tools(session);
  const untested = remarkOnMajor(session.serverVersionNum);
  if (untested !== undefined) job.note(untested);
  const { manifest } = job.set;
  const gaps = await readTargetGaps(session, {
    manifest,
    rolesOfSource: rolesOf(await job.globals(session)),
  });
  if (!keepGoing) assertFit(gaps, { makesRoles: roles });
  await assertRoom(job, session);
  if (gaps.tablespaces.length > 0)
    job.note(
      `the target has no tablespace ${gaps.tablespaces.join(', ')}; all goes into its default`,
    );
  await noteSurroundings(job, session);
  return gaps;
}

/** What the source has around its database that a restore does not bring. */
async function noteSurroundings(job: RestoreJob, session: Session): Promise<void> {
  if (job.request.contents === 'data') return;
  const { serverSettings = [] } = job.set.manifest;
  const settings = differentSettings(serverSettings, await readServerSettings(session));
  if (settings.length > 0)
    job.noteAtOnce(
      `settings of the source's server that computed values depend on are others here: ${settings.join(', ')}`,
    );
  for (const note of describeSubscriptions(subscriptionsOf(await job.definitions())))
    job.noteAtOnce(note);
}

/** Connections on the target, and room on this machine. */
export async function assertRoom({ request, set }: RestoreJob, session: Session): Promise<void> {
  await assertTargetRoom(session, request);
  await assertScratchRoom(set.manifest, request);
}

/** What the rights of the role are compared with; with --keep-going what is refused is left out. */
export async function rightsOf(job: RestoreJob, gaps: TargetGaps): Promise<RightsOptions> {
  const { noOwner, keepGoing } = job.request;
  const { manifest } = job.set;
  const toc = keepGoing ? [] : await job.definitions();
  return {
    ...job.role(),
    makesRoles: gaps.rolesOfSource,
    owners: noOwner ? [] : ownersOf(toc),
    toc,
    // Where one is missing, everything goes into the default one.
    tablespaces: keepGoing || gaps.tablespaces.length > 0 ? [] : manifest.tablespaces,
    onNote: job.note,
  };
}

/** Names the databases that earlier restores of this name began and did not finish. */
export async function noteLeftovers(job: RestoreJob, maintenance: Session): Promise<void> {
  for (const { name, isInUse } of await leftUnfinished(maintenance, job.request.to.database))
    job.note(
      isInUse
        ? `another restore fills database ${name} now`
        : `an earlier restore left database ${name}, which is not finished; drop it: DROP DATABASE ${quoteIdentifier(name)};`,
    );
}

/** What is done once the database is there. */
export function describeSteps({ steps, request, set, context }: RestoreJob, gaps: TargetGaps) {
  const { location } = context.repository;
  steps.push(...restoreSteps(set.manifest, { ...request, gaps, repository: location }));
}
