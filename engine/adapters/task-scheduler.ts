import { writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { RenderedSchedule } from '../domain/rendered-schedule.ts';
import { HoldfastError } from '../errors.ts';
import type { Scheduler } from '../ports/scheduler.ts';
import { makeFolders } from './folder/make-folders.ts';
import { runScheduler } from './scheduler-program.ts';

/** The Task Scheduler of Windows. Nobody has run this on Windows yet. */
export class TaskScheduler implements Scheduler {
  async install({ files, entries }: RenderedSchedule): Promise<void> {
    if (process.platform !== 'win32') {
      throw new HoldfastError({
        code: 'USAGE',
        message: '--kind schtasks can be installed on Windows only',
        hint: 'Leave out --install to see the tasks, or use --kind cron or systemd.',
      });
    }
    for (const { path, text } of files) {
      await makeFolders(dirname(path));
      await writeFile(path, text);
    }
    const hint = 'Run it as an administrator, or paste the printed lines.';
    for (const line of entries.flatMap(({ lines }) => lines))
      await runScheduler(line, [], { hint, isLine: true });
  }
}
