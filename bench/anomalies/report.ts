import type { Anomaly } from '../../engine/domain/anomaly/anomaly.ts';
import { isCritical } from '../../engine/domain/anomaly/anomaly.ts';
import { bytesTimes, ENCODINGS, type Encoding, encrypted, rowsTimes } from './happenings.ts';
import { Random } from './random.ts';
import { DAYS, type Happening, judgeNight, liveThrough, type Night } from './simulated-year.ts';

export const SEED = 1;
const SEEDED = 100;
const FLOOR_ROWS = 2_000;
const LEAK_BEGINS = 100;
const LEAK_A_DAY = 0.98;
const PURGE_DAY = 200;
const PURGED_TABLE = 'log_12';

export const KINDS = ['emptied', 'halved', 'smaller', 'doubled', 'encrypted'] as const;
export type Kind = (typeof KINDS)[number];

export interface Seeded {
  kind: Kind;
  day: number;
  table: string;
  anomalies: Anomaly[];
}

/** A hundred anomalies, each on one night of a year that is quiet otherwise. */
export function seedAnomalies(quiet: readonly Night[]): Seeded[] {
  const random = new Random(SEED);
  return Array.from({ length: SEEDED }, (_, index) => {
    const kind = KINDS[index % KINDS.length] as Kind;
    const day = Math.floor(random.between(30, DAYS));
    const table = random.pick(oldTables(quiet, day));
    const happens = happeningOf(kind, { table, random });
    return { kind, day, table, anomalies: judgeNight(quiet, { day, happens }) };
  });
}

/** Tables above the floor that are there for two months, and no queues. */
function oldTables(quiet: readonly Night[], day: number): string[] {
  const night = quiet[day];
  if (night === undefined) throw new Error(`the year has no day ${day}`);
  return night.set.tables
    .filter(({ table, rows }) => table.kind !== 'queue' && rows >= FLOOR_ROWS)
    .filter(({ table }) => table.since === 0 || day - table.since > 60)
    .map(({ table }) => table.name);
}

function happeningOf(kind: Kind, { table, random }: { table: string; random: Random }): Happening {
  switch (kind) {
    case 'emptied':
      return rowsTimes(table, 0);
    case 'halved':
      return rowsTimes(table, 0.5);
    case 'smaller':
      return bytesTimes(0.6);
    case 'doubled':
      return rowsTimes(table, 2);
    case 'encrypted':
      return encrypted(0.6, random.pick(Object.keys(ENCODINGS) as Encoding[]));
  }
}

/** Whether it was found as it should be: what grows makes no set SUSPECT. */
export function isFound({ kind, table, anomalies }: Seeded): boolean {
  if (kind !== 'doubled') return anomalies.some(isCritical);
  return (
    !anomalies.some(isCritical) &&
    anomalies.some((one) => one.code === 'swollen' && one.table?.name === table)
  );
}

/** After how many days a leak of 2 % a day is found, for each table that holds rows all the time. */
export function findLeaks(quiet: readonly Night[]): { table: string; days: number | null }[] {
  return oldTables(quiet, LEAK_BEGINS).map((table) => {
    const leaks: Happening = (set) =>
      rowsTimes(table, LEAK_A_DAY ** Math.max(0, set.day - LEAK_BEGINS + 1))(set);
    const until = LEAK_BEGINS + 60;
    const nights = liveThrough({ seed: SEED, from: LEAK_BEGINS, until, happens: leaks });
    const found = nights.find(({ anomalies }) => anomalies.some(isCritical));
    return { table, days: found === undefined ? null : found.set.day - LEAK_BEGINS + 1 };
  });
}

/** Nights with something unusual after 60 % of a log was deleted and somebody accepted it. */
export function purge(): { found: Anomaly[]; later: Night[] } {
  const nights = liveThrough({
    seed: SEED,
    from: PURGE_DAY,
    happens: (set) => (set.day < PURGE_DAY ? set : rowsTimes(PURGED_TABLE, 0.4)(set)),
    isAccepted: (day) => day === PURGE_DAY,
  });
  const found = nights[PURGE_DAY]?.anomalies ?? [];
  return { found, later: nights.slice(PURGE_DAY + 1).filter(isUnusual) };
}

export function isUnusual({ anomalies }: Night): boolean {
  return anomalies.length > 0;
}

/** The smallest share of all bytes that somebody has to encrypt to be found, in steps of 5 %. */
export function leastEncrypted(
  quiet: readonly Night[],
  encoding: Encoding,
): { warning: number; critical: number } {
  const shares = Array.from({ length: 20 }, (_, step) => (step + 1) / 20);
  const least = (counts: (found: Anomaly[]) => boolean) =>
    shares.find((share) =>
      counts(
        judgeNight(quiet, { day: LEAK_BEGINS, happens: encrypted(share, encoding) }).filter(
          ({ measure }) => measure === 'ratio',
        ),
      ),
    ) ?? Number.NaN;
  return {
    warning: least((found) => found.length > 0),
    critical: least((found) => found.some(isCritical)),
  };
}
