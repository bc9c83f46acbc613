import { describe, expect, it } from 'vitest';
import { MemoryRepository } from '../../engine/adapters/memory-repository.ts';
import type { AuditRecord } from '../../engine/domain/audit-record.ts';
import { setPrefix } from '../../engine/domain/key.ts';
import { prune } from '../../engine/operations/prune.ts';
import { dyingRepository } from '../fixtures/dying-repository.ts';
import { APPLY, contextOn, DRY_RUN, keysBelow, plantSet } from '../fixtures/retention-world.ts';

const DAY_MS = 86_400_000;
const EPOCH = Date.UTC(2020, 0, 1);

describe('a prune that dies', () => {
  it('is finished by the next, wherever it died', async () => {
    let deaths = 0;
    for (let changes = 0; ; changes++) {
      const repository = new MemoryRepository();
      const gone = [];
      for (const day of [0, 1])
        gone.push(
          await plantSet(repository, {
            startedAt: new Date(EPOCH + day * DAY_MS),
            marks: ['checked', 'proven'],
          }),
        );
      const stays = await plantSet(repository, {
        startedAt: new Date(EPOCH + 2 * DAY_MS),
        marks: ['proven'],
      });
      const before = await keysBelow(repository, setPrefix(stays));

      const died = await prune(contextOn(dyingRepository(repository, { changes })), APPLY).then(
        () => false,
        () => true,
      );
      await prune(contextOn(repository), APPLY);

      const records = await auditRecords(repository);
      for (const address of gone) {
        expect(await keysBelow(repository, setPrefix(address)), `after ${changes} changes`).toEqual(
          [],
        );
        expect(
          records.filter(({ backup }) => backup === address.id).length,
          `after ${changes} changes`,
        ).toBeGreaterThan(0);
      }
      expect(await keysBelow(repository, setPrefix(stays))).toEqual(before);
      if (!died) break;
      deaths += 1;
    }
    expect(deaths).toBeGreaterThan(20);
  });

  it('shows no set whose objects are gone while its manifest stands', async () => {
    for (let changes = 0; changes < 12; changes++) {
      const repository = new MemoryRepository();
      for (const day of [0, 1])
        await plantSet(repository, {
          startedAt: new Date(EPOCH + day * DAY_MS),
          marks: ['proven'],
        });
      await prune(contextOn(dyingRepository(repository, { changes })), APPLY).catch(
        () => undefined,
      );
      const keys = await keysBelow(repository, 'nightly/');
      for (const manifest of keys.filter((key) => key.endsWith('/manifest.json')))
        expect(keys).toContain(manifest.replace('manifest.json', 'data.dump.zst.esdk'));
    }
  });
});

describe('prune on two repositories', () => {
  it('prunes the second when the first fails, and fails then', async () => {
    const [broken, sound] = [new MemoryRepository(), new MemoryRepository()];
    const older = [];
    for (const repository of [broken, sound]) {
      older.push(await plantSet(repository, { startedAt: new Date(EPOCH) }));
      await plantSet(repository, { startedAt: new Date(EPOCH + DAY_MS), marks: ['proven'] });
    }
    const repositories = [
      { name: 'broken', repository: dyingRepository(broken, { changes: 0 }) },
      { name: 'sound', repository: sound },
    ];
    await expect(prune({ ...contextOn(broken), repositories }, APPLY)).rejects.toMatchObject({
      code: 'INTERNAL',
    });
    for (const address of older) {
      expect(await keysBelow(sound, setPrefix(address))).toEqual([]);
      expect(await keysBelow(broken, setPrefix(address))).toHaveLength(3);
    }
  });
});

describe('prune on 20,000 sets', () => {
  it('decides about all of them, and reads 16 objects at a time', async () => {
    const repository = new MemoryRepository();
    for (let index = 0; index < 20_000; index++) {
      const startedAt = new Date(EPOCH + index * 3_600_000);
      await plantSet(repository, { startedAt, marks: index % 100 === 99 ? ['proven'] : [] });
    }
    const reads = { now: 0, most: 0 };
    const get = repository.get.bind(repository);
    repository.get = async (key) => {
      reads.now += 1;
      reads.most = Math.max(reads.most, reads.now);
      try {
        return await get(key);
      } finally {
        reads.now -= 1;
      }
    };
    const [report] = await prune(contextOn(repository), DRY_RUN);
    expect(report?.sets).toHaveLength(20_000);
    expect(report?.sets.filter(({ action }) => action === 'keep').map(({ id }) => id)).toEqual([
      report?.sets.at(-1)?.id,
    ]);
    expect(reads.most).toBeLessThanOrEqual(16);
  });
});

async function auditRecords(repository: MemoryRepository): Promise<AuditRecord[]> {
  const keys = await keysBelow(repository, 'audit/');
  return Promise.all(
    keys.map(async (key) => JSON.parse((await repository.get(key)).toString()) as AuditRecord),
  );
}
