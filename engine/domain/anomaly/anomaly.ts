import type { TableName } from '../table-name.ts';

/**
 * What is unlike the earlier sets.
 * - `shrunk`: rows or bytes are fewer, or what was stored no longer compresses. The set becomes SUSPECT.
 * - `swollen`: rows or bytes are more, or what was stored compresses less well.
 * - `slow`: the dump took longer.
 * - `vanished`: a table is gone, and the structure of the database changed with it.
 */
export const ANOMALY_CODES = ['shrunk', 'swollen', 'slow', 'vanished'] as const;
export type AnomalyCode = (typeof ANOMALY_CODES)[number];

/**
 * - `all-rows`: rows of all tables.
 * - `rows`: rows of one table, with its partitions.
 * - `bytes`: bytes of the dump before compression.
 * - `ratio`: stored bytes to bytes before compression.
 * - `seconds`: how long the dump took.
 */
export const MEASURES = ['all-rows', 'rows', 'bytes', 'ratio', 'seconds'] as const;
export type Measure = (typeof MEASURES)[number];

/** One measure of a set; of `rows`, of one table. */
export interface MeasureName {
  measure: Measure;
  table: TableName | null;
}

/** Holds names and counts, and never a row. */
export interface Anomaly extends MeasureName {
  code: AnomalyCode;
  severity: 'critical' | 'warning';
  value: number;
  median: number;
  /** Earlier sets that have this measure. */
  sets: number;
}

export function isCritical({ severity }: Pick<Anomaly, 'severity'>): boolean {
  return severity === 'critical';
}
