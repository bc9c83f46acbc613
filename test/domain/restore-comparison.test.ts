import { describe, expect, it } from 'vitest';
import type { ManifestTable } from '../../engine/domain/manifest.ts';
import { compareRows, describeDifferences } from '../../engine/domain/restore-comparison.ts';

const table = (
  name: string,
  rows: number | null,
  more: Partial<ManifestTable> = {},
): ManifestTable => ({
  schema: 'public',
  name,
  oid: name.length,
  kind: 'table',
  rows,
  ...more,
});
const found = (name: string, rows: number) => ({ schema: 'public', name, rows });

describe('restored rows against the manifest', () => {
  it('are equal table by table', () => {
    const comparison = compareRows(
      [table('users', 45), table('patients', 12)],
      [found('users', 45), found('patients', 12), found('extra', 9)],
    );
    expect(describeDifferences(comparison)).toBeUndefined();
  });

  it('differ by one row, and the table and both counts are named', () => {
    expect(describeDifferences(compareRows([table('users', 45)], [found('users', 44)]))).toBe(
      'users has 44 of 45 rows',
    );
  });

  it('differ when a table is missing', () => {
    expect(describeDifferences(compareRows([table('users', 0)], []))).toBe(
      'users has no table, not of 0 rows',
    );
  });

  it('are not asked of tables whose rows were left out', () => {
    expect(compareRows([table('log', null)], [])).toEqual([]);
  });

  const partitions = [
    table('p', null, { oid: 1, kind: 'partitioned' }),
    table('p_0', 7, { oid: 2, partitionOf: 1 }),
    table('p_1', 3, { oid: 3, partitionOf: 1 }),
  ];

  it('of partitions may spread anew, as long as the topmost table has all of them', () => {
    expect(
      describeDifferences(compareRows(partitions, [found('p_0', 4), found('p_1', 6)])),
    ).toBeUndefined();
    expect(
      describeDifferences(compareRows(partitions, [found('p_0', 4), found('p_1', 5)])),
    ).toMatch(/p_0 has 4 of 7/);
    expect(describeDifferences(compareRows(partitions, [found('p_0', 10)]))).toMatch(
      /p_1 has no table/,
    );
  });
});
