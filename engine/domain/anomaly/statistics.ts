/** Makes the median absolute deviation of normally distributed values equal to their standard deviation. */
const SCALE = 1.4826;
const MOST_DEVIATIONS = 6;
/** Of the median. */
const MOST_SHARE = 0.2;

/** Fewer earlier values say too little about what is usual. */
export const FEWEST_VALUES = 7;

export interface Spread {
  median: number;
  /** Scaled median absolute deviation. */
  deviation: number;
}

/** @param values at least one. */
export function medianOf(values: readonly number[]): number {
  const sorted = values.toSorted((one, other) => one - other);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? 0) + upper) / 2;
}

/** @param values at least one. */
export function spreadOf(values: readonly number[]): Spread {
  const median = medianOf(values);
  const deviation = SCALE * medianOf(values.map((value) => Math.abs(value - median)));
  return { median, deviation };
}

export interface OutlierOptions {
  values: readonly number[];
  /** A smaller difference is of no interest, however unusual. */
  floor: number;
}

export type Direction = 'down' | 'up';

/**
 * Whether a value differs from the median of the earlier ones by more than six scaled deviations,
 * more than 20 % and at least the floor.
 */
export function outOfLine(value: number, { values, floor }: OutlierOptions): Direction | undefined {
  if (values.length < FEWEST_VALUES) return undefined;
  const { median, deviation } = spreadOf(values);
  const difference = Math.abs(value - median);
  const isFar =
    difference > MOST_DEVIATIONS * deviation &&
    difference > MOST_SHARE * Math.abs(median) &&
    difference >= floor;
  if (!isFar) return undefined;
  return value < median ? 'down' : 'up';
}

/**
 * A slow leak moves the median along with it and makes everything look normal. So a value must not be
 * far below the oldest third of the earlier values either, where there are enough of them.
 * @param values newest first.
 */
export function hasLeaked(value: number, { values, floor }: OutlierOptions): boolean {
  const oldest = values.slice(values.length - Math.floor(values.length / 3));
  return outOfLine(value, { values: oldest, floor }) === 'down';
}

/** Whether every value is within 20 % of the median. */
export function isSteady(values: readonly number[]): boolean {
  const median = medianOf(values);
  return values.every((value) => Math.abs(value - median) <= MOST_SHARE * median);
}
