import { availableParallelism } from 'node:os';
import { protectedDatabases } from '../../engine/composition/protected-databases.ts';
import { otherLoginFor, restoreTarget } from '../../engine/composition/restore-target.ts';
import { assertStackLogin } from '../../engine/composition/stack-login.ts';
import { readingContext } from '../../engine/composition/stack-reader.ts';
import { EXIT } from '../../engine/domain/exit-status.ts';
import { type JobOf, setNameOf } from '../../engine/domain/job.ts';
import { describeFailures } from '../../engine/domain/restore/failed-entry.ts';
import { resultOfIncomplete } from '../../engine/operations/restore/incomplete.ts';
import { restore } from '../../engine/operations/restore.ts';
import type { Done, Surroundings } from './job.ts';

const MOST_JOBS = 8;

export async function restoreJob(
  job: JobOf<'restore'>,
  { stack, signal, progress }: Surroundings,
): Promise<Done> {
  const { loaded } = stack;
  const {
    to,
    create = false,
    contents = 'all',
    roles = false,
    noOwner = false,
    dryRun = false,
    overwrite,
    endSessions = false,
    keepGoing = false,
    thaw,
    tables = [],
  } = job.options;
  if (Object.hasOwn(loaded.config.databases, to))
    assertStackLogin(loaded.config, { database: to, source: 'restore' });
  const context = await readingContext(stack, { signal, progress });
  const request = {
    set: setNameOf(job),
    to: await restoreTarget(loaded, to),
    otherLogin: await otherLoginFor(loaded, to),
    ...{ create, contents, roles, noOwner, dryRun, overwrite, endSessions, keepGoing, thaw },
    jobs: Math.min(availableParallelism(), MOST_JOBS),
    tables: tables.map(({ name, as }) => ({ name, as })),
    protectedDatabases: await protectedDatabases(loaded, context),
  };
  try {
    const result = await restore(context, request);
    return { result, notes: result.notes, measurements: [] };
  } catch (error) {
    const result = resultOfIncomplete(error);
    if (result === undefined) throw error;
    const notes = [...result.notes, ...describeFailures(result.failures)];
    return { result, notes, measurements: [], exitStatus: EXIT.failed };
  }
}
