import { speakBytes, speakCount, speakSeconds } from '../spoken-numbers.ts';
import { showTable } from '../table-name.ts';
import type { Anomaly, MeasureName } from './anomaly.ts';

const SHOWN = 3;

/** Such as `table visits has 12,000 rows, and 30,120 is the median of the 30 earlier sets (-60 %)`. */
export function describeAnomaly(anomaly: Anomaly): string {
  const { code, value, median, sets } = anomaly;
  if (code === 'vanished')
    return `${subjectOf(anomaly)} is gone, and the structure of the database changed; it had ${speak(anomaly, median)}`;
  const usual =
    sets === 1
      ? `the earlier set has ${speak(anomaly, median)}`
      : `the median of the ${sets} earlier sets is ${speak(anomaly, median)}`;
  const change = median === 0 ? '' : ` (${speakChange(value / median - 1)})`;
  return `${subjectOf(anomaly)} ${verbOf(anomaly)} ${speak(anomaly, value)}; ${usual}${change}`;
}

/** The first few of them, the worst first. */
export function describeAnomalies(anomalies: readonly Anomaly[]): string {
  const shown = anomalies.slice(0, SHOWN).map(describeAnomaly);
  const more = anomalies.length - shown.length;
  return [...shown, ...(more > 0 ? [`and ${more} more`] : [])].join('; ');
}

function subjectOf({ measure, table }: Anomaly): string {
  if (table !== null) return `table ${showTable(table)}`;
  const subjects = {
    'all-rows': 'the set',
    rows: 'a table',
    bytes: 'the dump',
    ratio: 'the dump',
    seconds: 'the dump',
  };
  return subjects[measure];
}

function verbOf({ measure }: Anomaly): string {
  if (measure === 'seconds') return 'took';
  return measure === 'ratio' ? 'compressed to' : 'has';
}

function speak({ measure }: Anomaly, value: number): string {
  if (measure === 'bytes') return speakBytes(value);
  if (measure === 'ratio') return `${(value * 100).toFixed(0)} % of its size`;
  if (measure === 'seconds') return speakSeconds(value);
  const rows = Math.round(value);
  return `${speakCount(rows)} ${rows === 1 ? 'row' : 'rows'}`;
}

function speakChange(share: number): string {
  return `${share > 0 ? '+' : '-'}${Math.abs(share * 100).toFixed(0)} %`;
}

const MEASURE_NAMES = {
  'all-rows': 'rows of all tables',
  rows: 'rows of a table',
  bytes: 'bytes of the dump',
  ratio: 'compression',
  seconds: 'seconds of the dump',
};

/** Such as `rows of all tables, rows of visits, bytes of the dump`. */
export function describeMeasures(measures: readonly MeasureName[]): string {
  const shown = measures
    .slice(0, 2 * SHOWN)
    .map(({ measure, table }) =>
      table === null ? MEASURE_NAMES[measure] : `rows of ${showTable(table)}`,
    );
  const more = measures.length - shown.length;
  return `${shown.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}
