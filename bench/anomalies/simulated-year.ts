import type { Anomaly } from '../../engine/domain/anomaly/anomaly.ts';
import { type EarlierSet, MOST_EARLIER } from '../../engine/domain/anomaly/history.ts';
import { judgeAnomalies } from '../../engine/domain/anomaly/judge.ts';
import { measureSet } from '../../engine/domain/anomaly/measures.ts';
import { manifestOf, SimulatedDatabase, type SimulatedSet } from './simulated-database.ts';

export const DAYS = 365;

export interface Night {
  set: SimulatedSet;
  anomalies: Anomaly[];
}

export type Happening = (set: SimulatedSet) => SimulatedSet;

export interface YearOptions {
  seed: number;
  /** The first night that is judged; earlier ones are only what it is compared with. */
  from?: number;
  /** The last one. */
  until?: number;
  /** What happens to the database, night by night; nothing unless given. */
  happens?: Happening;
  /** Whether somebody accepts what was found on that day. */
  isAccepted?: (day: number) => boolean;
}

/** A year of nights, each judged against the ones before, as `verify` does it. */
export function liveThrough(options: YearOptions): Night[] {
  const { seed, from = 0, until = DAYS - 1 } = options;
  const { happens = (set: SimulatedSet) => set, isAccepted = () => false } = options;
  const database = new SimulatedDatabase(seed);
  const nights: Night[] = [];
  let earlier: EarlierSet[] = [];
  for (let day = 0; day <= until; day++) {
    const set = happens(database.night(day));
    const measures = measureSet(manifestOf(set));
    const anomalies = day < from ? [] : judgeAnomalies(measures, earlier);
    nights.push({ set, anomalies });
    const isSuspect = anomalies.some(({ severity }) => severity === 'critical');
    if (isSuspect && !isAccepted(day)) continue;
    const accepted = isSuspect ? anomalies.map(({ measure, table }) => ({ measure, table })) : [];
    earlier = [{ measures, accepted }, ...earlier].slice(0, MOST_EARLIER);
  }
  return nights;
}

/** What is found when something happens to one night of a year that is quiet otherwise. */
export function judgeNight(
  quiet: readonly Night[],
  { day, happens }: { day: number; happens: Happening },
): Anomaly[] {
  const night = quiet[day];
  if (night === undefined) throw new Error(`the year has no day ${day}`);
  const earlier = quiet
    .slice(Math.max(0, day - MOST_EARLIER), day)
    .toReversed()
    .map(({ set }) => ({ measures: measureSet(manifestOf(set)), accepted: [] }));
  return judgeAnomalies(measureSet(manifestOf(happens(night.set))), earlier);
}
