import { describe, expect, it } from 'vitest';
import { MemoryRepository } from '../../engine/adapters/memory-repository.ts';
import { HoldfastError } from '../../engine/errors.ts';
import { prune } from '../../engine/operations/prune.ts';
import type { PruneReport } from '../../engine/operations/prune-report.ts';
import { APPLY, contextOn, plantSet } from '../fixtures/retention-world.ts';

const DAY_MS = 86_400_000;
const EPOCH = Date.UTC(2026, 9, 1);

describe('a release that the store refuses for one set', () => {
  it.each<[string, { retryable: boolean; decided: string[] }]>([
    [
      'and no other',
      {
        retryable: false,
        decided: [
          'release keep-passed',
          'keep failed',
          'release keep-passed',
          'keep too-few-proven',
        ],
      },
    ],
    [
      'and which ends the run',
      {
        retryable: true,
        decided: ['release keep-passed', 'keep failed', 'keep failed', 'keep too-few-proven'],
      },
    ],
  ])('leaves a report of what was released and what stays: %s', async (_what, scene) => {
    const repository = new MemoryRepository();
    const ids: string[] = [];
    for (const day of [0, 1, 2, 3]) {
      const startedAt = new Date(EPOCH + day * DAY_MS);
      ids.push((await plantSet(repository, { startedAt, marks: day === 3 ? ['proven'] : [] })).id);
    }
    const refused = ids[1] as string;
    const release = repository.release.bind(repository);
    repository.release = async (keys) => {
      if (!keys.some((key) => key.includes(refused))) return release(keys);
      throw new HoldfastError({
        code: 'REPOSITORY_UNREACHABLE',
        message: 'the store refused it',
        hint: 'Ask the store.',
        retryable: scene.retryable,
      });
    };
    const reports: PruneReport[] = [];
    await expect(
      prune(contextOn(repository), { ...APPLY, onReport: (one) => reports.push(one) }),
    ).rejects.toMatchObject({ code: 'REPOSITORY_UNREACHABLE' });
    const [report] = reports;
    expect(report?.problem).toBe('the store refused it');
    expect(report?.sets.map(({ action, reasons }) => `${action} ${reasons[0]?.code}`)).toEqual(
      scene.decided,
    );
    expect(report?.disposed).toContain(ids[0]);
    expect(report?.sets[1]?.reasons[0]?.text).toContain('the store refused it');
  });
});
