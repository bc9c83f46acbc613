import { readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { RenderedSchedule, ScheduleFile } from '../domain/rendered-schedule.ts';
import { unitPrefix } from '../domain/systemd-units.ts';
import { HoldfastError } from '../errors.ts';
import type { Scheduler } from '../ports/scheduler.ts';
import { makeFolders } from './folder/make-folders.ts';
import { runScheduler } from './scheduler-program.ts';

export interface SystemdOptions {
  folder: string;
  isUser: boolean;
}

/** Units in a folder that systemd reads, of the machine or of one user. */
export class SystemdTimers implements Scheduler {
  readonly #folder: string;
  readonly #isUser: boolean;

  constructor({ folder, isUser }: SystemdOptions) {
    this.#folder = folder;
    this.#isUser = isUser;
  }

  async install(schedule: RenderedSchedule): Promise<void> {
    const timers = schedule.files
      .map(({ path }) => path.slice(this.#folder.length + 1))
      .filter((name) => name.endsWith('.timer'));
    await this.#removeOthers(schedule);
    for (const file of schedule.files) await this.#write(file);
    await this.#systemctl(['daemon-reload']);
    await this.#systemctl(['enable', '--now', ...timers]);
    await this.#systemctl(['restart', ...timers]);
  }

  /** Units of this project that are no longer wanted: of a plan or a database that is gone. */
  async #removeOthers({ project, files }: RenderedSchedule): Promise<void> {
    const wanted = new Set(files.map(({ path }) => path));
    const present = (await readdir(this.#folder).catch(() => [])).filter((name) =>
      name.startsWith(unitPrefix(project)),
    );
    const others = present.filter(
      (name) => /\.(service|timer)$/.test(name) && !wanted.has(join(this.#folder, name)),
    );
    const timers = others.filter((name) => name.endsWith('.timer'));
    if (timers.length > 0) await this.#systemctl(['disable', '--now', ...timers]);
    for (const name of others) await rm(join(this.#folder, name));
  }

  async #write({ path, text }: ScheduleFile): Promise<void> {
    try {
      await makeFolders(this.#folder);
      await writeFile(`${path}.new`, text, { mode: 0o644 });
      await rename(`${path}.new`, path);
    } catch (cause) {
      throw new HoldfastError({
        code: 'SCHEDULE_FAILED',
        message: `${path} can not be written`,
        hint: 'Look at the folder and its owner.',
        cause,
      });
    }
  }

  #systemctl(args: readonly string[]): Promise<string> {
    const hint = this.#isUser
      ? 'The manager of your user must be running: log in on the machine itself, or run `loginctl enable-linger`. The units were written.'
      : 'Is systemd running here? `systemctl status` says so. The units were written.';
    return runScheduler('systemctl', [...(this.#isUser ? ['--user'] : []), ...args], { hint });
  }
}
