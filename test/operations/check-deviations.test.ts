import { beforeEach, describe, expect, it } from 'vitest';
import { MemoryRepository } from '../../engine/adapters/memory-repository.ts';
import { parseConfig } from '../../engine/config/parse-config.ts';
import { check } from '../../engine/operations/check.ts';
import { MeasuredSets } from '../fixtures/measured-sets.ts';

const USUAL = { visits: 30_000, patients: 5_000 };
const SWOLLEN = { visits: 90_000, patients: 5_000 };
const PURGED = { visits: 12_000, patients: 5_000 };

describe('what a verification finds unlike the earlier sets', () => {
  let sets: MeasuredSets;

  beforeEach(() => {
    sets = new MeasuredSets({ local: new MemoryRepository() });
  });

  const found = async () => {
    const { repositories, clock } = sets.context();
    const config = parseConfig(
      {
        project: 'ward',
        databases: { clinic: { fromEnvironment: true, drill: { off: 'a test' } } },
        repositories: { local: { folder: 'a' } },
        plans: { nightly: { keep: '400d' } },
      },
      { origin: 'the test' },
    );
    const { findings } = await check({ repositories, clock }, config);
    return findings.filter(({ verdict }) => ['shrunk', 'swollen', 'slow'].includes(verdict));
  };

  it('is swollen from the first such set until one is in line, also after it was verified again', async () => {
    await sets.quiet(7, USUAL);
    const first = await sets.take(SWOLLEN);
    expect(await sets.verify(first)).toBeNull();
    const [swollen] = await found();
    expect(swollen).toMatchObject({ verdict: 'swollen', severity: 'warning', set: first });
    const second = await sets.take(SWOLLEN);
    expect(await found(), 'before the next verification').toEqual([swollen]);
    expect(await sets.verify(second)).toBeNull();
    expect(await sets.verify(second), 'compared once only').toBeNull();
    expect(await found()).toMatchObject([{ set: second, since: swollen?.since }]);
    expect(await sets.verify(await sets.take(USUAL))).toBeNull();
    expect(await found()).toEqual([]);
  });

  it('is shrunk and critical, with the numbers, until somebody accepts it', async () => {
    await sets.quiet(7, USUAL);
    const purged = await sets.take(PURGED);
    expect(await sets.verify(purged)).toBe('ANOMALY_FOUND');
    expect(await found()).toMatchObject([
      {
        ...{ verdict: 'shrunk', severity: 'critical', set: purged },
        detail: expect.stringContaining('table visits has 12,000 rows'),
      },
    ]);
    await sets.accept(purged);
    expect(await found()).toEqual([]);
  });
});
