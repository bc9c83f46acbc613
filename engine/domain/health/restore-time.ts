import { quoteForShell } from '../command-quoting.ts';
import { type Finding, finding, isSound, type SeenSet } from '../finding.ts';
import { speakBytes, speakSeconds, speakTime } from '../spoken-numbers.ts';

/**
 * Below this size a restore takes as long as starting programs and making tables: time does not
 * grow with the bytes there.
 */
const FIXED_COST_BYTES = 64 * 1024 * 1024;

/** Ends the hint; the stack has its own command before it. */
export const IF_CONFIRMED =
  'Where that takes as long, restore on a larger machine, or set objectives.rto to what can be reached.';

/** How long a restore of the newest whole set of a database would take, by the drill that was done last. */
export interface RestoreEstimate {
  seconds: number;
  /** The set that was restored by the drill, and the one that a restore would take. */
  drilled: SeenSet & { provedAt: Date; restoreSeconds: number };
  newest: SeenSet;
}

/** Undefined where no drill in this repository says how long it took. @param sets oldest first. */
export function estimateRestore(
  database: string,
  sets: readonly SeenSet[],
): RestoreEstimate | undefined {
  const sound = sets.filter((set) => set.database === database && isSound(set));
  const whole = sound.filter(({ isWhole }) => isWhole);
  const own = whole.length > 0 ? whole : sound;
  const newest = own.at(-1);
  const [drilled] = own
    .filter(isMeasured)
    .toSorted((one, other) => other.provedAt.getTime() - one.provedAt.getTime());
  if (newest === undefined || drilled === undefined) return undefined;
  const scale = costOf(newest) / costOf(drilled);
  return { seconds: drilled.restoreSeconds * scale, drilled, newest };
}

function isMeasured(set: SeenSet): set is RestoreEstimate['drilled'] {
  return set.provedAt !== null && set.restoreSeconds !== undefined;
}

function costOf({ plaintextBytes }: SeenSet): number {
  return Math.max(plaintextBytes ?? 0, FIXED_COST_BYTES);
}

/** Whether a restore would take longer than it may. One finding a database. */
export function judgeRestoreTime(
  database: string,
  view: { repository: string; sets: readonly SeenSet[]; rtoSeconds: number | undefined },
): Finding[] {
  const { repository, sets, rtoSeconds } = view;
  const estimate = estimateRestore(database, sets);
  if (rtoSeconds === undefined || estimate === undefined || estimate.seconds <= rtoSeconds)
    return [];
  const { seconds, drilled, newest } = estimate;
  const sizeOf = ({ plaintextBytes }: SeenSet) => speakBytes(plaintextBytes ?? 0);
  return [
    finding(
      { plan: null, database, repository },
      {
        verdict: 'rto',
        severity: 'warning',
        detail: `a restore of the newest set (${sizeOf(newest)}) would take about ${speakSeconds(seconds)}, and objectives.rto is ${speakSeconds(rtoSeconds)}: the drill of ${speakTime(drilled.provedAt)} took ${speakSeconds(drilled.restoreSeconds)} for ${sizeOf(drilled)}`,
        since: newest.startedAt > drilled.provedAt ? newest.startedAt : drilled.provedAt,
        set: newest.id,
        hint: `Measure it with \`holdfast drill ${quoteForShell(database)} --repository ${quoteForShell(repository)}\`. ${IF_CONFIRMED}`,
      },
    ),
  ];
}
