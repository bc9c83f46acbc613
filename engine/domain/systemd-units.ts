import { parseCronFields } from '../config/cron-fields.ts';
import { quoteForExecStart, quoteForShell, quoteForSystemd } from './command-quoting.ts';
import { runsJumpedOver } from './jumped-over.ts';
import { encodeName } from './key.ts';
import { onCalendarLines, onCalendarMoments } from './on-calendar.ts';
import {
  type RenderedSchedule,
  runsOf,
  type ScheduleFile,
  type Surroundings,
} from './rendered-schedule.ts';
import { entryTitle, type ScheduleEntry } from './schedule-entry.ts';

export interface SystemdOptions extends Surroundings {
  /** Where the units lie: /etc/systemd/system, or the user's own folder. */
  folder: string;
  isUser: boolean;
  now: Date;
  /** A program that may need more privileges than we have (postdrop behind sendmail, an alert command) is not kept from them. */
  mayGainPrivileges: boolean;
}

/** Units of a project begin with this, so that those of plans that are gone can be found. */
export function unitPrefix(project: string): string {
  return `holdfast.${unitWord(project)}.`;
}

/** A service and a timer for each entry. @throws HoldfastError CONFIG_INVALID. */
export function renderUnits(
  entries: readonly ScheduleEntry[],
  options: SystemdOptions,
): RenderedSchedule {
  const units = entries.map((entry) => ({
    entry,
    runs: runsOf(entry, options),
    calendar: calendarOf(entry, options),
  }));
  const files = units.flatMap(({ entry, runs, calendar }) =>
    filesOf(entry, { runs, calendar, options }),
  );
  return {
    kind: 'systemd',
    project: options.project,
    entries: units.map(({ entry, runs, calendar }) => ({
      name: unitName(entry, options.project),
      operation: entry.operation,
      plan: entry.plan,
      database: entry.database,
      schedule: entry.schedule,
      timezone: entry.timezone,
      command: shellText(runs),
      lines: calendar,
    })),
    files,
    text: files.map(({ path, text }) => `# ${path}\n${text}`).join('\n'),
  };
}

function unitName({ operation, plan, database }: ScheduleEntry, project: string): string {
  const words = [operation, plan, database].filter((word) => word !== null);
  return unitPrefix(project) + words.map(unitWord).join('.');
}

function unitWord(word: string): string {
  return encodeName(word).replaceAll('%', ':');
}

/** The times of the schedule, and the moments at which the clock jumps over one of them. */
function calendarOf({ schedule, ...entry }: ScheduleEntry, { now }: SystemdOptions): string[] {
  const timezone = entry.timezone ?? undefined;
  const moments = onCalendarMoments(runsJumpedOver(schedule, { timezone, from: now }));
  return [...onCalendarLines(parseCronFields(schedule), { timezone }), ...moments];
}

function shellText(runs: readonly (readonly string[])[]): string {
  return runs.map((run) => run.map(quoteForShell).join(' ')).join(' && ');
}

interface UnitParts {
  runs: readonly (readonly string[])[];
  calendar: readonly string[];
  options: SystemdOptions;
}

function filesOf(entry: ScheduleEntry, { runs, calendar, options }: UnitParts): ScheduleFile[] {
  const path = `${options.folder}/${unitName(entry, options.project)}`;
  return [
    { path: `${path}.service`, text: service(entry, { runs, options }) },
    { path: `${path}.timer`, text: timer(entry, calendar) },
  ];
}

/** The first line of a unit that was installed. */
export const UNIT_MARK = '# Written by holdfast schedule --install, which replaces it.';
const HEAD = [UNIT_MARK, '[Unit]'];

function service(entry: ScheduleEntry, { runs, options }: Omit<UnitParts, 'calendar'>): string {
  const { variables, directory, logFile, isUser } = options;
  return text([
    ...HEAD,
    `Description=Holdfast ${unitValue(entryTitle(entry))}`,
    ...(isUser ? [] : ['Wants=network-online.target', 'After=network-online.target']),
    '',
    '[Service]',
    'Type=oneshot',
    `ExecStart=${execStart(runs)}`,
    // 3 is a run that was skipped because the same plan is at work; of a check it means unknown.
    ...(entry.operation === 'backup' ? ['SuccessExitStatus=3'] : []),
    ...Object.entries(variables).map(
      ([name, value]) => `Environment=${quoteForSystemd(`${name}=${value}`)}`,
    ),
    ...(directory === undefined ? [] : [`WorkingDirectory=${unitValue(directory)}`]),
    ...(logFile === undefined
      ? []
      : [
          `StandardOutput=append:${unitValue(logFile)}`,
          `StandardError=append:${unitValue(logFile)}`,
        ]),
    'TimeoutStopSec=5min',
    'UMask=0077',
    'Nice=10',
    ...hardening(options),
  ]);
}

/** Nothing that pg_dump, the throw-away server of a drill or a repository in any place would miss; a user's manager can do little of it. */
function hardening({ isUser, mayGainPrivileges }: SystemdOptions): string[] {
  return [
    ...(mayGainPrivileges ? [] : ['NoNewPrivileges=true']),
    ...(isUser
      ? []
      : [
          'ProtectSystem=true',
          'ProtectControlGroups=true',
          'ProtectKernelModules=true',
          'ProtectKernelTunables=true',
          'LockPersonality=true',
        ]),
  ];
}

/** A shell only where one run has to wait for the success of another. */
function execStart(runs: readonly (readonly string[])[]): string {
  const [only = [], ...others] = runs;
  const words = others.length === 0 ? only : ['/bin/sh', '-c', shellText(runs)];
  return words.map(quoteForExecStart).join(' ');
}

function timer(entry: ScheduleEntry, calendar: readonly string[]): string {
  return text([
    ...HEAD,
    `Description=Holdfast ${unitValue(entryTitle(entry))}, when it is due`,
    '',
    '[Timer]',
    ...calendar.map((line) => `OnCalendar=${line}`),
    'Persistent=true',
    `RandomizedDelaySec=${entry.operation === 'drill' ? '30min' : '2min'}`,
    '',
    '[Install]',
    'WantedBy=timers.target',
  ]);
}

/** The rest of a line. A blank keeps a backslash at its end from joining the next line to it. */
function unitValue(value: string): string {
  return value.replaceAll('%', '%%').replace(/\\$/, '\\ ');
}

function text(lines: readonly string[]): string {
  return `${lines.join('\n')}\n`;
}
