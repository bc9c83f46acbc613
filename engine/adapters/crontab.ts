import { dirname } from 'node:path';
import { removeBlock, replaceBlock } from '../domain/crontab-block.ts';
import type { RenderedSchedule } from '../domain/rendered-schedule.ts';
import type { Scheduler, Uninstalled } from '../ports/scheduler.ts';
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
    const before = await this.#read();
    const after = replaceBlock(before, schedule);
    await makeFolders(dirname(this.#logFile));
    if (after !== before) await runScheduler('crontab', ['-'], { input: after, hint: HINT });
  }

  /** A crontab that is empty then is removed, as there was none before. */
  async uninstall(project: string): Promise<Uninstalled> {
    const { crontab, removed } = removeBlock(await this.#read(), project);
    if (removed.length > 0)
      await (crontab === ''
        ? runScheduler('crontab', ['-r'], { hint: HINT })
        : runScheduler('crontab', ['-'], { input: crontab, hint: HINT }));
    return { removed: removed.map((line) => `crontab: ${line}`), left: [] };
  }

  /** Empty where this user has none. */
  #read(): Promise<string> {
    const meaning = (stderr: string) => (/no crontab for/i.test(stderr) ? '' : undefined);
    return runScheduler('crontab', ['-l'], { meaning, hint: HINT });
  }
}
