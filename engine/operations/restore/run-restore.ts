import type { RestoreResult } from '../restore-request.ts';
import { restoreInPlaceOf } from './in-place-of.ts';
import { restoreIntoExisting } from './into-existing.ts';
import { restoreIntoNew } from './into-new.ts';
import { type JobOptions, RestoreJob } from './restore-job.ts';
import { asRefusedRight } from './restore-rights.ts';
import { restoreSingleTables } from './single-tables.ts';

/** The restore of the kind that the request asks for. */
export async function runRestore(options: JobOptions): Promise<RestoreResult> {
  const job = new RestoreJob(options);
  try {
    return await start(job);
  } catch (error) {
    throw asRefusedRight(error, job.role());
  }
}

function start(job: RestoreJob): Promise<RestoreResult> {
  const { overwrite, create, tables } = job.request;
  if (overwrite !== undefined) return restoreInPlaceOf(job, overwrite);
  if (create) return restoreIntoNew(job);
  return tables.length > 0 ? restoreSingleTables(job) : restoreIntoExisting(job);
}
