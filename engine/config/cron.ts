import { Cron } from 'croner';
import { clockChanges, type Span } from './time-zone.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const YEAR_MS = 400 * DAY_MS;

/** Why a text is no five-field cron expression (crontab(5)); undefined when it is one that will ever match. */
export function cronMistake(expression: string): string | undefined {
  if (expression.trim().split(/\s+/).length !== 5)
    return `expected five fields of cron, such as "0 2 * * *", got "${expression}"`;
  try {
    return parse(expression, 'UTC').nextRun(new Date('2026-01-01T00:00:00Z')) === null
      ? `"${expression}" never comes`
      : undefined;
  } catch {
    return `"${expression}" is not a cron expression: minute, hour, day of month, month, day of week`;
  }
}

export function isTimeZone(zone: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone });
    return true;
  } catch {
    return false;
  }
}

/** The times a schedule names after `from`, for ever. */
export function* runsAfter(
  expression: string,
  { timezone, from }: { timezone: string; from: Date },
): Generator<Date> {
  const cron = parse(expression, timezone);
  for (let next = cron.nextRun(from); next !== null; next = cron.nextRun(next)) yield next;
}

/** Gaps that were looked for: a fleet asks for that of one schedule for each of its databases, and a year takes 0.1 s. */
const knownGaps = new Map<string, number>();
const MOST_KNOWN = 100;

/**
 * Seconds between two runs that follow each other, at most: looked for in the 400 days after the first run that follows `from`, which
 * hold a year, its leap day and its clock changes. A schedule of rarer runs gives the gap behind that first run.
 */
export function longestGapSeconds(
  expression: string,
  { timezone, from }: { timezone: string; from: Date },
): number {
  const key = JSON.stringify([expression, timezone, from.getTime()]);
  const known = knownGaps.get(key);
  if (known !== undefined) return known;
  if (knownGaps.size >= MOST_KNOWN) knownGaps.clear();
  const gap = findLongestGap(expression, { timezone, from });
  knownGaps.set(key, gap);
  return gap;
}

function findLongestGap(
  expression: string,
  { timezone, from }: { timezone: string; from: Date },
): number {
  const cron = parse(expression, timezone);
  const first = cron.nextRun(from);
  if (first === null) return 0;
  const long = longGap(cron, first);
  return (long > 0 ? long : shortGap(cron, { timezone, first })) / 1000;
}

const RUNS_LOOKED_AT = 500;

/** Seconds between two runs that follow each other, at least: looked for in the next 500 runs. */
export function shortestGapSeconds(
  expression: string,
  { timezone, from }: { timezone: string; from: Date },
): number {
  let shortest = Number.POSITIVE_INFINITY;
  let last: Date | undefined;
  let count = 0;
  for (const run of runsAfter(expression, { timezone, from })) {
    if (last !== undefined) shortest = Math.min(shortest, run.getTime() - last.getTime());
    last = run;
    count += 1;
    if (count === RUNS_LOOKED_AT) break;
  }
  return shortest / 1000;
}

/** The longest gap above an hour in milliseconds, 0 where there is none. Strides of the longest so far skip all shorter ones. */
function longGap(cron: Cron, first: Date): number {
  const end = first.getTime() + YEAR_MS;
  let longest = 0;
  let run = first;
  while (run.getTime() <= end) {
    const last = lastRunUntil(cron, new Date(run.getTime() + Math.max(longest, HOUR_MS)));
    const next = last > run ? last : cron.nextRun(run);
    if (next === null) break;
    if (last <= run) longest = Math.max(longest, next.getTime() - run.getTime());
    run = next;
  }
  return longest;
}

/**
 * The longest gap in milliseconds where none is above an hour: then each hour is like every other, but for those in which the clock
 * is changed by a part of an hour (Lord Howe Island: 30 minutes).
 */
function shortGap(cron: Cron, { timezone, first }: { timezone: string; first: Date }): number {
  const to = new Date(first.getTime() + YEAR_MS);
  const changes = clockChanges(timezone, { from: first, to });
  const days = [{ from: first, to: new Date(first.getTime() + DAY_MS) }, ...changes];
  return Math.max(...days.map((day) => gapWithin(cron, day)));
}

/** The longest gap in milliseconds between runs of a stretch of time. */
function gapWithin(cron: Cron, { from, to }: Span): number {
  let longest = 0;
  let run = cron.nextRun(new Date(from.getTime() - 1000));
  while (run !== null) {
    const next = cron.nextRun(run);
    if (next === null || next > to) break;
    longest = Math.max(longest, next.getTime() - run.getTime());
    run = next;
  }
  return longest;
}

/** The last run at or before `time`. */
function lastRunUntil(cron: Cron, time: Date): Date {
  return cron.previousRuns(1, new Date(time.getTime() + 1000))[0] ?? time;
}

/** Day of month and day of week are alternatives where both are given, as crontab(5) has it. */
function parse(expression: string, timezone: string): Cron {
  return new Cron(expression, { timezone, paused: true, domAndDow: false });
}
