import { availableParallelism } from 'node:os';
import { protectedDatabases } from '../../engine/composition/protected-databases.ts';
import { otherLoginFor, restoreTarget } from '../../engine/composition/restore-target.ts';
import { assertStackLogin } from '../../engine/composition/stack-login.ts';
import { readingContext } from '../../engine/composition/stack-reader.ts';
import { type JobOf, setNameOf } from '../../engine/domain/job.ts';
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
    dryRun = false,
    overwrite,
    endSessions = false,
    thaw,
    tables = [],
  } = job.options;
  if (to in loaded.config.databases)
    assertStackLogin(loaded.config, { database: to, source: 'restore' });
  const context = await readingContext(stack, { signal, progress });
  const result = await restore(context, {
    set: setNameOf(job),
    to: await restoreTarget(loaded, to),
    otherLogin: await otherLoginFor(loaded, to),
    ...{ create, contents, roles, dryRun, overwrite, endSessions, thaw },
    jobs: Math.min(availableParallelism(), MOST_JOBS),
    tables: tables.map(({ name, as }) => ({ name, as })),
    protectedDatabases: await protectedDatabases(loaded, context),
  });
  return { result, notes: result.notes, measurements: [] };
}
