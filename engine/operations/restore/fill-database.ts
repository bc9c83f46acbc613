import type { TableComparison } from '../../domain/restore-comparison.ts';
import type { ConnectionSettings } from '../../postgres/connection-settings.ts';
import { isSuperuser } from '../../postgres/restore/role-membership.ts';
import type { Session } from '../../postgres/session.ts';
import type { TargetGaps } from '../restore-requirements.ts';
import { assertEqualRows, restoreSet } from '../restore-set.ts';
import { besideOthers } from './beside-others.ts';
import { asMemberOf, ownersOf } from './owners.ts';
import type { RestoreJob } from './restore-job.ts';
import { inSession } from './target-sessions.ts';

export interface AsOwnersOptions<T> {
  session: Session;
  work: () => Promise<T>;
}

/** Does work as a member of the owners of the set's objects, unless nothing goes to them. */
export async function asOwners<T>(
  job: RestoreJob,
  { session, work }: AsOwnersOptions<T>,
): Promise<T> {
  if (job.request.noOwner) return work();
  const owners = ownersOf(await job.definitions());
  return asMemberOf(session, { owners, work, onNote: job.note });
}

export interface FillOptions {
  /** How to reach the database that is filled. */
  settings: ConnectionSettings;
  gaps: TargetGaps;
}

/** Fills one database with the set. */
export function fillDatabase(
  job: RestoreJob,
  { settings, gaps }: FillOptions,
): Promise<TableComparison[]> {
  const work = (target: Session) => restoreInto(job, { target, gaps });
  return inSession(job, { settings, work });
}

async function restoreInto(
  job: RestoreJob,
  { target, gaps }: { target: Session; gaps: TargetGaps },
): Promise<TableComparison[]> {
  const { contents, jobs, keepGoing, noOwner } = job.request;
  const common = {
    settings: target.settings,
    tools: job.tools(target),
    applicationName: job.applicationName,
    ...{ contents, jobs, keepGoing },
    withoutTablespaces: gaps.tablespaces.length > 0,
    withoutOwners: noOwner,
    disableTriggers: contents === 'data' && (await isSuperuser(target)),
    signal: job.context.signal,
    progress: job.context.progress,
  };
  const toc = contents === 'data' ? [] : await job.definitions();
  const { comparison, notes, failures } = await besideOthers(
    target,
    { toc, withOwner: !noOwner, onNote: job.note },
    (leavesOut) => restoreSet(job.set, { ...common, leavesOut }),
  );
  if (!keepGoing) assertEqualRows(comparison);
  job.failures.push(...failures);
  job.notes.push(...notes);
  return comparison;
}
