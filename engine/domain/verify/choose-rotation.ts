import { parseBasicTime } from '../backup-id.ts';
import type { MarkedState, Suspicion } from '../set/evaluate-marks.ts';
import type { CatalogEntry } from '../set-state.ts';

/** A part of all sets: `parts` of `of`, such as 1/30. */
export interface Share {
  parts: number;
  of: number;
}

export type RotatedSet = Pick<CatalogEntry, 'plan' | 'database' | 'id' | 'isCold'> &
  Pick<MarkedState, 'checkedAt' | 'provenAt' | 'suspicions' | 'isReleased'>;

export interface Rotation<T> {
  /** Read in every run: the newest PROVEN set of each database and kind. */
  newestProven: T[];
  /** All other warm sets, the least recently read first. A run takes `quota` of them. */
  queue: T[];
  quota: number;
  /** Warm sets of which no time says when they were last read. Each has its turn once in a cycle, beside the quota. */
  undated: T[];
  /** Cold sets whose turn it is; they are inspected and not read. */
  cold: T[];
  warmSets: number;
  coldSets: number;
}

export interface RotationOptions<T> {
  share: Share;
  now: Date;
  /** The kind of a PROVEN set; undefined for sets that are not the newest PROVEN one of their plan and database. */
  kindOf: (set: T) => string | undefined;
}

/** A mark may be some minutes ahead: each is later than the one before, and clocks differ. */
const AHEAD_MS = 3_600_000;
const DAY_MS = 86_400_000;

/**
 * Which sets of one repository are read in this run. It needs no memory but the marks.
 *
 * A set that was never read counts from its backup, so that new ones queue up behind those that have waited longer: with a share of
 * 1/30, each set is read at least once in 30 runs, however many arrive. Where no time can be relied on (a mark from the future), or
 * where another reading leaves no mark (damage that somebody has accepted), the turn comes by the day: such a set could keep its
 * place at the front for ever.
 */
export function chooseRotation<T extends RotatedSet>(
  sets: readonly T[],
  { share, now, kindOf }: RotationOptions<T>,
): Rotation<T> {
  const present = sets.filter(({ isReleased }) => !isReleased);
  const warm = present.filter(({ isCold }) => isCold !== true);
  const cold = present.filter(({ isCold }) => isCold === true);
  const newestProven = newestOfEach(warm, kindOf);
  const rest = warm.filter((set) => !newestProven.includes(set));
  const queued = rest.filter((set) => isDated(set, now));
  const undated = rest.filter((set) => !isDated(set, now));
  const isDue = (set: T) => isItsDay(set, { share, now });
  return {
    newestProven,
    queue: queued.toSorted(byWaiting),
    quota: Math.ceil((warm.length * share.parts) / share.of),
    undated: undated.filter(isDue),
    cold: cold.filter(isDue),
    warmSets: warm.length,
    coldSets: cold.length,
  };
}

/**
 * When somebody last tried to read all bytes of this copy, as its marks say. A proof does not count: a drill of another copy may
 * have brought it.
 */
export function lastTriedAt({
  checkedAt,
  suspicions,
}: Pick<RotatedSet, 'checkedAt' | 'suspicions'>): Date | null {
  const times = [checkedAt, ...suspicions.filter(isOfBytes).map(({ at }) => at)]
    .filter((time) => time !== null)
    .map((time) => time.getTime());
  return times.length === 0 ? null : new Date(Math.max(...times));
}

function isOfBytes({ kind }: Suspicion): boolean {
  return kind === undefined || kind === 'damage';
}

function isDated(set: RotatedSet, now: Date): boolean {
  const isKnownDamage = set.suspicions.some((one) => isOfBytes(one) && one.isAccepted);
  return !isKnownDamage && waitingSince(set) <= now.getTime() + AHEAD_MS;
}

/** In milliseconds since 1970: when the bytes of a set were last tried, else when it was taken. */
export function waitingSince(set: RotatedSet): number {
  return (lastTriedAt(set) ?? parseBasicTime(set.id) ?? new Date(0)).getTime();
}

function byWaiting(one: RotatedSet, other: RotatedSet): number {
  const difference = waitingSince(one) - waitingSince(other);
  if (difference !== 0) return difference;
  return addressOf(one) < addressOf(other) ? -1 : 1;
}

function newestOfEach<T extends RotatedSet>(
  warm: readonly T[],
  kindOf: (set: T) => string | undefined,
): T[] {
  const newest = new Map<string, T>();
  for (const set of warm) {
    if (set.provenAt === null || set.suspicions.length > 0) continue;
    const kind = kindOf(set);
    if (kind === undefined) continue;
    const slot = JSON.stringify([set.database, kind]);
    const before = newest.get(slot);
    if (before === undefined || set.id > before.id) newest.set(slot, set);
  }
  return [...newest.values()];
}

/** Once in as many days as a share has runs in a cycle; days differ from set to set. */
export function isItsDay(set: RotatedSet, { share, now }: { share: Share; now: Date }): boolean {
  const cycle = runsInCycle(share);
  const day = Math.floor(now.getTime() / DAY_MS);
  return (hash(addressOf(set)) + day) % cycle === 0;
}

/** In so many runs each warm set is read at least once. */
export function runsInCycle({ parts, of }: Share): number {
  return Math.ceil(of / parts);
}

function addressOf({ plan, database, id }: RotatedSet): string {
  return `${id}/${database}/${plan}`;
}

/** FNV-1a, of 32 bits: spreads addresses evenly, and is the same on every machine. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (const byte of Buffer.from(text)) value = Math.imul(value ^ byte, 0x01000193) >>> 0;
  return value;
}
