import type { Job } from '../engine/domain/job.ts';
import { backupJob } from './jobs/backup.ts';
import { checkJob } from './jobs/check.ts';
import { drillJob } from './jobs/drill.ts';
import type { Done, Surroundings } from './jobs/job.ts';
import { restoreJob } from './jobs/restore.ts';
import { verifyJob } from './jobs/verify.ts';

/** One job, by its operation. @throws HoldfastError as the operation does. */
export function perform(job: Job, surroundings: Surroundings): Promise<Done> {
  switch (job.operation) {
    case 'backup':
      return backupJob(job, surroundings);
    case 'verify':
      return verifyJob(job, surroundings);
    case 'drill':
      return drillJob(job, surroundings);
    case 'restore':
      return restoreJob(job, surroundings);
    case 'check':
      return checkJob(surroundings);
  }
}
