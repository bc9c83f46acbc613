import { beforeEach, describe, expect, it } from 'vitest';
import { MemoryRepository } from '../../engine/adapters/memory-repository.ts';
import { systemClock } from '../../engine/adapters/system-clock.ts';
import { objectKey } from '../../engine/domain/key.ts';
import type { LogicalManifest } from '../../engine/domain/manifest.ts';
import { markName } from '../../engine/domain/set/mark-name.ts';
import { tablesLost } from '../../engine/operations/catalog/earlier-set.ts';
import { readManifest } from '../../engine/operations/catalog.ts';
import { startRun } from '../../engine/operations/start-run.ts';
import { plantSet } from '../fixtures/retention-world.ts';

describe('a mark `released` that was not opened', () => {
  let repository: MemoryRepository;
  const begun = new Date('2026-10-01T02:00:00Z');
  beforeEach(async () => {
    repository = new MemoryRepository();
    const set = await plantSet(repository, { startedAt: begun });
    await repository.put(objectKey(set, markName('released', new Date())), Buffer.from('{}'));
  });

  it('does not keep the next set from being compared with its set', async () => {
    const next = await plantSet(repository, { startedAt: new Date(begun.getTime() + 86_400_000) });
    const manifest = (await readManifest(next, repository)) as LogicalManifest;
    const others = manifest.tables.map((table) => ({ ...table, name: `${table.name}_of_another` }));
    expect(await tablesLost({ ...manifest, tables: others }, { repository })).toContain(
      'the set before it',
    );
  });

  it('does not keep the database from being drilled by the stack', async () => {
    const databases = { clinic: { drill: { enabled: true } } };
    const starter = { start: async () => 'started' as const };
    const started = await startRun(
      { repository, starter, clock: systemClock, config: { plans: {}, databases } },
      { operation: 'drill', scheduledFor: '2026-11-22T02:00:00Z' },
    );
    expect(started.databases).toBe(1);
  });
});
