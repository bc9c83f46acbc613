import type { RenderedSchedule } from '../domain/rendered-schedule.ts';

/** What starts programs on this machine: cron, systemd or the Task Scheduler of Windows. */
export interface Scheduler {
  /**
   * Puts the entries of a project in place of all that it had, and leaves everything else alone.
   * @throws HoldfastError SCHEDULE_FAILED.
   */
  install(schedule: RenderedSchedule): Promise<void>;
  /**
   * Takes away what `install` wrote for a project, and nothing else. A run that is going on is not
   * stopped. @throws HoldfastError SCHEDULE_FAILED.
   */
  uninstall(project: string): Promise<Uninstalled>;
}

export interface Uninstalled {
  /** For people: units, or lines of the crontab. */
  removed: string[];
  /** What lies beside it and is of somebody else. */
  left: string[];
}
