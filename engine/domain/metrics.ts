import { METRIC, METRIC_DIMENSION } from '../contract.ts';

const UNITS = {
  [METRIC.age]: 'Seconds',
  [METRIC.provenAge]: 'Seconds',
  [METRIC.unproven]: 'Count',
  [METRIC.storedBytes]: 'Bytes',
  [METRIC.duration]: 'Seconds',
  [METRIC.rows]: 'Count',
  [METRIC.throughput]: 'Bytes/Second',
  [METRIC.findings]: 'Count',
  [METRIC.subscribers]: 'Count',
} as const;

export type MetricName = keyof typeof UNITS;
type Dimension = (typeof METRIC_DIMENSION)[keyof typeof METRIC_DIMENSION];

/** Numbers of one thing, by what it is. */
export interface Measurement {
  dimensions: Partial<Record<Dimension, string>>;
  values: Partial<Record<MetricName, number>>;
}

/** A line of a log that CloudWatch makes metrics of (embedded metric format). */
export function metricDocument(
  { dimensions, values }: Measurement,
  { namespace, at }: { namespace: string; at: Date },
): object {
  const names = Object.keys(values) as MetricName[];
  const directive = {
    Namespace: namespace,
    Dimensions: dimensionSets(dimensions),
    Metrics: names.map((name) => ({ Name: name, Unit: UNITS[name] })),
  };
  return {
    _aws: { Timestamp: at.getTime(), CloudWatchMetrics: [directive] },
    ...dimensions,
    ...values,
  };
}

/** Once more without the database: one alarm watches all databases of a plan, however many they are. */
function dimensionSets(dimensions: Measurement['dimensions']): string[][] {
  const names = Object.keys(dimensions);
  const ofAll = names.filter((name) => name !== METRIC_DIMENSION.database);
  return ofAll.length < names.length ? [names, ofAll] : [names];
}

interface Run {
  operation: 'backup' | 'verify' | 'drill';
  plan: string;
  database: string;
}

/** How long a run took. */
export function durationOf({ operation, plan, database }: Run, seconds: number): Measurement {
  const { plan: Plan, database: Database, operation: Operation } = METRIC_DIMENSION;
  return {
    dimensions: { [Operation]: operation, [Plan]: plan, [Database]: database },
    values: { [METRIC.duration]: seconds },
  };
}

interface BackedUp {
  plan: string;
  database: string;
  storedBytes: number;
  plaintextBytes: number;
  rows: number;
  seconds: number;
}

export function measureBackup({
  plan,
  database,
  storedBytes,
  plaintextBytes,
  rows,
  seconds,
}: BackedUp): Measurement[] {
  const throughput = seconds > 0 ? plaintextBytes / seconds : 0;
  const values = {
    [METRIC.storedBytes]: storedBytes,
    [METRIC.rows]: rows,
    [METRIC.throughput]: throughput,
  };
  return [
    { dimensions: ofPlan({ plan, database }), values },
    durationOf({ operation: 'backup', plan, database }, seconds),
  ];
}

export function ofPlan({
  plan,
  database,
}: {
  plan: string;
  database: string;
}): Measurement['dimensions'] {
  return { [METRIC_DIMENSION.plan]: plan, [METRIC_DIMENSION.database]: database };
}
