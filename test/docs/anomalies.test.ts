import { beforeAll, describe, expect, it } from 'vitest';
import { withYear } from '../../bench/anomalies/main.ts';
import {
  findLeaks,
  isFound,
  isUnusual,
  purge,
  SEED,
  seedAnomalies,
} from '../../bench/anomalies/report.ts';
import { liveThrough, type Night } from '../../bench/anomalies/simulated-year.ts';
import { readDocument } from '../fixtures/document.ts';

describe('a simulated year of backups', () => {
  let quiet: Night[];
  beforeAll(() => {
    quiet = liveThrough({ seed: SEED });
  });

  it('has no false alarm, and no warning either', () => {
    expect(quiet.filter(isUnusual)).toEqual([]);
  });

  it('has a hundred seeded anomalies, all of which are found', () => {
    const seeded = seedAnomalies(quiet);
    expect(seeded).toHaveLength(100);
    expect(seeded.filter((one) => !isFound(one))).toEqual([]);
  });

  it('is quiet after a purge that somebody accepted', () => {
    const { found, later } = purge();
    expect(found.map(({ code }) => code)).toContain('shrunk');
    expect(later).toEqual([]);
  });

  it('finds a leak of 2 % a day in every table', () => {
    for (const { table, days } of findLeaks(quiet)) expect(days, table).toBeLessThan(31);
  });

  it('stands in docs/ANOMALIES.md: else run node bench/anomalies/main.ts', async () => {
    const document = await readDocument('docs/ANOMALIES.md');
    expect(document).toBe(withYear(document));
  });
});
