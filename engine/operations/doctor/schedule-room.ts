import { shortestGapSeconds } from '../../config/cron.ts';
import type { PlanConfig } from '../../config/plan-schema.ts';
import { databasePrefix } from '../../domain/key.ts';
import { speakSeconds } from '../../domain/spoken-numbers.ts';
import type { Repository } from '../../ports/repository.ts';
import { readEntries, withManifest } from '../catalog.ts';
import { Examination, type Finding } from '../doctor-finding.ts';

export interface ScheduleRoomOptions {
  database: string;
  plans: readonly (readonly [string, Pick<PlanConfig, 'schedule' | 'timezone'>])[];
  /** Where the newest set tells how long a run takes. */
  repository: Repository;
  now: Date;
}

/** Whether a run of each plan ends before its next one is due, which would be skipped otherwise. */
export async function examineScheduleRoom(
  subject: string,
  { database, plans, repository, now }: ScheduleRoomOptions,
): Promise<Finding[]> {
  const examination = new Examination(subject);
  for (const [plan, { schedule, timezone }] of plans) {
    if (schedule === undefined) continue;
    const seconds = await secondsOfNewest(repository, { plan, database });
    if (seconds === undefined) continue;
    await examination.tryOut(`schedule of ${plan}`, async () => {
      const gap = shortestGapSeconds(schedule, { timezone, from: now });
      const detail = `the last run took ${speakSeconds(seconds)}, and the next one may be due after ${speakSeconds(gap)}`;
      if (seconds < gap) return { detail };
      return {
        detail: `${detail}: it would be skipped`,
        status: 'warning',
        fix: [`# let plans.${plan}.schedule leave more time between two runs`],
      };
    });
  }
  return examination.findings;
}

/** Undefined where there is no set, or none can be read: the findings of the repository say why. */
async function secondsOfNewest(
  repository: Repository,
  place: { plan: string; database: string },
): Promise<number | undefined> {
  const entries = await readEntries(repository, databasePrefix(place)).catch(() => []);
  const newest = entries.at(-1);
  if (newest === undefined) return undefined;
  const { manifest } = await withManifest(newest, repository);
  return manifest?.seconds.total;
}
