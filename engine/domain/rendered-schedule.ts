import { HoldfastError } from '../errors.ts';
import type { ScheduleEntry } from './schedule-entry.ts';

export const SCHEDULE_KINDS = ['cron', 'systemd', 'schtasks'] as const;
export type ScheduleKind = (typeof SCHEDULE_KINDS)[number];

/** What a scheduler has to be told, because it knows nothing of the shell that asked. All paths are absolute. */
export interface Surroundings {
  project: string;
  /** Node, its options and our program. */
  program: readonly string[];
  /** Global options of every run: --config, --env-file. */
  options: readonly string[];
  /** Variables that hold no secret. */
  variables: Readonly<Record<string, string>>;
  /** Where it runs, when the environment alone is the config and its paths are relative. */
  directory: string | undefined;
  logFile: string | undefined;
}

export interface RenderedEntry
  extends Pick<ScheduleEntry, 'operation' | 'plan' | 'database' | 'schedule'> {
  name: string;
  /** Zone that the schedule is meant in; null is the machine's clock. */
  timezone: string | null;
  /** The runs as a POSIX shell takes them (as cmd.exe does for schtasks). */
  command: string;
  /** What the scheduler is told: a line of the crontab, OnCalendar= of a timer, a call of schtasks. */
  lines: string[];
}

export interface ScheduleFile {
  path: string;
  text: string;
}

export interface RenderedSchedule {
  kind: ScheduleKind;
  project: string;
  entries: RenderedEntry[];
  /** Files that an installation writes. */
  files: ScheduleFile[];
  /** The whole of it, as a person reads or pastes it. */
  text: string;
}

/** Arguments of each run of an entry, the program first. @throws HoldfastError CONFIG_INVALID. */
export function runsOf(
  { commands }: ScheduleEntry,
  { project, program, options }: Surroundings,
): string[][] {
  const runs = commands.map((command) => [...program, ...withOptions(command, options)]);
  for (const word of [project, ...runs.flat()])
    if (hasControlCharacter(word)) throw unwritable(word);
  return runs;
}

/** One word at most stands behind `--`, where nothing is an option. A plan may be called `--`, too. */
function withOptions(command: readonly string[], options: readonly string[]): string[] {
  const end = command.at(-2) === '--' ? command.length - 2 : command.length;
  return [...command.slice(0, end), ...options, ...command.slice(end)];
}

function hasControlCharacter(word: string): boolean {
  return /\p{Cc}/u.test(word);
}

function unwritable(word: string): HoldfastError {
  return new HoldfastError({
    code: 'CONFIG_INVALID',
    message: `${JSON.stringify(word)} holds a line break or another control character, which no scheduler takes`,
    hint: 'Give the plan, the database or the file another name.',
  });
}
