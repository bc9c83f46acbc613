import { backupSourceOf } from '../../engine/composition/backup-source.ts';
import { stackContext } from '../../engine/composition/stack-context.ts';
import { assertStackLogin } from '../../engine/composition/stack-login.ts';
import type { PlanConfig } from '../../engine/config/plan-schema.ts';
import { takesDatabase } from '../../engine/config/plan-scope.ts';
import type { JobOf } from '../../engine/domain/job.ts';
import { measureBackup } from '../../engine/domain/metrics.ts';
import { HoldfastError } from '../../engine/errors.ts';
import { audited } from '../../engine/operations/audit.ts';
import { backup } from '../../engine/operations/backup.ts';
import type { Done, Surroundings } from './job.ts';

export async function backupJob(
  job: JobOf<'backup'>,
  { stack, signal, progress }: Surroundings,
): Promise<Done> {
  const { plan: planName, database, scheduledFor, options } = job;
  const { loaded } = stack;
  const plan = {
    ...planOf(loaded.config.plans, job),
    ...(options?.label === undefined ? {} : { label: options.label }),
  };
  const context = await stackContext(stack, { access: 'write', signal, progress });
  const subject = {
    operation: 'backup',
    plan: planName,
    database,
    backup: null,
    target: null,
  } as const;
  const source = await reach().catch((error: unknown) =>
    audited(context, subject, () => Promise.reject(error)),
  );
  const scheduled = scheduledFor === undefined ? {} : { scheduledFor: new Date(scheduledFor) };
  const result = await backup(context, {
    planName,
    plan,
    database,
    ...source,
    ...scheduled,
    hold: options?.hold ?? false,
  });
  return { result, notes: result.notes, measurements: measureBackup(result) };

  /** A secret that can't be read fails before the backup begins; its record says so to whoever looks for one. */
  async function reach() {
    assertStackLogin(loaded.config, { database, source: plan.source });
    return backupSourceOf(loaded, { database, plan });
  }
}

function planOf(
  plans: Readonly<Record<string, PlanConfig>>,
  { plan, database }: JobOf<'backup'>,
): PlanConfig {
  const found = plans[plan];
  if (found !== undefined && takesDatabase(found, database)) return found;
  throw new HoldfastError({
    code: 'USAGE',
    message:
      found === undefined
        ? `there is no plan "${plan}" in the config of the stack`
        : `plan "${plan}" does not name database "${database}"`,
    hint: 'Change holdfast.yaml and deploy again (npx cdk deploy --all).',
  });
}
