import { availableParallelism } from 'node:os';
import { restoreTarget } from '../../engine/composition/restore-target.ts';
import { assertStackLogin } from '../../engine/composition/stack-login.ts';
import { readingContext } from '../../engine/composition/stack-reader.ts';
import { stackSigner } from '../../engine/composition/stack-signer.ts';
import { drillSchema } from '../../engine/config/database-schema.ts';
import { type JobOf, setNameOf } from '../../engine/domain/job.ts';
import { durationOf } from '../../engine/domain/metrics.ts';
import { drill } from '../../engine/operations/drill.ts';
import type { ConnectionSettings } from '../../engine/postgres/connection-settings.ts';
import type { Done, Surroundings } from './job.ts';

const MOST_JOBS = 8;

export async function drillJob(
  job: JobOf<'drill'>,
  { stack, signal, progress }: Surroundings,
): Promise<Done> {
  const on = await serverOf(job, stack);
  const context = await readingContext(stack, { signal, progress });
  const { report, reportKey, textKey, receiptKey } = await drill(context, {
    set: setNameOf(job),
    tester: job.options?.tester ?? stack.actor.name,
    notes: job.options?.notes,
    isRehearsal: job.options?.rehearsal,
    on,
    jobs: Math.min(availableParallelism(), MOST_JOBS),
    makeSigner: () => stackSigner(stack),
    drillOf: (name) => stack.loaded.config.databases[name]?.drill ?? drillSchema.parse({}),
    expectsEmpty: (name) => stack.loaded.config.databases[name]?.expectEmpty ?? false,
  });
  const { plan, database } = report.backup;
  const measurements = [durationOf({ operation: 'drill', plan, database }, report.durationSeconds)];
  return { result: { ...report, reportKey, textKey, receiptKey }, notes: [], measurements };
}

/** Where `remote drill --on` leads, with the login of a restore; this task's own role decides whether that may be read. */
async function serverOf(
  job: JobOf<'drill'>,
  { loaded }: Surroundings['stack'],
): Promise<ConnectionSettings | undefined> {
  const on = job.options?.on;
  if (on === undefined) return undefined;
  if (Object.hasOwn(loaded.config.databases, on))
    assertStackLogin(loaded.config, { database: on, source: 'restore' });
  return restoreTarget(loaded, on);
}
