import { dirname } from 'node:path';
import { replaceBlock } from '../domain/crontab-block.ts';
import type { RenderedSchedule } from '../domain/rendered-schedule.ts';
import type { Scheduler } from '../ports/scheduler.ts';
import { makeFolders } from './folder/make-folders.ts';
import { runScheduler } from './scheduler-program.ts';

const HINT = 'Install cron (apt-get install cron), or use --kind systemd. Nothing was changed.';

/** The crontab of the user who asks, through the crontab program, which alone knows where it lies and who may have one. */
export class Crontab implements Scheduler {
  readonly #logFile: string;

  constructor({ logFile }: { logFile: string }) {
    this.#logFile = logFile;
  }

  async install(schedule: RenderedSchedule): Promise<void> {
    const meaning = (stderr: string) => (/no crontab for/i.test(stderr) ? '' : undefined);
    const before = await runScheduler('crontab', ['-l'], { meaning, hint: HINT });
    const after = replaceBlock(before, schedule);
    await makeFolders(dirname(this.#logFile));
    if (after !== before) await runScheduler('crontab', ['-'], { input: after, hint: HINT });
  }
}
