import { isSound, type SeenSet } from '../../domain/finding.ts';

export interface LookedAt {
  seen: SeenSet;
  /** On its way out: nothing is said of it. */
  isLeaving: boolean;
  /** As its mark `checked` says, which nobody has opened. */
  isBySummary: boolean;
}

export interface ConfirmOptions {
  now: Date;
  /** The set by its manifest. */
  read: (one: LookedAt) => Promise<LookedAt>;
}

/** The newest set of a database and the one before it, whose servers are compared. */
const COMPARED = 2;

/** Series that are asked about at a time. */
const AT_A_TIME = 16;

/**
 * The sets as looked at, but those that say that no backup is missing by their manifests: of each plan and database the newest one
 * that holds what the plan asks for, and of each database the newest whole one and the newest PROVEN one. Whatever is younger is read,
 * too, and a set from the future is none of these. So a mark that somebody forged makes a partial or damaged set no newest one. The
 * set before the newest one of a database tells whether that came from another server. Mostly three requests for each database.
 */
export async function confirmNewest(
  looked: readonly LookedAt[],
  { now, read }: ConfirmOptions,
): Promise<LookedAt[]> {
  const confirmed = [...looked];
  const confirm = async (one: LookedAt, index: number) => {
    const found = await read(one);
    confirmed[index] = found;
    return found;
  };
  const walk = async (indexes: readonly number[], isEnough: (set: SeenSet) => boolean) => {
    for (const index of indexes.toReversed()) {
      const before = confirmed[index];
      if (before === undefined) continue;
      const { seen, isLeaving } = before.isBySummary ? await confirm(before, index) : before;
      if (isSound(seen) && !isLeaving && seen.startedAt <= now && isEnough(seen)) return;
    }
  };
  await forEach(
    groupsOf(looked, ({ plan, database }) => JSON.stringify([plan, database])),
    (one) => walk(one, ({ fulfilsPlan }) => fulfilsPlan),
  );
  await forEach(
    groupsOf(confirmed, ({ database }) => database),
    (one) => walk(one.slice(-COMPARED), () => false),
  );
  for (const isOf of [isWhole, isProven]) {
    const groups = groupsOf(confirmed, (seen) => (isOf(seen) ? seen.database : undefined));
    await forEach(groups, (one) => walk(one, isWhole));
  }
  return confirmed;
}

function isWhole(set: SeenSet): boolean {
  return set.isWhole;
}

function isProven({ state }: SeenSet): boolean {
  return state === 'PROVEN';
}

function groupsOf(
  looked: readonly LookedAt[],
  keyOf: (set: SeenSet) => string | undefined,
): number[][] {
  const groups = new Map<string, number[]>();
  for (const [index, { seen }] of looked.entries()) {
    const key = keyOf(seen);
    if (key === undefined) continue;
    const group = groups.get(key) ?? [];
    group.push(index);
    groups.set(key, group);
  }
  return [...groups.values()];
}

async function forEach(
  groups: readonly number[][],
  work: (group: readonly number[]) => Promise<void>,
): Promise<void> {
  const waiting = groups.values();
  const worker = async () => {
    for (const group of waiting) await work(group);
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, worker));
}
