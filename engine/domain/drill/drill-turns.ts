import type { PlanWish } from '../plan-wish.ts';
import type { CatalogEntry } from '../set-state.ts';

/** A set of the database whose drills are to come, as a listing shows it. */
export type DrilledSet = Pick<CatalogEntry, 'plan' | 'drilledAt'>;

export interface TurnOptions {
  sets: readonly DrilledSet[];
  /** What each plan of the database takes, by its name. */
  plans: Readonly<Record<string, PlanWish>>;
}

/**
 * The plans of one database in the order in which a scheduled drill takes them: the one that was never drilled first, then the
 * one whose last drill is longest ago, whatever it found. Plans of the whole database come before those of a part of it, whose
 * sets prove nothing of the database, and plans of rows alone do not come at all: without a schema no server restores them.
 *
 * A drill that failed or showed nothing counts as well. Otherwise a plan whose drill fails each time would come each time.
 */
export function drillTurns({ sets, plans }: TurnOptions): string[] {
  const triedAt = new Map<string, number>();
  for (const { plan, drilledAt } of sets)
    triedAt.set(plan, Math.max(triedAt.get(plan) ?? NEVER, drilledAt?.getTime() ?? NEVER));
  const inTurn = (one: string, other: string) => {
    const difference = (triedAt.get(one) ?? NEVER) - (triedAt.get(other) ?? NEVER);
    return difference !== 0 ? difference : one < other ? -1 : 1;
  };
  const able = Object.entries(plans).filter(([, { contents }]) => contents !== 'data');
  const [whole, parts] = [able.filter(isOfAll), able.filter((plan) => !isOfAll(plan))].map(
    (entries) => entries.map(([name]) => name).sort(inTurn),
  ) as [string[], string[]];
  return [...whole, ...parts];
}

const NEVER = Number.MIN_SAFE_INTEGER;

function isOfAll([, { contents, tables, excludeTables }]: [string, PlanWish]): boolean {
  return contents === 'all' && tables === undefined && excludeTables === undefined;
}
