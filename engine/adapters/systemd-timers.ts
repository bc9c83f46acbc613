import { readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { RenderedSchedule, ScheduleFile } from '../domain/rendered-schedule.ts';
import { UNIT_MARK, unitPrefix } from '../domain/systemd-units.ts';
import { HoldfastError } from '../errors.ts';
import type { Scheduler, Uninstalled } from '../ports/scheduler.ts';
import { makeFolders } from './folder/make-folders.ts';
import { runScheduler } from './scheduler-program.ts';

const UNIT = /\.(service|timer)$/;
const NOT_REMOVED = 'Nothing was removed.';

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

  /** Only units that begin with the mark of an installation; a unit or a drop-in of somebody else stays. */
  async uninstall(project: string): Promise<Uninstalled> {
    const present = await this.#present(project);
    const ours = await Promise.all(present.map((name) => this.#isInstalled(name)));
    const removed = present.filter((_name, index) => ours[index]);
    const timers = removed.filter((name) => name.endsWith('.timer'));
    if (timers.length > 0) await this.#systemctl(['disable', '--now', ...timers], NOT_REMOVED);
    for (const name of removed) await rm(join(this.#folder, name));
    if (removed.length > 0) await this.#systemctl(['daemon-reload'], 'The units were removed.');
    return {
      removed: removed.map((name) => join(this.#folder, name)),
      left: present
        .filter((name) => !removed.includes(name))
        .map((name) => join(this.#folder, name)),
    };
  }

  async #isInstalled(name: string): Promise<boolean> {
    if (!UNIT.test(name)) return false;
    const text = await readFile(join(this.#folder, name), 'utf8').catch(() => '');
    return text.startsWith(`${UNIT_MARK}\n`);
  }

  /** Names of all that begins as the units of this project do. */
  async #present(project: string): Promise<string[]> {
    const names = await readdir(this.#folder).catch(() => []);
    return names.filter((name) => name.startsWith(unitPrefix(project))).sort();
  }

  /** Units of this project that are no longer wanted: of a plan or a database that is gone. */
  async #removeOthers({ project, files }: RenderedSchedule): Promise<void> {
    const wanted = new Set(files.map(({ path }) => path));
    const others = (await this.#present(project)).filter(
      (name) => UNIT.test(name) && !wanted.has(join(this.#folder, name)),
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

  #systemctl(args: readonly string[], done = 'The units were written.'): Promise<string> {
    const hint = this.#isUser
      ? `The manager of your user must be running: log in on the machine itself, or run \`loginctl enable-linger\`. ${done}`
      : `Is systemd running here? \`systemctl status\` says so. ${done}`;
    return runScheduler('systemctl', [...(this.#isUser ? ['--user'] : []), ...args], { hint });
  }
}
