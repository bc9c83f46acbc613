import { describe, expect, it } from 'vitest';
import { describeBackup } from '../../cli/commands/backup.ts';

type Result = Parameters<typeof describeBackup>[0];

const RESULT = {
  ...{ id: 'clinic-20260101T000000Z', plan: 'nightly', database: 'clinic', rows: 2, tables: 1 },
  ...{ plaintextBytes: 10, storedBytes: 5, seconds: 1, copies: [] },
} as unknown as Result;

describe('the result of a backup', () => {
  it('names the server that was reached, with its address where a name stands for it', () => {
    const server = { host: 'db.example', hostaddr: '10.0.0.7', port: 5432 };
    const login = { database: 'clinic', user: 'bk' };
    expect(describeBackup({ ...RESULT, server: { ...server, ...login } })).toContain(
      '  database clinic on db.example:5432 (10.0.0.7) as bk\n',
    );
  });

  it('is printed without the server where a task of an older version does not say it', () => {
    const text = describeBackup(RESULT, 'holdfast remote drill');
    expect(text).toMatch(/^clinic-20260101T000000Z\n {2}2 rows of 1 tables/);
    expect(text).toContain('holdfast remote drill --backup clinic-20260101T000000Z');
  });
});
