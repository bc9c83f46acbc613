import { runsAfter } from '../../config/cron.ts';
import { parseBasicTime } from '../backup-id.ts';
import { SLACK_SECONDS } from '../freshness.ts';
import { type Evidence, type EvidenceSet, seriesKey } from './evidence.ts';
import {
  type ReportedRun,
  RUN_OUTCOMES,
  type RunOutcome,
  type RunSeries,
} from './report-schema.ts';

/** A run that starts by a schedule may be ahead of it by so much, where clocks differ. */
const EARLY_MS = 60_000;

/** A run that was begun, by its set or its record. */
interface Attempt {
  startedAt: Date;
  scheduledFor: Date | null;
  set: string | null;
  outcome: 'set' | 'suspect' | 'partial' | 'failed';
  errorCode: string | null;
}

export interface SeriesScope {
  plan: string;
  database: string;
  schedule: string;
  timezone: string;
}

/** The runs that the schedule of a plan named in the month, each numbered, with what became of it. */
export function runSeries(scope: SeriesScope, evidence: Evidence): RunSeries {
  const { plan, database, schedule, timezone } = scope;
  const due = dueTimes(scope, evidence);
  const attempts = attemptsOf(scope, evidence);
  const byRun = assign(attempts, due, evidence.generatedAt);
  const sign = evidence.firstSigns.get(seriesKey(scope));
  const planBegan = sign === undefined ? undefined : lastBefore(due, sign);
  const runs = due.times.map((dueAt, index): ReportedRun => {
    const own = byRun.get(index) ?? [];
    const end = due.times[index + 1] ?? due.next;
    const isBefore = planBegan !== undefined && dueAt < planBegan;
    return judgeRun({ number: index + 1, dueAt, own, end, isBefore }, evidence.generatedAt);
  });
  return {
    plan,
    database,
    schedule,
    timezone,
    firstSign: sign === undefined || sign < evidence.month.from ? null : sign.toISOString(),
    hasSign: sign !== undefined,
    counts: countOutcomes(runs),
    runs,
    others: othersOf(attempts, { runs, from: evidence.month.from, to: evidence.month.to }),
  };
}

interface DueTimes {
  times: Date[];
  /** The first one behind the month, or behind the report. */
  next: Date | undefined;
}

function dueTimes({ schedule, timezone }: SeriesScope, { month, generatedAt }: Evidence): DueTimes {
  const times: Date[] = [];
  for (const at of runsAfter(schedule, { timezone, from: new Date(month.from.getTime() - 1) })) {
    if (at >= month.to || at > generatedAt) return { times, next: at };
    if (at >= month.from) times.push(at);
  }
  return { times, next: undefined };
}

/** The last time at or before the moment, or the moment itself where there is none. */
function lastBefore({ times, next }: DueTimes, moment: Date): Date {
  const limit = moment.getTime() + earliness(times);
  if (next !== undefined && next.getTime() <= limit) return next;
  return times.findLast((time) => time.getTime() <= limit) ?? moment;
}

function attemptsOf(scope: SeriesScope, { sets, records }: Evidence): Attempt[] {
  const own = sets.filter(({ plan, database }) => isOf(scope, { plan, database }));
  const ids = new Set(own.map(({ id }) => id));
  const recorded = records
    .filter((record) => record.operation === 'backup' && isOf(scope, record))
    .filter(({ backup }) => backup === null || !ids.has(backup))
    .map(
      ({ startedAt, backup, status, error }): Attempt => ({
        startedAt: (backup === null ? undefined : parseBasicTime(backup)) ?? new Date(startedAt),
        scheduledFor: null,
        set: status === 'success' ? backup : null,
        outcome: status === 'success' ? 'set' : 'failed',
        errorCode: error?.code ?? null,
      }),
    );
  return [...own.map(attemptOfSet), ...recorded].sort(
    (one, other) => one.startedAt.getTime() - other.startedAt.getTime(),
  );
}

function attemptOfSet(set: EvidenceSet): Attempt {
  const { id, startedAt, scheduledFor, fulfilsPlan, state } = set;
  const good = state === 'SUSPECT' ? 'suspect' : 'set';
  const outcome = fulfilsPlan ? good : 'partial';
  return { startedAt, scheduledFor, set: id, outcome, errorCode: null };
}

function isOf(
  { plan, database }: SeriesScope,
  one: { plan: string | null; database: string | null },
): boolean {
  return one.plan === plan && one.database === database;
}

/** Attempts by the index of the run that they belong to: the named one, else the last that was due before. */
function assign(
  attempts: readonly Attempt[],
  { times, next }: DueTimes,
  now: Date,
): Map<number, Attempt[]> {
  const early = earliness(times);
  const byRun = new Map<number, Attempt[]>();
  for (const attempt of attempts) {
    const { scheduledFor, startedAt } = attempt;
    const named = times.findIndex((time) => time.getTime() === scheduledFor?.getTime());
    const at = startedAt.getTime() + early;
    const isBehind =
      next !== undefined && (startedAt >= next || (next <= now && at >= next.getTime()));
    const last = isBehind ? -1 : times.findLastIndex((time) => time.getTime() <= at);
    const index = named >= 0 ? named : last;
    if (index >= 0) byRun.set(index, [...(byRun.get(index) ?? []), attempt]);
  }
  return byRun;
}

/** Much less than the time between two runs. */
function earliness([first, second]: readonly Date[]): number {
  if (first === undefined || second === undefined) return EARLY_MS;
  return Math.min(EARLY_MS, (second.getTime() - first.getTime()) / 4);
}

interface Run {
  number: number;
  dueAt: Date;
  own: readonly Attempt[];
  end: Date | undefined;
  isBefore: boolean;
}

function judgeRun({ number, dueAt, own, end, isBefore }: Run, now: Date): ReportedRun {
  const sound = own.find(({ outcome }) => outcome === 'set');
  const kept = sound ?? own.find(({ outcome }) => outcome === 'suspect');
  const last = kept ?? own.findLast(({ outcome }) => outcome === 'failed');
  const lateAt = dueAt.getTime() + SLACK_SECONDS * 1000;
  const outcome = (): RunOutcome => {
    if (kept?.outcome === 'suspect') return 'suspect';
    if (kept !== undefined) return kept.startedAt.getTime() > lateAt ? 'late' : 'taken';
    if (last !== undefined) return 'failed';
    if (isBefore) return 'before-plan';
    return now.getTime() < Math.min(lateAt, end?.getTime() ?? lateAt) ? 'pending' : 'missed';
  };
  return {
    number,
    dueAt: dueAt.toISOString(),
    outcome: outcome(),
    set: last?.set ?? null,
    startedAt: last?.startedAt.toISOString() ?? null,
    errorCode: last?.errorCode ?? null,
  };
}

function countOutcomes(runs: readonly ReportedRun[]): Record<RunOutcome, number> {
  const counts = Object.fromEntries(RUN_OUTCOMES.map((name) => [name, 0]));
  for (const { outcome } of runs) counts[outcome] = (counts[outcome] ?? 0) + 1;
  return counts as Record<RunOutcome, number>;
}

function othersOf(
  attempts: readonly Attempt[],
  { runs, from, to }: { runs: readonly ReportedRun[]; from: Date; to: Date },
): RunSeries['others'] {
  const counted = new Set(runs.map(({ set }) => set));
  return attempts
    .filter(({ set, startedAt }) => set !== null && !counted.has(set) && startedAt >= from)
    .filter(({ startedAt }) => startedAt < to)
    .map(({ set, startedAt, outcome }) => ({
      set: set ?? '',
      startedAt: startedAt.toISOString(),
      why: outcome === 'partial' ? 'holds less than the plan takes' : 'one more than was due',
    }));
}
