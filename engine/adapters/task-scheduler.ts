import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { RenderedSchedule } from '../domain/rendered-schedule.ts';
import { SCRIPT_MARK, taskName } from '../domain/schtasks.ts';
import { HoldfastError } from '../errors.ts';
import type { Scheduler, Uninstalled } from '../ports/scheduler.ts';
import { makeFolders } from './folder/make-folders.ts';
import { runScheduler } from './scheduler-program.ts';

const HINT = 'Run it as an administrator, or paste the printed lines.';

/** The Task Scheduler of Windows. Nobody has run this on Windows yet. */
export class TaskScheduler implements Scheduler {
  readonly #folder: string;

  constructor({ folder }: { folder: string }) {
    this.#folder = folder;
  }

  async install({ files, entries }: RenderedSchedule): Promise<void> {
    assertWindows('Leave out --install to see the tasks, or use --kind cron or systemd.');
    for (const { path, text } of files) {
      await makeFolders(dirname(path));
      await writeFile(path, text, { mode: 0o644 });
    }
    for (const line of entries.flatMap(({ lines }) => lines))
      await runScheduler(line, [], { hint: HINT, isLine: true });
  }

  async uninstall(project: string): Promise<Uninstalled> {
    assertWindows('Use --kind cron or systemd.');
    const names = (await readdir(this.#folder).catch(() => [])).filter((name) =>
      /\.cmd$/.test(name),
    );
    const [removed, left]: [string[], string[]] = [[], []];
    for (const name of names) {
      const path = join(this.#folder, name);
      const isOurs = (await readFile(path, 'utf8')).includes(SCRIPT_MARK);
      (isOurs ? removed : left).push(path);
      if (!isOurs) continue;
      const task = taskName(project, name.replace(/\.cmd$/, ''));
      await runScheduler('schtasks', ['/Delete', '/F', '/TN', task], { hint: HINT });
      await rm(path);
    }
    return { removed, left };
  }
}

function assertWindows(hint: string): void {
  if (process.platform === 'win32') return;
  throw new HoldfastError({
    code: 'USAGE',
    message: '--kind schtasks can be installed and removed on Windows only',
    hint,
  });
}
