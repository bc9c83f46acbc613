import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { MeasureName } from '../../../engine/domain/anomaly/anomaly.ts';
import { describeAnomaly } from '../../../engine/domain/anomaly/describe-anomaly.ts';
import type { EarlierSet } from '../../../engine/domain/anomaly/history.ts';
import { judgeAnomalies } from '../../../engine/domain/anomaly/judge.ts';
import { measureSet, type SetMeasures } from '../../../engine/domain/anomaly/measures.ts';
import type { ManifestTable } from '../../../engine/domain/manifest.ts';
import { logicalManifest, storedObject } from '../../fixtures/manifests.ts';

const MIB = 1024 * 1024;

interface SetWish {
  tables?: Readonly<Record<string, number>> | ManifestTable[];
  mib?: number;
  storedMib?: number;
  seconds?: number;
  schemaHash?: string;
  server?: string;
}

function setOf(wish: SetWish): SetMeasures {
  const { tables = { visits: 10_000 }, mib = 100, storedMib = mib * 0.2 } = wish;
  const { seconds = 100, schemaHash = 'a', server = '1' } = wish;
  const size = { plaintextBytes: mib * MIB, storedBytes: storedMib * MIB };
  const manifest = logicalManifest({
    ...{ schemaHash, objects: [storedObject(size)], seconds: { total: seconds, dump: seconds } },
    tables: Array.isArray(tables)
      ? tables
      : Object.entries(tables).map(([name, rows], index) =>
          tableOf(name, { oid: 100 + index, rows }),
        ),
  });
  manifest.source.systemIdentifier = server;
  return measureSet({ ...manifest, seal: '' });
}

function tableOf(name: string, wish: Partial<ManifestTable>): ManifestTable {
  return { schema: 'public', name, oid: 1, kind: 'table', rows: 0, ...wish };
}

/** Newest first. */
function earlier(wishes: readonly SetWish[], accepted: MeasureName[] = []): EarlierSet[] {
  return wishes.map((wish) => ({ measures: setOf(wish), accepted }));
}

function nights(count: number, wish: SetWish = {}): EarlierSet[] {
  return earlier(Array.from({ length: count }, () => wish));
}

const judged = (set: SetWish, history: readonly EarlierSet[]) =>
  judgeAnomalies(setOf(set), history).map(
    ({ code, severity, measure, table }) =>
      `${severity}: ${code} ${measure}${table === null ? '' : ` of ${table.name}`}`,
  );

describe('the numbers of a set', () => {
  it('are not judged without an earlier set', () => {
    expect(judged({ tables: { visits: 0 }, mib: 0 }, [])).toEqual([]);
  });

  it('are like the earlier ones when they are the same, however many there are', () => {
    for (const count of [1, 6, 7, 30]) expect(judged({}, nights(count))).toEqual([]);
  });

  it('deviate from earlier ones that are all alike by 20 % and the floor, and no less', () => {
    const history = nights(7);
    expect(judged({ tables: { visits: 8_000 } }, history)).toEqual([]);
    expect(judged({ tables: { visits: 7_999 } }, history)).toEqual([
      'critical: shrunk all-rows',
      'critical: shrunk rows of visits',
    ]);
    expect(judged({ tables: { visits: 12_001 } }, history)).toEqual([
      'warning: swollen all-rows',
      'warning: swollen rows of visits',
    ]);
    const small = nights(7, { tables: { visits: 1_200 } });
    expect(judged({ tables: { visits: 201 } }, small)).toEqual([]);
    expect(judged({ tables: { visits: 200 } }, small)).toHaveLength(2);
  });

  it('of bytes, compression and time are judged too', () => {
    const history = nights(7);
    expect(judged({ mib: 60 }, history)).toEqual(['critical: shrunk bytes']);
    expect(judged({ mib: 200 }, history)).toEqual(['warning: swollen bytes']);
    expect(judged({ storedMib: 30 }, history)).toEqual(['warning: swollen ratio']);
    expect(judged({ storedMib: 50 }, history)).toEqual(['critical: shrunk ratio']);
    expect(judged({ storedMib: 85 }, nights(7, { storedMib: 58 }))).toEqual([
      'critical: shrunk ratio',
    ]);
    expect(judged({ seconds: 161 }, history)).toEqual(['warning: slow seconds']);
    expect(judged({ seconds: 159 }, history)).toEqual([]);
    expect(judged({ seconds: 1 }, history)).toEqual([]);
  });

  it('count partitions at their topmost table, so that they may come and go each day', () => {
    const day = (first: number): ManifestTable[] => [
      tableOf('events', { oid: 50, kind: 'partitioned', rows: null }),
      ...Array.from({ length: 30 }, (_, index) =>
        tableOf(`events_${first + index}`, {
          ...{ oid: 1_000 + first + index, partitionOf: 50, rows: 2_000 },
        }),
      ),
    ];
    const history = earlier(Array.from({ length: 30 }, (_, ago) => ({ tables: day(100 - ago) })));
    expect(judged({ tables: day(101), schemaHash: 'b' }, history)).toEqual([]);
    const dropped = day(101).slice(0, 1);
    expect(judged({ tables: dropped, schemaHash: 'b' }, history)).toEqual([
      'critical: shrunk all-rows',
      'critical: shrunk rows of events',
    ]);
  });

  it('survive partitions that are said to be part of each other', () => {
    const circle = [
      tableOf('one', { oid: 1, partitionOf: 2, rows: 5 }),
      tableOf('two', { oid: 2, partitionOf: 1, rows: 5 }),
    ];
    expect(setOf({ tables: circle }).rows).toBe(10);
  });

  it('hold a critical finding when a large table is emptied, also below seven sets where it was steady', () => {
    const both = { tables: { visits: 50_000, patients: 1_000, codes: 300 } };
    const emptied = { tables: { ...both.tables, patients: 0 } };
    expect(judged(emptied, nights(1, both))).toEqual([]);
    expect(judged(emptied, nights(2, both))).toEqual(['critical: shrunk rows of patients']);
    expect(judged({ tables: { ...both.tables, visits: 0 } }, nights(1, both))).toEqual([
      'critical: shrunk rows of visits',
    ]);
    const small = { tables: { ...both.tables, codes: 0 } };
    expect(judged(small, nights(6, both))).toEqual([]);
    expect(judged(small, nights(7, both))).toEqual(['critical: shrunk rows of codes']);
  });

  it('never hold a finding about a table that was empty in any of the earlier sets', () => {
    const rows = fc.array(fc.nat({ max: 1_000_000 }), { minLength: 1, maxLength: 29 });
    fc.assert(
      fc.property(rows, fc.nat(29), (counts, place) => {
        const values = counts.toSpliced(place, 0, 0);
        const history = earlier(values.map((queue) => ({ tables: { visits: 10_000, queue } })));
        const found = judged({ tables: { visits: 10_000, queue: 0 } }, history);
        expect(found.filter((text) => text.endsWith('of queue'))).toEqual([]);
      }),
    );
  });

  it('follow a table that was renamed, and are found by name where every oid is new', () => {
    const history = nights(10, { tables: { visits: 10_000, other: 5_000 } });
    const renamed = [
      tableOf('visits_2026', { oid: 100, rows: 10_000 }),
      tableOf('other', { oid: 101, rows: 5_000 }),
    ];
    expect(judged({ tables: renamed, schemaHash: 'b' }, history)).toEqual([]);
    const lost = [
      tableOf('visits_2026', { oid: 100, rows: 4_000 }),
      tableOf('other', { oid: 101, rows: 5_000 }),
    ];
    expect(judged({ tables: lost, schemaHash: 'b' }, history)).toContain(
      'critical: shrunk rows of visits_2026',
    );
    const restored = [
      tableOf('other', { oid: 100, rows: 5_000 }),
      tableOf('visits', { oid: 101, rows: 10_000 }),
    ];
    expect(judged({ tables: restored, server: '2' }, history)).toEqual([]);
  });

  it('do not deviate where two tables exchange their names after a load', () => {
    const night = (even: boolean) => [
      tableOf('visits', { oid: even ? 100 : 101, rows: 50_000 }),
      tableOf('visits_next', { oid: even ? 101 : 100, rows: 5_000 }),
    ];
    const history = earlier(Array.from({ length: 10 }, () => ({ tables: night(true) })));
    expect(judged({ tables: night(false) }, history)).toEqual([]);
  });

  it('warn of a table that vanished when the structure changed, and are critical when it did not', () => {
    const history = nights(10, { tables: { visits: 100_000, old: 500 } });
    const rest = { visits: 100_000 };
    expect(judged({ tables: rest, schemaHash: 'b' }, history)).toEqual([
      'warning: vanished rows of old',
    ]);
    expect(judged({ tables: rest }, history)).toEqual(['critical: shrunk rows of old']);
  });

  it('warn only of the table that vanished when its rows went into two new ones', () => {
    const history = nights(10, { tables: { visits: 100_000 } });
    const split = [
      tableOf('visits_a', { oid: 300, rows: 60_000 }),
      tableOf('visits_b', { oid: 301, rows: 40_000 }),
    ];
    expect(judged({ tables: split, schemaHash: 'b' }, history)).toEqual([
      'warning: vanished rows of visits',
    ]);
  });

  it('say nothing of a table that became a partition', () => {
    const history = nights(10, { tables: { visits: 10_000 } });
    const attached = [
      tableOf('all_visits', { oid: 300, kind: 'partitioned', rows: null }),
      tableOf('visits', { oid: 100, partitionOf: 300, rows: 10_000 }),
    ];
    expect(judged({ tables: attached, schemaHash: 'b' }, history)).toEqual([]);
  });

  it('are compared from the accepted set on in what it deviated in, and further back in all else', () => {
    const table = { schema: 'public', name: 'visits' };
    const tables = { visits: 4_000, patients: 10_000 };
    const before = nights(20, { tables: { visits: 10_000, patients: 10_000 } });
    const accepted: MeasureName[] = [
      { measure: 'all-rows', table: null },
      { measure: 'rows', table },
    ];
    const history = [...nights(6, { tables }), ...earlier([{ tables }], accepted), ...before];
    expect(judged({ tables }, history)).toEqual([]);
    expect(judged({ tables: { ...tables, visits: 2_900 } }, history)).toContain(
      'critical: shrunk rows of visits',
    );
    expect(judged({ tables: { ...tables, patients: 7_000 } }, history)).toContain(
      'critical: shrunk rows of patients',
    );
    expect(judged({ tables: { ...tables, visits: 2_900 } }, history.slice(1))).not.toContain(
      'critical: shrunk rows of visits',
    );
  });

  it('find a leak that moves the median along', () => {
    const leaking = Array.from({ length: 30 }, (_, day) => Math.round(100_000 * 0.98 ** day));
    const found = leaking.findIndex((visits, day) => {
      const past = leaking.slice(0, day).reverse();
      const quiet = Array<number>(30 - day).fill(100_000);
      const history = earlier([...past, ...quiet].map((rows) => ({ tables: { visits: rows } })));
      return judged({ tables: { visits } }, history).includes('critical: shrunk rows of visits');
    });
    expect(found).toBeGreaterThan(8);
    expect(found).toBeLessThan(15);
  });

  it('never deviate from a history of which they are the median', () => {
    const values = fc.array(fc.integer({ min: 1, max: 10_000_000 }), {
      minLength: 7,
      maxLength: 30,
    });
    fc.assert(
      fc.property(values, (counts) => {
        const sorted = counts.toSorted((one, other) => one - other);
        const visits = sorted[sorted.length >> 1] ?? 0;
        const history = earlier(counts.map((rows) => ({ tables: { visits: rows } })));
        const found = judged({ tables: { visits } }, history);
        expect(found.filter((text) => text.includes('swollen'))).toEqual([]);
      }),
    );
  });

  it('are said with the value, the median and the share', () => {
    const history = nights(30, { tables: { 'Visits of <script>': 30_120 } });
    const texts = judgeAnomalies(setOf({ tables: { 'Visits of <script>': 12_000 } }), history);
    expect(texts.map(describeAnomaly)).toEqual([
      'the set has 12,000 rows; the median of the 30 earlier sets is 30,120 rows (-60 %)',
      'table "Visits of <script>" has 12,000 rows; the median of the 30 earlier sets is 30,120 rows (-60 %)',
    ]);
    const one = judgeAnomalies(setOf({ tables: { visits: 0 } }), nights(1));
    expect(one.map(describeAnomaly)[0]).toBe(
      'the set has 0 rows; the earlier set has 10,000 rows (-100 %)',
    );
  });
});
