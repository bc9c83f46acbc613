import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TASK_SIZES } from '../../engine/contract.ts';
import { executionName } from '../../engine/domain/execution-name.ts';
import { jobSchema, setNameOf } from '../../engine/domain/job.ts';
import { measureBackup, metricDocument } from '../../engine/domain/metrics.ts';
import { biggerThan, TASK_RESOURCES, taskSizeFor } from '../../engine/domain/task-size.ts';

const scheduledFor = new Date('2026-11-22T02:00:00Z');
const GIB = 1024 ** 3;

describe('the name of an execution', () => {
  const nameOf = (plan: string, plans: readonly string[] = [plan]) =>
    executionName(plan, { scheduledFor, plans });

  it('is plan and time, the same for each delivery', () => {
    expect(nameOf('nightly')).toBe('nightly-20261122T020000Z');
    expect(nameOf('every night / all')).toBe('every_20night_20_2F_20all-20261122T020000Z');
  });

  it('is one that Step Functions and their log take, whatever the plan is called', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, maxLength: 15, unit: 'grapheme' }), (plan) => {
        fc.pre(new TextEncoder().encode(plan).length <= 20);
        expect(nameOf(plan)).toMatch(/^[A-Za-z0-9_-]{1,80}$/);
      }),
    );
  });

  it('is refused where two plans would share it, so that one would never run', () => {
    expect(() => nameOf('a b', ['a b', 'a_20b'])).toThrow(/go by one name/);
    expect(() => nameOf('x'.repeat(64))).toThrow(/longer than 63/);
  });
});

describe('the size of a task', () => {
  it('grows with the newest set, and never shrinks', () => {
    const rank = (bytes: number, operation: 'backup' | 'drill') =>
      TASK_SIZES.indexOf(taskSizeFor({ operation, bytes }));
    const sizes = fc.double({ min: 0, max: 4096 * GIB, noNaN: true });
    fc.assert(
      fc.property(
        sizes,
        sizes,
        fc.constantFrom('backup' as const, 'drill' as const),
        (one, other, operation) => {
          expect(rank(Math.max(one, other), operation)).toBeGreaterThanOrEqual(
            rank(Math.min(one, other), operation),
          );
        },
      ),
    );
    expect(taskSizeFor({ operation: 'backup', bytes: 10 * GIB })).toBe('small');
    expect(taskSizeFor({ operation: 'backup', bytes: 100 * GIB })).toBe('medium');
    expect(taskSizeFor({ operation: 'backup', bytes: 1024 * GIB })).toBe('large');
    expect(taskSizeFor({ operation: 'backup', bytes: undefined })).toBe('medium');
  });

  it('gives a drill three times its dump on disk, up to the largest', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 600 * GIB, noNaN: true }), (bytes) => {
        const { drillDiskGiB } = TASK_RESOURCES[taskSizeFor({ operation: 'drill', bytes })];
        expect(drillDiskGiB * GIB).toBeGreaterThan(3 * bytes);
      }),
    );
  });

  it('has one above each but the largest, with twice the memory', () => {
    for (const size of TASK_SIZES) {
      const next = biggerThan(size);
      if (next !== undefined)
        expect(TASK_RESOURCES[next].memoryMiB).toBeGreaterThanOrEqual(
          2 * TASK_RESOURCES[size].memoryMiB,
        );
    }
    expect(biggerThan('large')).toBeUndefined();
  });

  it('is one that Fargate has', () => {
    const memory: Record<number, [number, number]> = {
      1024: [2048, 8192],
      2048: [4096, 16_384],
      4096: [8192, 30_720],
    };
    for (const { cpu, memoryMiB, diskGiB } of Object.values(TASK_RESOURCES)) {
      const [least = 0, most = 0] = memory[cpu] ?? [];
      expect(memoryMiB).toBeGreaterThanOrEqual(least);
      expect(memoryMiB).toBeLessThanOrEqual(most);
      expect(memoryMiB % 1024).toBe(0);
      expect(diskGiB).toBeGreaterThanOrEqual(21);
    }
  });
});

describe('a job', () => {
  it('names its set as no other set is named', () => {
    const set = '20261122T020000Z-7f3a';
    expect(setNameOf({ set })).toBe(set);
    expect(setNameOf({ set, plan: 'nightly', database: 'clinic' })).toBe(`clinic/nightly/${set}`);
    expect(setNameOf({ set: 'clinic/latest', database: 'clinic' })).toBe('clinic/latest');
    expect(setNameOf({ set, plan: 'a/b', database: 'clinic' })).toBe(set);
  });

  it.each([
    { operation: 'backup', plan: 'nightly' },
    { operation: 'delete', set: 'latest' },
    { operation: 'verify' },
    { operation: 'restore', set: 'latest' },
    { operation: 'backup', plan: 'nightly', database: 'clinic', options: { password: 'x' } },
  ])('is refused where it is none: %j', (job) => {
    expect(jobSchema.safeParse(job).success).toBe(false);
  });
});

describe('a metric document', () => {
  it('has the form that CloudWatch takes out of a log', () => {
    const numbers = {
      plan: 'nightly',
      database: 'clinic',
      storedBytes: 400,
      plaintextBytes: 1000,
      rows: 57,
      seconds: 4,
    };
    const [stored, duration] = measureBackup(numbers).map((one) =>
      metricDocument(one, { namespace: 'Holdfast/ward', at: scheduledFor }),
    );
    expect(stored).toEqual({
      _aws: {
        Timestamp: scheduledFor.getTime(),
        CloudWatchMetrics: [
          {
            Namespace: 'Holdfast/ward',
            Dimensions: [['Plan', 'Database'], ['Plan']],
            Metrics: [
              { Name: 'StoredBytes', Unit: 'Bytes' },
              { Name: 'Rows', Unit: 'Count' },
              { Name: 'BytesPerSecond', Unit: 'Bytes/Second' },
            ],
          },
        ],
      },
      Plan: 'nightly',
      Database: 'clinic',
      StoredBytes: 400,
      Rows: 57,
      BytesPerSecond: 250,
    });
    expect(duration).toMatchObject({ Operation: 'backup', DurationSeconds: 4 });
  });
});
