import type { RdsConfig } from '../config/database-schema.ts';
import type { RecoveryPoint } from '../domain/recovery-point.ts';

/** RDS, as far as its own backups go. */
export interface RecoveryPoints {
  /** Undefined where there is no such instance or cluster. @throws HoldfastError SERVICE_FAILED, ACCESS_DENIED, CREDENTIALS. */
  of(source: RdsConfig): Promise<RecoveryPoint | undefined>;
}
