import { parseCronFields } from '../config/cron-fields.ts';
import { HoldfastError } from '../errors.ts';
import { quoteForShell } from './command-quoting.ts';
import { crontabTimes } from './crontab-times.ts';
import {
  type RenderedEntry,
  type RenderedSchedule,
  runsOf,
  type Surroundings,
} from './rendered-schedule.ts';
import { entryTitle, type ScheduleEntry } from './schedule-entry.ts';

export interface CrontabOptions extends Surroundings {
  logFile: string;
  /** The clock of the machine, by which cron goes. */
  machineZone: string;
  /** Entries whose own zone has another clock: they would run at the wrong hours. */
  isElsewhere: (entry: ScheduleEntry) => boolean;
}

/** One block of the crontab between two marks; cron's own variables are left alone. @throws HoldfastError CONFIG_INVALID. */
export function renderCrontab(
  entries: readonly ScheduleEntry[],
  options: CrontabOptions,
): RenderedSchedule {
  const rendered = entries.map((entry) => renderEntry(entry, options));
  const body = rendered.flatMap(({ entry, comments }) => [...comments, ...entry.lines]);
  const { begin, end } = marksOf(options.project);
  return {
    kind: 'cron',
    project: options.project,
    entries: rendered.map(({ entry }) => entry),
    files: [],
    text: `${[begin, '# Written by holdfast schedule; --install replaces all between these two marks.', ...body, end].join('\n')}\n`,
  };
}

function renderEntry(
  entry: ScheduleEntry,
  options: CrontabOptions,
): { entry: RenderedEntry; comments: string[] } {
  const { operation, plan, database, schedule, timezone } = entry;
  const name = entryTitle(entry);
  const command = shellCommand(name, { runs: runsOf(entry, options), options });
  const line = `${crontabTimes(schedule, parseCronFields(schedule))} ${escapePercent(command)}`;
  const elsewhere = `# cron goes by ${options.machineZone}, and this plan is meant in ${timezone}: it would run at the wrong hours`;
  return {
    entry: { name, operation, plan, database, schedule, timezone, command, lines: [line] },
    comments: [`# ${name}`, ...(options.isElsewhere(entry) ? [elsewhere] : [])],
  };
}

/** Bytes: the command field of Debian's cron ends here; what is longer is cut without a word. */
const MAX_COMMAND = 998;

/** Runs one after the other while they succeed; all they say goes to the log below a line with the time. */
function shellCommand(
  name: string,
  { runs, options }: { runs: readonly (readonly string[])[]; options: CrontabOptions },
): string {
  const folder = options.logFile.replace(/\/[^/]*$/, '') || '/';
  const variables = Object.entries(options.variables).map(
    ([variable, value]) => `export ${variable}=${quoteForShell(value)} && `,
  );
  const directory =
    options.directory === undefined ? '' : `cd ${quoteForShell(options.directory)} && `;
  const stamp = `date -u ${quoteForShell(`+%F %T UTC ${name.replaceAll('%', '%%')}`)}`;
  const all = runs.map((run) => run.map(quoteForShell).join(' ')).join(' && ');
  const command = `mkdir -p ${quoteForShell(folder)} && ${directory}${variables.join('')}{ ${stamp}; ${all}; } >> ${quoteForShell(options.logFile)} 2>&1`;
  if (new TextEncoder().encode(escapePercent(command)).length <= MAX_COMMAND) return command;
  throw new HoldfastError({
    code: 'CONFIG_INVALID',
    message: `the crontab line of "${name}" is longer than the ${MAX_COMMAND} bytes that cron takes`,
    hint: 'Use --kind systemd, or shorter paths: install Holdfast in a place with a short name and set --log.',
  });
}

/**
 * To cron a percent sign is a line break. One behind a backslash, which stands in single quotes, is
 * kept apart from it: cron would take the two backslashes for a pair.
 */
function escapePercent(command: string): string {
  return command.replaceAll(/(?<=\\)%/g, "''%").replaceAll('%', '\\%');
}

function marksOf(project: string): { begin: string; end: string } {
  return { begin: `# holdfast ${project} begin`, end: `# holdfast ${project} end` };
}

/**
 * A crontab with the block of this project replaced, or added at its end; every other line stays as it is.
 * @throws HoldfastError SCHEDULE_FAILED where the marks of an earlier block are damaged.
 */
export function replaceBlock(
  crontab: string,
  { project, text }: Pick<RenderedSchedule, 'project' | 'text'>,
): string {
  const { before, after } = partsOf(crontab, project);
  return `${[...before, text.replace(/\n$/, ''), ...after].join('\n')}\n`;
}

/**
 * A crontab without the block of this project, and the lines of that block that run something.
 * @throws HoldfastError SCHEDULE_FAILED where the marks of the block are damaged.
 */
export function removeBlock(
  crontab: string,
  project: string,
): { crontab: string; removed: string[] } {
  const { before, block, after } = partsOf(crontab, project);
  if (block.length === 0) return { crontab, removed: [] };
  const rest = [...before, ...after];
  return {
    crontab: rest.length === 0 ? '' : `${rest.join('\n')}\n`,
    removed: block.filter((line) => line !== '' && !line.startsWith('#')),
  };
}

interface CrontabParts {
  before: string[];
  /** With its marks; empty where there is none. */
  block: string[];
  after: string[];
}

/** @throws HoldfastError SCHEDULE_FAILED. */
function partsOf(crontab: string, project: string): CrontabParts {
  const { begin, end } = marksOf(project);
  const lines = crontab === '' ? [] : crontab.replace(/\n$/, '').split('\n');
  const [first, last] = [lines.indexOf(begin), lines.indexOf(end)];
  const isOnce = first === lines.lastIndexOf(begin) && last === lines.lastIndexOf(end);
  if (first < 0 !== last < 0 || last < first || !isOnce) throw damagedMarks(begin, end);
  if (first < 0) return { before: lines, block: [], after: [] };
  return {
    before: lines.slice(0, first),
    block: lines.slice(first, last + 1),
    after: lines.slice(last + 1),
  };
}

function damagedMarks(begin: string, end: string): HoldfastError {
  return new HoldfastError({
    code: 'SCHEDULE_FAILED',
    message: `the crontab does not have one "${begin}" with one "${end}" after it`,
    hint: 'Run `crontab -e`, take out what is left of the old block with its marks, and run this again. Nothing was changed.',
  });
}
