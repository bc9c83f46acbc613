import { longestGapSeconds } from '../config/cron.ts';
import { MAX_CLOCK_SKEW_SECONDS } from '../contract.ts';
import { quoteForShell } from './command-quoting.ts';
import {
  type Expectation,
  type Finding,
  finding,
  isSound,
  type Judgement,
  type SeenSet,
} from './finding.ts';
import { speakSeconds, speakTime } from './spoken-numbers.ts';

/** How long a run may take, and start late, before its plan is called late. */
export const SLACK_SECONDS = 2 * 3600;

const LOOKING_BACK_MS = 400 * 86_400_000;

export interface PlanTiming {
  schedule?: string | undefined;
  timezone: string;
  /** Seconds. */
  maxAge?: number | undefined;
}

/**
 * The age in seconds that the newest set of a plan may reach: what the plan says, else the longest gap of its schedule, within about a
 * year before and behind `now`, and 2 h more. Undefined where it has neither.
 */
export function maxAgeOf(
  { schedule, timezone, maxAge }: PlanTiming,
  now: Date,
): number | undefined {
  if (maxAge !== undefined || schedule === undefined) return maxAge;
  const from = new Date(now.getTime() - LOOKING_BACK_MS);
  return longestGapSeconds(schedule, { timezone, from }) + SLACK_SECONDS;
}

export interface FreshnessOptions {
  repository: string;
  /** The sets of this plan and database that are not released, oldest first. */
  sets: readonly SeenSet[];
  now: Date;
}

/**
 * Whether a plan has a set that is young enough: fresh, late, missing, or clock. What is SUSPECT or damaged does not count, nor what
 * holds less than the plan asks for.
 */
export function judgeFreshness(
  expected: Expectation,
  { repository, sets, now }: FreshnessOptions,
): Finding {
  const { plan, database, maxAgeSeconds } = expected;
  const sound = sets.filter(isSound);
  const counted = sound.filter(({ fulfilsPlan }) => fulfilsPlan);
  const isAhead = ({ startedAt }: SeenSet) =>
    startedAt.getTime() > now.getTime() + MAX_CLOCK_SKEW_SECONDS * 1000;
  const newest = counted.findLast((set) => !isAhead(set));
  const ahead = counted.findLast(isAhead);
  const judged =
    newest === undefined
      ? judgeAbsence(expected, {
          unsound: sets.length - sound.length,
          partial: sound.length - counted.length,
          now,
        })
      : judgeAge(newest, { maxAgeSeconds, now });
  const hint = judged.severity === 'ok' ? null : hintOf(expected);
  return finding(
    { plan, database, repository },
    ahead === undefined ? { ...judged, hint } : doubt(judged, { ahead, now }),
  );
}

function hintOf({ plan, database }: Expectation): string {
  return `Run \`holdfast backup ${quoteForShell(database)} --plan ${quoteForShell(plan)}\`, and read the log of the scheduler: a run that was due failed or did not start.`;
}

interface Absence {
  unsound: number;
  partial: number;
  now: Date;
}

function judgeAbsence(
  { graceUntil, maxAgeSeconds }: Expectation,
  { unsound, partial, now }: Absence,
): Judgement {
  const others = [
    ...(unsound === 0 ? [] : [`${unsound} SUSPECT or damaged`]),
    ...(partial === 0 ? [] : [`${partial} with less than the plan takes`]),
  ];
  const what =
    others.length === 0 ? 'no backup set' : `no backup set that counts, and ${others.join(', ')}`;
  const atMost =
    maxAgeSeconds === undefined
      ? ''
      : `; the newest may be ${speakSeconds(maxAgeSeconds)} old at most`;
  const missing = { verdict: 'missing', maxAgeSeconds: maxAgeSeconds ?? null } as const;
  if (graceUntil === undefined || graceUntil <= now)
    return { ...missing, severity: 'critical', detail: `${what}${atMost}` };
  return {
    ...missing,
    severity: 'ok',
    detail: `${what} yet; the plan is new and has until ${speakTime(graceUntil)}`,
  };
}

function judgeAge(
  newest: SeenSet,
  { maxAgeSeconds, now }: { maxAgeSeconds: number | undefined; now: Date },
): Judgement {
  const ageSeconds = Math.max(0, Math.floor((now.getTime() - newest.startedAt.getTime()) / 1000));
  const taken = `the newest set is ${speakSeconds(ageSeconds)} old, taken ${speakTime(newest.startedAt)}`;
  const numbers = { set: newest.id, ageSeconds, maxAgeSeconds: maxAgeSeconds ?? null };
  if (maxAgeSeconds === undefined)
    return {
      verdict: 'fresh',
      severity: 'ok',
      detail: `${taken}; the plan has no schedule`,
      ...numbers,
    };
  const detail = `${taken}; at most ${speakSeconds(maxAgeSeconds)}`;
  if (ageSeconds <= maxAgeSeconds) return { verdict: 'fresh', severity: 'ok', detail, ...numbers };
  const since = new Date(newest.startedAt.getTime() + maxAgeSeconds * 1000);
  return { verdict: 'late', severity: 'critical', detail, since, ...numbers };
}

/** A set from the future has no age, so it makes no plan fresh. */
function doubt(judged: Judgement, { ahead, now }: { ahead: SeenSet; now: Date }): Judgement {
  const seconds = (ahead.startedAt.getTime() - now.getTime()) / 1000;
  const detail = `${judged.detail}; set ${ahead.id} is dated ${speakSeconds(seconds)} ahead of this machine's clock`;
  const hint =
    'Set the clocks (timedatectl set-ntp true) of this machine and of the one that takes the backups, then check again.';
  if (judged.verdict === 'fresh')
    return { ...judged, verdict: 'clock', severity: 'unknown', detail, hint };
  return { ...judged, verdict: 'late', severity: 'critical', detail, hint };
}
