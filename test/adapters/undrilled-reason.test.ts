import { describe, expect, it } from 'vitest';
import { MemoryRepository } from '../../engine/adapters/memory-repository.ts';
import { parseConfig } from '../../engine/config/parse-config.ts';
import { objectKey } from '../../engine/domain/key.ts';
import { markName } from '../../engine/domain/set/mark-name.ts';
import { check } from '../../engine/operations/check.ts';
import { storeSet } from '../fixtures/stored-sets.ts';

const REASON = 'this machine has no extension postgis';

async function findingsOf(drill: object, content?: object) {
  const repository = new MemoryRepository();
  const now = new Date();
  const set = await storeSet(repository, { startedAt: new Date(now.getTime() - 3_600_000) });
  if (content !== undefined)
    await repository.put(
      objectKey(set, markName('notshown', now)),
      Buffer.from(JSON.stringify(content)),
    );
  const config = parseConfig(
    {
      project: 'ward',
      databases: { clinic: { fromEnvironment: true, drill } },
      repositories: { local: { folder: 'a' } },
      plans: { nightly: { keep: '30d' } },
    },
    { origin: 'the test' },
  );
  const places = [{ name: 'local', repository }];
  const { findings } = await check({ repositories: places, clock: { now: () => now } }, config);
  return findings.filter(({ verdict }) => verdict === 'unproven' || verdict === 'exceptions');
}

describe('a check of a database that can not be drilled', () => {
  it('names the reason that its drill left', async () => {
    expect(await findingsOf({}, { reason: REASON })).toMatchObject([
      { verdict: 'unproven', severity: 'warning', detail: expect.stringContaining(REASON) },
    ]);
  });

  it('says something of a mark without a reason, and not all of one that is too long', async () => {
    for (const content of [{}, { reason: 7 }])
      expect((await findingsOf({}, content))[0]?.detail).toContain('its machine lacks something');
    const [found] = await findingsOf({}, { reason: 'x'.repeat(100_000) });
    expect(found?.detail.length).toBeLessThan(500);
  });

  it('names the reason of the config, and finds nothing wrong', async () => {
    expect(await findingsOf({ off: 'no machine has oracle_fdw' })).toMatchObject([
      { verdict: 'exceptions', severity: 'ok', detail: expect.stringContaining('oracle_fdw') },
    ]);
    expect(await findingsOf({ enabled: false })).toEqual([]);
  });
});
