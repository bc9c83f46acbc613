import type { RenderedSchedule } from '../domain/rendered-schedule.ts';

/** What starts programs on this machine: cron, systemd or the Task Scheduler of Windows. */
export interface Scheduler {
  /**
   * Puts the entries of a project in place of all that it had, and leaves everything else alone.
   * @throws HoldfastError SCHEDULE_FAILED.
   */
  install(schedule: RenderedSchedule): Promise<void>;
}
