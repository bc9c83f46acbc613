import { describe, expect, it } from 'vitest';
import { MemoryRepository } from '../../engine/adapters/memory-repository.ts';
import { systemClock } from '../../engine/adapters/system-clock.ts';
import { objectKey, type SetAddress } from '../../engine/domain/key.ts';
import type { PlanWish } from '../../engine/domain/plan-wish.ts';
import type { RunInput } from '../../engine/domain/run-order.ts';
import type { SuspicionKind } from '../../engine/domain/set/mark-name.ts';
import { type Mark, markName } from '../../engine/domain/set/mark-name.ts';
import { findNextToDrill } from '../../engine/operations/drill/next-to-drill.ts';
import { startRun } from '../../engine/operations/start-run.ts';
import { storeSet } from '../fixtures/stored-sets.ts';

const hoursAgo = (hours: number) => new Date(Date.now() - hours * 3_600_000);
const PLANS: Record<string, PlanWish> = {
  nightly: { contents: 'all' },
  weekly: { contents: 'all' },
};

function markOf(
  repository: MemoryRepository,
  set: SetAddress,
  { mark, at, kind }: { mark: Mark; at: Date; kind?: SuspicionKind },
): Promise<void> {
  return repository.put(objectKey(set, markName(mark, at, kind)), Buffer.from('{}'));
}

const next = (...repositories: MemoryRepository[]) =>
  findNextToDrill(
    {
      repositories: repositories.map((repository, index) => ({ name: `r${index}`, repository })),
      clock: systemClock,
      progress: () => undefined,
    },
    { database: 'clinic', plans: PLANS },
  );

describe('the set of the next drill', () => {
  it('is the newest one of the plan whose last drill is longest ago, in whichever repository it was', async () => {
    const [local, cloud] = [new MemoryRepository(), new MemoryRepository()];
    const weekly = await storeSet(local, { plan: 'weekly', startedAt: hoursAgo(90) });
    const nightly = await storeSet(local, { startedAt: hoursAgo(40) });
    const newest = await storeSet(cloud, { startedAt: hoursAgo(16) });
    await markOf(local, nightly, { mark: 'proven', at: hoursAgo(60) });
    expect(await next(local, cloud)).toEqual({
      set: `clinic/weekly/${weekly.id}`,
      plan: 'weekly',
    });
    await markOf(local, weekly, { mark: 'proven', at: hoursAgo(30) });
    expect(await next(local, cloud)).toEqual({
      set: `clinic/nightly/${newest.id}`,
      plan: 'nightly',
    });
  });

  it('is none that is SUSPECT, of the future, or less than its plan takes', async () => {
    const repository = new MemoryRepository();
    const good = await storeSet(repository, { startedAt: hoursAgo(50) });
    const suspect = await storeSet(repository, { startedAt: hoursAgo(40) });
    await markOf(repository, suspect, { mark: 'suspect', at: hoursAgo(39), kind: 'damage' });
    await storeSet(repository, { startedAt: hoursAgo(-200) });
    const oneOff = await storeSet(repository, { startedAt: hoursAgo(30) });
    const key = objectKey(oneOff, 'manifest.json');
    const manifest = JSON.parse((await repository.get(key)).toString());
    manifest.selection.contents = 'schema';
    await repository.release([key]);
    await repository.put(key, Buffer.from(JSON.stringify(manifest)));
    await storeSet(repository, { database: 'lab', startedAt: hoursAgo(1) });
    expect(await next(repository)).toMatchObject({ set: `clinic/nightly/${good.id}` });
  });

  it('is the latest one where no plan of the config has a set', async () => {
    const repository = new MemoryRepository();
    await storeSet(repository, { plan: 'former', startedAt: hoursAgo(5) });
    expect(await next(repository)).toEqual({ set: 'clinic/latest', plan: null });
  });

  it('is what the stack drills, in a task that suits its size', async () => {
    const repository = new MemoryRepository();
    const nightly = await storeSet(repository, { startedAt: hoursAgo(5) });
    await markOf(repository, nightly, { mark: 'proven', at: hoursAgo(4) });
    const weekly = await storeSet(repository, {
      plan: 'weekly',
      startedAt: hoursAgo(50),
      plaintextBytes: 30 * 1024 ** 3,
    });
    const inputs: string[] = [];
    const databases = { clinic: { drill: { enabled: true } } };
    const plans = { nightly: { databases: ['clinic'] }, weekly: { databases: 'all' as const } };
    await startRun(
      {
        repository,
        clock: systemClock,
        starter: {
          start: async ({ input }) => {
            inputs.push(input);
            return 'started';
          },
        },
        config: { plans, databases },
      },
      { operation: 'drill', scheduledFor: '2026-11-22T02:00:00Z' },
    );
    const [item] = (JSON.parse(inputs[0] ?? '') as RunInput).databases;
    expect(item).toMatchObject({ database: 'clinic', size: 'medium' });
    expect(JSON.parse(item?.job ?? '')).toMatchObject({
      operation: 'drill',
      set: weekly.id,
      plan: 'weekly',
      database: 'clinic',
    });
  });
});
