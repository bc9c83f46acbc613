import { isSound, type SeenSet } from '../finding.ts';
import type { SetState } from '../set/evaluate-marks.ts';
import { estimateRestore } from './restore-time.ts';
import { type CopyPlace, judgeRule321, type Rule321 } from './rule-321.ts';
import { lastReadAt } from './unread.ts';

/** What one repository is to a database, and what was asked of it. */
export interface ScoredRepository extends CopyPlace {
  /** Undefined where the repository did not answer. Oldest first. */
  sets: readonly SeenSet[] | undefined;
  /** Of the newest good set; undefined where it was not asked, or there is none. */
  lock: Lock | undefined;
}

/** `unlocked`: the store knows locks, and this set has none. `unsupported`: it knows none. `unknown`: it does not say. */
export type Lock =
  | { status: 'locked'; until: Date }
  | { status: 'unlocked' | 'unsupported' | 'unknown' };

/** How one database is protected, by what lies in the repositories. */
export interface Scorecard {
  database: string;
  copies: ScoredCopy[];
  rpo: MeasuredRpo;
  rto: MeasuredRto;
  rule321: Rule321;
}

/** The newest good set of a database in one repository. */
export interface ScoredCopy extends CopyPlace {
  isReached: boolean;
  set: string | null;
  state: SetState | null;
  takenAt: Date | null;
  lock: Lock['status'] | null;
  lockedUntil: Date | null;
  /** When all of its bytes were last read back there. */
  lastReadAt: Date | null;
  /** When a drill last restored a set of the database there. */
  provenAt: Date | null;
}

export interface MeasuredRpo {
  /** What would be lost now: the age of the newest good set, wherever it is. Null where there is none. */
  seconds: number | null;
  /** The most that would have been lost at any moment of the window. */
  worstSeconds: number | null;
  windowSeconds: number;
  objectiveSeconds: number | null;
  /** Null where nothing is asked for. */
  isMet: boolean | null;
}

export interface MeasuredRto {
  /** How long the last drill took to restore its set. */
  drillSeconds: number | null;
  drilledAt: Date | null;
  /** The same for the newest set, by its size. */
  seconds: number | null;
  objectiveSeconds: number | null;
  /** Null where nothing is asked for, or nothing was measured. */
  isMet: boolean | null;
}

export interface ScoredDatabase {
  database: string;
  repositories: readonly ScoredRepository[];
  objectives: { rpo: number; rto: number } | undefined;
  /** How far back every set is still there: what retention may have released leaves no gap. */
  windowSeconds: number;
  now: Date;
}

export function scoreDatabase(scored: ScoredDatabase): Scorecard {
  const { database, repositories } = scored;
  const copies = repositories.map((repository) => scoreCopy(database, repository));
  return {
    database,
    copies,
    rpo: measureRpo(scored),
    rto: measureRto(scored),
    rule321: judgeRule321(copies, newestOf(goodSets(scored))?.address ?? null),
  };
}

/** The newest set that a restore of a database would take; a partial one only where there is no whole one. */
export function newestGoodSet(database: string, sets: readonly SeenSet[]): SeenSet | undefined {
  return goodSetsOf(database, sets).at(-1);
}

function goodSetsOf(database: string, sets: readonly SeenSet[]): SeenSet[] {
  const sound = sets.filter((set) => set.database === database && isSound(set));
  const whole = sound.filter(({ isWhole }) => isWhole);
  return whole.length > 0 ? whole : sound;
}

function goodSets({ database, repositories, now }: ScoredDatabase): SeenSet[] {
  return repositories
    .flatMap(({ sets = [] }) => goodSetsOf(database, sets))
    .filter(({ startedAt }) => startedAt <= now);
}

function newestOf(sets: readonly SeenSet[]): SeenSet | undefined {
  return sets.toSorted((one, other) => one.startedAt.getTime() - other.startedAt.getTime()).at(-1);
}

function scoreCopy(database: string, { sets, lock, ...place }: ScoredRepository): ScoredCopy {
  const good = goodSetsOf(database, sets ?? []);
  const newest = good.at(-1);
  const proofs = good.map(({ provedAt }) => provedAt?.getTime() ?? 0);
  const provenAt = Math.max(0, ...proofs);
  return {
    ...place,
    isReached: sets !== undefined,
    set: newest?.id ?? null,
    state: newest?.state ?? null,
    takenAt: newest?.startedAt ?? null,
    lock: lock?.status ?? null,
    lockedUntil: lock?.status === 'locked' ? lock.until : null,
    lastReadAt: (newest && lastReadAt(newest)) ?? null,
    provenAt: provenAt === 0 ? null : new Date(provenAt),
  };
}

function measureRpo(scored: ScoredDatabase): MeasuredRpo {
  const { windowSeconds, objectives, now } = scored;
  const begin = now.getTime() - windowSeconds * 1000;
  const times = [...new Set(goodSets(scored).map(({ startedAt }) => startedAt.getTime()))].sort(
    (one, other) => one - other,
  );
  const last = times.at(-1);
  const gaps = [...times, now.getTime()]
    .map((time, index, all) => [all[index - 1], time] as const)
    .filter(([before, time]) => before !== undefined && time > begin)
    .map(([before, time]) => secondsBetween(Math.max(before ?? time, begin), time));
  const worstSeconds = last === undefined ? null : Math.max(...gaps);
  const objectiveSeconds = objectives?.rpo ?? null;
  return {
    seconds: last === undefined ? null : secondsBetween(last, now.getTime()),
    worstSeconds,
    windowSeconds,
    objectiveSeconds,
    isMet:
      objectiveSeconds === null ? null : worstSeconds !== null && worstSeconds <= objectiveSeconds,
  };
}

function secondsBetween(from: number, to: number): number {
  return Math.max(0, Math.floor((to - from) / 1000));
}

/** By the drill that was done last, wherever it was. */
function measureRto({ database, repositories, objectives }: ScoredDatabase): MeasuredRto {
  const [last] = repositories
    .map(({ sets = [] }) => estimateRestore(database, sets))
    .filter((estimate) => estimate !== undefined)
    .toSorted((one, other) => other.drilled.provedAt.getTime() - one.drilled.provedAt.getTime());
  const objectiveSeconds = objectives?.rto ?? null;
  return {
    drillSeconds: last?.drilled.restoreSeconds ?? null,
    drilledAt: last?.drilled.provedAt ?? null,
    seconds: last?.seconds ?? null,
    objectiveSeconds,
    isMet:
      objectiveSeconds === null || last === undefined ? null : last.seconds <= objectiveSeconds,
  };
}
