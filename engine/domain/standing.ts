import { isSound, type SeenSet } from './finding.ts';
import type { SetState } from './set/evaluate-marks.ts';

/** How a plan stands with one database: what a digest shows and metrics carry. */
export interface Standing {
  plan: string;
  database: string;
  /** The newest set that counts; undefined where there is none. */
  newest: { id: string; state: SetState; startedAt: Date; storedBytes: number | null } | undefined;
  /** The start of the newest PROVEN set of the database, whatever plan took it; a partial one counts only where there is no whole one. */
  provenAt: Date | undefined;
  /** When a drill of the database last went well, whatever the age of its set. */
  drilledAt: Date | undefined;
}

export interface PlanOfDatabase {
  plan: string;
  database: string;
}

/** @param sets of one repository that are not released, oldest first. */
export function standingsOf(
  expected: readonly PlanOfDatabase[],
  sets: readonly SeenSet[],
): Standing[] {
  const sound = sets.filter(isSound);
  const newest = new Map(
    sound.filter(({ fulfilsPlan }) => fulfilsPlan).map((set) => [placeOf(set), set]),
  );
  const whole = new Set(sound.filter(({ isWhole }) => isWhole).map(({ database }) => database));
  const counts = ({ state, database, isWhole }: SeenSet) =>
    state === 'PROVEN' && (isWhole || !whole.has(database));
  const proven = new Map(
    sound.filter(counts).map(({ database, startedAt }) => [database, startedAt]),
  );
  const drilled = lastDrills(sound);
  return expected.map(({ plan, database }) => ({
    plan,
    database,
    newest: newest.get(placeOf({ plan, database })),
    provenAt: proven.get(database),
    drilledAt: drilled.get(database),
  }));
}

/** By database. */
function lastDrills(sets: readonly SeenSet[]): Map<string, Date> {
  const drills = new Map<string, Date>();
  for (const { database, provedAt } of sets)
    if (provedAt !== null && provedAt > (drills.get(database) ?? new Date(0)))
      drills.set(database, provedAt);
  return drills;
}

/** A failure that was told is over when the plan has a set that was begun later and is more than stored. */
export function isMended(
  standings: readonly Standing[],
  { plan, database, since }: PlanOfDatabase & { since: Date },
): boolean {
  const newest = standings.find((one) => one.plan === plan && one.database === database)?.newest;
  return newest !== undefined && newest.state !== 'STORED' && newest.startedAt > since;
}

function placeOf({ plan, database }: PlanOfDatabase): string {
  return JSON.stringify([plan, database]);
}
