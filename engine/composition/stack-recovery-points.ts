import { RdsRecoveryPoints } from '../adapters/rds-recovery-points.ts';
import type { RecoveryPoints } from '../ports/recovery-points.ts';
import type { Stack } from './from-stack.ts';

/** RDS in the region of a database; in the one of the stack unless the config names another. */
export function stackRecoveryPoints({
  loaded: { env },
}: Stack): (region: string | undefined) => RecoveryPoints {
  return (region) => new RdsRecoveryPoints({ env, region });
}
