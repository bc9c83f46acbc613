import { type Anomaly, isCritical, type MeasureName } from './anomaly.ts';
import { type EarlierSet, History } from './history.ts';
import { FLOOR_ROWS, judgeTables } from './judge-tables.ts';
import type { SetMeasures } from './measures.ts';
import { type Direction, FEWEST_VALUES, hasLeaked, medianOf, outOfLine } from './statistics.ts';

const FLOOR_BYTES = 1024 * 1024;
const FLOOR_SECONDS = 60;

/**
 * What is unlike the earlier sets of the same plan and database, the worst first.
 * @param earlier newest first; only sets that hold as much, and none that is SUSPECT and not accepted.
 */
export function judgeAnomalies(set: SetMeasures, earlier: readonly EarlierSet[]): Anomaly[] {
  const history = new History(earlier);
  return [
    ...judgeAllRows(set, history),
    ...judgeBytes(set, history),
    ...judgeRatio(set, history),
    ...judgeSeconds(set, history),
    ...judgeTables(set, history),
  ].sort(worstFirst);
}

function judgeAllRows({ rows }: SetMeasures, history: History): Anomaly[] {
  if (rows === null) return [];
  const values = history.valuesOf('all-rows', (set) => set.rows);
  const direction =
    rows === 0 ? goneFrom(values) : directionOf(rows, { values, floor: FLOOR_ROWS });
  return sized('all-rows', { value: rows, values, direction });
}

/** A database that was empty before may be empty again. */
function goneFrom(values: readonly number[]): Direction | undefined {
  return values.length > 0 && values.every((value) => value > 0) ? 'down' : undefined;
}

function judgeBytes({ plaintextBytes: value }: SetMeasures, history: History): Anomaly[] {
  const values = history.valuesOf('bytes', (set) => set.plaintextBytes);
  return sized('bytes', {
    value,
    values,
    direction: directionOf(value, { values, floor: FLOOR_BYTES }),
  });
}

function directionOf(
  value: number,
  options: { values: readonly number[]; floor: number },
): Direction | undefined {
  return outOfLine(value, options) ?? (hasLeaked(value, options) ? 'down' : undefined);
}

interface Sized {
  value: number;
  values: readonly number[];
  direction: Direction | undefined;
}

function sized(measure: 'all-rows' | 'bytes', { value, values, direction }: Sized): Anomaly[] {
  if (direction === undefined) return [];
  const isDown = direction === 'down';
  return [
    {
      code: isDown ? 'shrunk' : 'swollen',
      severity: isDown ? 'critical' : 'warning',
      ...numbers(measure, { value, values }),
    },
  ];
}

/**
 * Rows that somebody encrypted compress to half of their size as bytea, which a dump writes in
 * hexadecimal, to 0.72 in base64, and not at all as large objects.
 */
const [INCOMPRESSIBLE, COMPRESSIBLE] = [0.8, 0.6];
const [HEXADECIMAL, TIMES_AS_MUCH] = [0.4, 1.5];

function judgeRatio(set: SetMeasures, history: History): Anomaly[] {
  const value = ratioOf(set);
  const values = history.valuesOf('ratio', ratioOf);
  if (value === null || set.storedBytes < FLOOR_BYTES || values.length < FEWEST_VALUES) return [];
  if (outOfLine(value, { values, floor: 0 }) !== 'up') return [];
  const median = medianOf(values);
  const isEncrypted =
    (value > INCOMPRESSIBLE && median < COMPRESSIBLE) ||
    (value >= HEXADECIMAL && value >= TIMES_AS_MUCH * median);
  return [
    {
      code: isEncrypted ? 'shrunk' : 'swollen',
      severity: isEncrypted ? 'critical' : 'warning',
      ...numbers('ratio', { value, values }),
    },
  ];
}

function ratioOf({ storedBytes, plaintextBytes }: SetMeasures): number | null {
  return plaintextBytes === 0 ? null : storedBytes / plaintextBytes;
}

function judgeSeconds({ dumpSeconds: value }: SetMeasures, history: History): Anomaly[] {
  if (value === null) return [];
  const values = history.valuesOf('seconds', (set) => set.dumpSeconds);
  if (outOfLine(value, { values, floor: FLOOR_SECONDS }) !== 'up') return [];
  return [{ code: 'slow', severity: 'warning', ...numbers('seconds', { value, values }) }];
}

function numbers(
  measure: MeasureName['measure'],
  { value, values }: Pick<Sized, 'value' | 'values'>,
) {
  return { measure, table: null, value, median: medianOf(values), sets: values.length };
}

/** Of what is equally bad, what concerns the whole set, and then what changed most. */
function worstFirst(one: Anomaly, other: Anomaly): number {
  const bad = Number(isCritical(other)) - Number(isCritical(one));
  const whole = Number(one.table !== null) - Number(other.table !== null);
  return bad || whole || changeOf(other) - changeOf(one);
}

function changeOf({ value, median }: Anomaly): number {
  return Math.abs(value - median);
}
