/** What is known from sets, drills and restores of one database. Everything is null until it was measured. */
export interface Measured {
  newest: MeasuredSet | null;
  /** Start of the newest PROVEN set. */
  provenAt: Date | null;
  /** The longest time without a backup within `GAP_DAYS`: what the worst moment would have cost. */
  widestGap: Gap | null;
  drill: MeasuredDrill | null;
  restore: MeasuredRestore | null;
}

export interface MeasuredSet {
  id: string;
  plan: string;
  state: string;
  startedAt: Date;
  /** From its start to its end. */
  seconds: number;
  rows: number;
  storedBytes: number;
  /** Size of the database on its server. */
  sourceBytes: number;
  realName: string;
  serverVersion: string;
  extensions: readonly string[];
}

export interface Gap {
  seconds: number;
  from: Date;
  to: Date;
}

/** A drill that passed. */
export interface MeasuredDrill {
  at: Date;
  set: string;
  repository: string;
  restoreSeconds: number;
  /** With the checks after the restore. */
  seconds: number;
  storedBytes: number;
}

/** A restore of a whole set that succeeded. */
export interface MeasuredRestore {
  at: Date;
  set: string;
  seconds: number;
  target: string | null;
}

/** How far back gaps between backups are looked for. */
export const GAP_DAYS = 90;

const DAY_MS = 86_400_000;

/** The longest time between the starts of two backups, or from the newest to now. @param starts in any order. */
export function widestGap(starts: readonly Date[], now: Date): Gap | null {
  const since = now.getTime() - GAP_DAYS * DAY_MS;
  const recent = starts
    .map((start) => start.getTime())
    .filter((start) => start >= since && start <= now.getTime())
    .sort((one, other) => one - other);
  let widest: Gap | null = null;
  recent.forEach((from, index) => {
    const to = recent[index + 1] ?? now.getTime();
    const seconds = Math.floor((to - from) / 1000);
    if (widest === null || seconds > widest.seconds)
      widest = { seconds, from: new Date(from), to: new Date(to) };
  });
  return widest;
}

/** What one repository shows of one database. */
export interface SeenInRepository extends Omit<Measured, 'widestGap'> {
  /** Of every backup that counts. */
  starts: readonly Date[];
}

/** What all repositories show of one database: a copy in one of them closes the gap of another. */
export function measuredOf(seen: readonly SeenInRepository[], now: Date): Measured {
  return {
    newest: latest(
      seen.map(({ newest }) => newest),
      ({ startedAt }) => startedAt,
    ),
    provenAt: latest(
      seen.map(({ provenAt }) => provenAt),
      (at) => at,
    ),
    widestGap: widestGap(
      seen.flatMap(({ starts }) => starts),
      now,
    ),
    drill: latest(
      seen.map(({ drill }) => drill),
      ({ at }) => at,
    ),
    restore: latest(
      seen.map(({ restore }) => restore),
      ({ at }) => at,
    ),
  };
}

export const NOT_MEASURED: Measured = {
  newest: null,
  provenAt: null,
  widestGap: null,
  drill: null,
  restore: null,
};

function latest<T>(values: readonly (T | null)[], timeOf: (value: T) => Date): T | null {
  return values.reduce<T | null>(
    (best, value) =>
      value !== null && (best === null || timeOf(value) > timeOf(best)) ? value : best,
    null,
  );
}
