import { stackContext } from '../../engine/composition/stack-context.ts';
import { describeAnomaly } from '../../engine/domain/anomaly/describe-anomaly.ts';
import { type JobOf, setNameOf } from '../../engine/domain/job.ts';
import { durationOf } from '../../engine/domain/metrics.ts';
import { ownValue } from '../../engine/domain/text/own-value.ts';
import { reread } from '../../engine/operations/verify/reread.ts';
import { type VerifyRequest, type VerifyResult, verify } from '../../engine/operations/verify.ts';
import type { Done, Surroundings } from './job.ts';

export async function verifyJob(
  job: JobOf<'verify'>,
  { stack, signal, progress }: Surroundings,
): Promise<Done> {
  const context = await stackContext(stack, { access: 'read', signal, progress });
  const request: VerifyRequest = {
    set: setNameOf(job),
    expectsEmpty: (name) => stack.loaded.config.databases[name]?.expectEmpty ?? false,
    wishOf: (plan) => ownValue(stack.loaded.config.plans, plan),
  };
  if (job.inspectsCold !== true) return doneWith(await verify(context, request));
  const { verified, ...result } = await reread(context, request);
  if (verified === null) return { result, notes: [], measurements: [] };
  return { ...doneWith(verified), result: { ...result, ...verified } };
}

function doneWith(result: VerifyResult): Done {
  const seconds = result.copies.reduce((sum, copy) => sum + copy.seconds, 0);
  return {
    result,
    notes: result.anomalies.map(describeAnomaly),
    measurements: [durationOf({ operation: 'verify', ...result }, seconds)],
  };
}
