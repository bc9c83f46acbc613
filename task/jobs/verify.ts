import { stackContext } from '../../engine/composition/stack-context.ts';
import { describeAnomaly } from '../../engine/domain/anomaly/describe-anomaly.ts';
import { type JobOf, setNameOf } from '../../engine/domain/job.ts';
import { durationOf } from '../../engine/domain/metrics.ts';
import { ownValue } from '../../engine/domain/text/own-value.ts';
import { verify } from '../../engine/operations/verify.ts';
import type { Done, Surroundings } from './job.ts';

export async function verifyJob(
  job: JobOf<'verify'>,
  { stack, signal, progress }: Surroundings,
): Promise<Done> {
  const context = await stackContext(stack, { access: 'read', signal, progress });
  const result = await verify(context, {
    set: setNameOf(job),
    expectsEmpty: (name) => stack.loaded.config.databases[name]?.expectEmpty ?? false,
    wishOf: (plan) => ownValue(stack.loaded.config.plans, plan),
  });
  const seconds = result.copies.reduce((sum, copy) => sum + copy.seconds, 0);
  return {
    result,
    notes: result.anomalies.map(describeAnomaly),
    measurements: [durationOf({ operation: 'verify', ...result }, seconds)],
  };
}
