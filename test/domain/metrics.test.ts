import { describe, expect, it } from 'vitest';
import { METRIC, METRIC_DIMENSION } from '../../engine/contract.ts';
import { measureBackup, metricDocument } from '../../engine/domain/metrics.ts';

const AT = new Date('2026-11-22T02:10:00Z');

interface Document {
  _aws: {
    Timestamp: number;
    CloudWatchMetrics: {
      Namespace: string;
      Dimensions: string[][];
      Metrics: { Name: string; Unit: string }[];
    }[];
  };
}

describe('a metric document', () => {
  it('gives each number twice: of the database, and of the plan, so that one alarm watches all databases of a plan', () => {
    const measured = {
      plan: 'daily',
      database: 'clinic',
      storedBytes: 300,
      plaintextBytes: 1000,
      rows: 7,
      seconds: 10,
    };
    const [sizes, duration] = measureBackup(measured).map(
      (one) => metricDocument(one, { namespace: 'Holdfast/clinic', at: AT }) as Document,
    );
    expect(sizes?._aws.CloudWatchMetrics[0]?.Dimensions).toEqual([['Plan', 'Database'], ['Plan']]);
    expect(duration?._aws.CloudWatchMetrics[0]?.Dimensions).toEqual([
      ['Operation', 'Plan', 'Database'],
      ['Operation', 'Plan'],
    ]);
    expect(sizes).toMatchObject({
      Plan: 'daily',
      Database: 'clinic',
      StoredBytes: 300,
      Rows: 7,
      BytesPerSecond: 100,
    });
  });

  it('gives what is of a database alone once more without any dimension, and what is of none once', () => {
    const proof = {
      dimensions: { [METRIC_DIMENSION.database]: 'clinic' },
      values: { [METRIC.provenAge]: 5 },
    };
    const findings = {
      dimensions: { [METRIC_DIMENSION.severity]: 'critical' },
      values: { [METRIC.findings]: 0 },
    };
    const setsOf = (one: Parameters<typeof metricDocument>[0]) =>
      (metricDocument(one, { namespace: 'Holdfast/clinic', at: AT }) as Document)._aws
        .CloudWatchMetrics[0]?.Dimensions;
    expect(setsOf(proof)).toEqual([['Database'], []]);
    expect(setsOf(findings)).toEqual([['Severity']]);
  });
});
