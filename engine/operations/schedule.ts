import type { Config } from '../config/schema.ts';
import { hasSameClock } from '../config/time-zone.ts';
import { renderCrontab } from '../domain/crontab-block.ts';
import type { RenderedSchedule, ScheduleKind, Surroundings } from '../domain/rendered-schedule.ts';
import { entryTitle, type ScheduleEntry, scheduleEntries } from '../domain/schedule-entry.ts';
import { renderTasks } from '../domain/schtasks.ts';
import { renderUnits } from '../domain/systemd-units.ts';
import { HoldfastError } from '../errors.ts';
import type { Scheduler, Uninstalled } from '../ports/scheduler.ts';

/** A machine, as far as a schedule depends on it. */
export interface Machine {
  zone: string;
  /** Where systemd reads units of this user. */
  units: { folder: string; isUser: boolean };
  /** Where the .cmd files of Windows go. */
  taskFolder: string;
  /** The log where the scheduler keeps none. */
  defaultLog: string;
}

export interface ScheduleRequest {
  kind: ScheduleKind;
  config: Config;
  surroundings: Surroundings;
  machine: Machine;
  /** Variables that the runs need and would not have. */
  missing: readonly string[];
  now: Date;
}

export interface PlannedSchedule {
  rendered: RenderedSchedule;
  /** What a person should know before relying on it. */
  notes: string[];
  /** Why it must not be installed as it is. */
  obstacles: HoldfastError[];
}

/** Where the environment alone describes the backup, it is taken every night. */
const NIGHTLY = '0 2 * * *';

/** Entries for the scheduler of this machine. Nothing is changed. @throws HoldfastError CONFIG_INVALID. */
export function planSchedule(request: ScheduleRequest): PlannedSchedule {
  const isFromEnvironment = request.surroundings.directory !== undefined;
  const entries = scheduleEntries(
    request.config,
    isFromEnvironment ? { defaultSchedule: NIGHTLY } : {},
  );
  const elsewhere =
    request.kind === 'systemd' ? [] : entries.filter((entry) => isElsewhere(entry, request));
  const missing = missingNote(request.missing);
  return {
    rendered: render(entries, request),
    notes: [
      ...elsewhere.map((entry) => elsewhereNote(entry, request)),
      ...(missing === undefined ? [] : [`${missing.message}. ${missing.hint}`]),
      ...notesOf(request),
    ],
    obstacles: [
      ...elsewhere.slice(0, 1).map((entry) => elsewhereError(entry, request)),
      ...(missing === undefined ? [] : [missing]),
    ],
  };
}

/** @throws HoldfastError CONFIG_INVALID when it would not run as it should, SCHEDULE_FAILED. */
export async function installSchedule(
  { rendered, obstacles }: PlannedSchedule,
  scheduler: Scheduler,
): Promise<void> {
  const [obstacle] = obstacles;
  if (obstacle !== undefined) throw obstacle;
  await scheduler.install(rendered);
}

/** Takes away what was installed for a project. @throws HoldfastError SCHEDULE_FAILED. */
export async function uninstallSchedule(
  project: string,
  schedulers: readonly Scheduler[],
): Promise<Uninstalled> {
  const all: Uninstalled = { removed: [], left: [] };
  for (const scheduler of schedulers) {
    const { removed, left } = await scheduler.uninstall(project);
    all.removed.push(...removed);
    all.left.push(...left);
  }
  return all;
}

function render(entries: readonly ScheduleEntry[], request: ScheduleRequest): RenderedSchedule {
  const { kind, config, surroundings, machine } = request;
  const logFile = surroundings.logFile ?? machine.defaultLog;
  if (kind === 'cron')
    return renderCrontab(entries, {
      ...surroundings,
      logFile,
      machineZone: machine.zone,
      isElsewhere: (entry) => isElsewhere(entry, request),
    });
  if (kind === 'schtasks')
    return renderTasks(entries, { ...surroundings, logFile, folder: machine.taskFolder });
  return renderUnits(entries, {
    ...surroundings,
    ...machine.units,
    now: request.now,
    mayGainPrivileges: startsOthers(config),
  });
}

/** sendmail and a command of the user's may be set-uid programs. */
function startsOthers({ alerts }: Config): boolean {
  return (
    alerts?.command !== undefined ||
    (alerts?.email !== undefined && alerts.email.smtp === undefined)
  );
}

function isElsewhere({ timezone }: ScheduleEntry, { machine, now }: ScheduleRequest): boolean {
  return timezone !== null && !hasSameClock(timezone, machine.zone, { from: now });
}

function elsewhereNote(entry: ScheduleEntry, { kind, machine }: ScheduleRequest): string {
  return `${entryTitle(entry)} is meant in ${entry.timezone}, and ${kind} goes by ${machine.zone}: it would run at the wrong hours`;
}

function elsewhereError(entry: ScheduleEntry, request: ScheduleRequest): HoldfastError {
  return new HoldfastError({
    code: 'CONFIG_INVALID',
    message: elsewhereNote(entry, request),
    hint: `Set \`timezone: ${request.machine.zone}\` in the plan and write its hours so, or use --kind systemd, which knows zones. Nothing was changed.`,
  });
}

function missingNote(missing: readonly string[]): HoldfastError | undefined {
  if (missing.length === 0) return undefined;
  return new HoldfastError({
    code: 'CONFIG_INVALID',
    message: `a scheduled run would not have ${missing.join(', ')}`,
    hint: 'Write them into a file of mode 600 as NAME=value lines, and give --env-file FILE.',
  });
}

function notesOf({ kind, config, surroundings, machine }: ScheduleRequest): string[] {
  const isFromEnvironment = surroundings.directory !== undefined;
  const silent = Object.entries(config.plans).filter(
    ([, { schedule }]) => schedule === undefined && !isFromEnvironment,
  );
  return [
    ...silent.map(([name]) => `plan ${name} has no schedule and is left out`),
    ...Object.keys(config.snapshotPlans).map(
      (name) => `plan ${name} is of kind snapshot: the stack takes those, and no machine`,
    ),
    ...(isFromEnvironment
      ? [`the environment names no schedule, so a backup is taken every night at 02:00`]
      : []),
    ...(surroundings.program.some((word) => /[/\\]_npx[/\\]/.test(word))
      ? [
          'npx keeps the program in a cache that is emptied at times: install the package, and run this again with its own `holdfast`',
        ]
      : []),
    ...(kind === 'systemd' && machine.units.isUser
      ? [
          'units of a user run only while the user is logged in; run `loginctl enable-linger` once to change that',
        ]
      : []),
    ...(kind === 'schtasks'
      ? ['nobody has run these tasks on Windows yet: run each once by hand before you rely on it']
      : []),
  ];
}
