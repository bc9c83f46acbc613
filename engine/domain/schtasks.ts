import { parseCronFields } from '../config/cron-fields.ts';
import { quoteArgumentForCmd, quoteForCmd } from './command-quoting.ts';
import { encodeName } from './key.ts';
import {
  type RenderedEntry,
  type RenderedSchedule,
  runsOf,
  type ScheduleFile,
  type Surroundings,
} from './rendered-schedule.ts';
import type { ScheduleEntry } from './schedule-entry.ts';
import { schtasksTrigger } from './schtasks-trigger.ts';

export interface SchtasksOptions extends Surroundings {
  logFile: string;
  /** Where the .cmd files go: schtasks takes no command of more than 261 characters. */
  folder: string;
}

/** A .cmd file and a task for each entry. Nobody has run them on Windows yet. @throws HoldfastError CONFIG_INVALID. */
export function renderTasks(
  entries: readonly ScheduleEntry[],
  options: SchtasksOptions,
): RenderedSchedule {
  const tasks = entries.map((entry) => renderTask(entry, options));
  const shown = tasks.map(
    ({ entry, file }) => `rem ${file.path}\n${file.text}\n${entry.lines.join('\n')}\n`,
  );
  return {
    kind: 'schtasks',
    project: options.project,
    entries: tasks.map(({ entry }) => entry),
    files: tasks.map(({ file }) => file),
    text: [
      'rem Untested on Windows: run each task once by hand before you rely on it.\n',
      ...shown,
    ].join('\n'),
  };
}

function renderTask(
  entry: ScheduleEntry,
  options: SchtasksOptions,
): { entry: RenderedEntry; file: ScheduleFile } {
  const { operation, plan, database, schedule, timezone } = entry;
  const name = [operation, plan, database]
    .filter((word) => word !== null)
    .map((word) => encodeName(word).replaceAll('%', '='))
    .join('.');
  const path = `${options.folder}\\${name}.cmd`;
  const task = taskName(options.project, name);
  const words = [
    '/Create',
    '/F',
    '/TN',
    task,
    '/TR',
    `\\"${path}\\"`,
    ...schtasksTrigger(schedule, parseCronFields(schedule)),
  ];
  const line = `schtasks ${words.map((word) => (/[\s\\]/.test(word) ? `"${word}"` : word)).join(' ')}`;
  return {
    entry: { name, operation, plan, database, schedule, timezone, command: path, lines: [line] },
    file: { path, text: script(entry, options) },
  };
}

/** Of a task in the folder of its project. */
export function taskName(project: string, name: string): string {
  return `Holdfast\\${encodeName(project).replaceAll('%', '=')}\\${name}`;
}

/** The second line of a file that was installed. */
export const SCRIPT_MARK = 'rem Written by holdfast schedule. Untested on Windows.';

function script(entry: ScheduleEntry, options: SchtasksOptions): string {
  const log = quoteForCmd(options.logFile);
  const runs = runsOf(entry, options).map(
    (run) => `${run.map(quoteArgumentForCmd).join(' ')} >> ${log} 2>&1 || exit /b`,
  );
  const variables = Object.entries(options.variables).map(
    ([name, value]) => `set ${quoteForCmd(`${name}=${value}`)}`,
  );
  const directory =
    options.directory === undefined ? [] : [`cd /d ${quoteForCmd(options.directory)}`];
  const head = ['@echo off', SCRIPT_MARK];
  return `${[...head, ...directory, ...variables, `echo %date% %time% >> ${log}`, ...runs].join('\r\n')}\r\n`;
}
