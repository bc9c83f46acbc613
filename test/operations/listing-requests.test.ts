import { describe, expect, it } from 'vitest';
import { MemoryRepository } from '../../engine/adapters/memory-repository.ts';
import { parseConfig } from '../../engine/config/parse-config.ts';
import { basicTime } from '../../engine/domain/backup-id.ts';
import { readEntries } from '../../engine/operations/catalog.ts';
import { check } from '../../engine/operations/check.ts';
import { prune } from '../../engine/operations/prune.ts';
import { countRequests } from '../fixtures/counting-repository.ts';
import { contextOn, DRY_RUN, plantSet } from '../fixtures/retention-world.ts';

const NOW = Date.UTC(2026, 10, 22, 2);
const DAY_MS = 86_400_000;
const CONFIG = parseConfig(
  {
    project: 'clinic',
    databases: { clinic: { fromEnvironment: true } },
    repositories: { only: { folder: 'a' } },
    plans: { nightly: { schedule: '0 2 * * *' } },
  },
  { origin: 'the test' },
);

/** Two sets, and `count` objects in each folder that holds no sets. */
async function repositoryBeside(count: number): Promise<MemoryRepository> {
  const repository = new MemoryRepository();
  for (const day of [1, 0])
    await plantSet(repository, { startedAt: new Date(NOW - day * DAY_MS), marks: ['checked'] });
  for (let index = 0; index < count; index += 1) {
    const at = new Date(NOW - index * 60_000);
    const day = at.toISOString().slice(0, 10);
    for (const key of [
      `audit/${day.replaceAll('-', '/')}/${basicTime(at)}-backup-${index}.json`,
      `audit/ledger/${basicTime(at)}.json`,
      `wal/clinic/${index.toString(16).padStart(24, '0')}`,
      `wal-partial/clinic/${index}`,
      `keys/expected/nightly/${index}.json`,
      `drills/clinic/${basicTime(at)}-${index}.json`,
      `evidence/${day.slice(0, 7)}/${index}.json`,
    ])
      await repository.put(key, Buffer.from('{}')).catch(() => undefined);
  }
  return repository;
}

const ways = {
  list: (repository: MemoryRepository) => readEntries(repository),
  check: (repository: MemoryRepository) =>
    check(
      { repositories: [{ name: 'only', repository }], clock: { now: () => new Date(NOW) } },
      CONFIG,
    ),
  prune: (repository: MemoryRepository) => prune(contextOn(repository), DRY_RUN),
};

describe.each(Object.entries(ways))('%s', (_name, run) => {
  it('makes no more requests where records, reports and WAL lie beside the sets', async () => {
    const counts: Record<string, number>[] = [];
    for (const beside of [1, 8_000]) {
      const { repository, requests } = countRequests(await repositoryBeside(beside));
      await run(repository as MemoryRepository);
      counts.push(requests);
    }
    expect(counts[1]).toEqual(counts[0]);
    expect(counts[1]?.list).toBeLessThan(8);
  });
});
