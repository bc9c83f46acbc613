import { RdsSnapshots } from '../adapters/rds-snapshots.ts';
import { systemClock } from '../adapters/system-clock.ts';
import { STACK_ENV } from '../contract.ts';
import type { SnapshotContext } from '../operations/snapshot-context.ts';
import { type Stack, stackVariable } from './from-stack.ts';

/** RDS in both regions of the stack; undefined where the config has no snapshot plan. */
export function stackSnapshots({ loaded: { config, env } }: Stack): SnapshotContext | undefined {
  const { project, aws, snapshotPlans } = config;
  if (Object.keys(snapshotPlans).length === 0) return undefined;
  const inRegion = (region: string) => new RdsSnapshots({ env, project, region });
  const replica =
    aws === undefined || aws.replica === 'none' ? undefined : inRegion(aws.replica.region);
  return {
    project,
    config,
    own: inRegion(aws?.region ?? stackVariable(env, 'AWS_REGION')),
    replica,
    clock: systemClock,
  };
}

/** Of the copies; undefined where there are to be none. */
export function snapshotKeyOf({ loaded: { env } }: Stack): string | undefined {
  return env[STACK_ENV.snapshotKey] || undefined;
}
