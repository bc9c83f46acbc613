import { describe, expect, it } from 'vitest';
import { MemoryRepository } from '../../engine/adapters/memory-repository.ts';
import { objectKey, type SetAddress, setPrefix } from '../../engine/domain/key.ts';
import { hold } from '../../engine/operations/hold.ts';
import { prune } from '../../engine/operations/prune.ts';
import { APPLY, contextOn, keysBelow, plantMark, plantSet } from '../fixtures/retention-world.ts';

const EPOCH = Date.UTC(2020, 0, 1);

/** A store in which somebody else does something at the moment a mark is put. */
class BusyRepository extends MemoryRepository {
  readonly #mark: string;
  readonly #meanwhile: () => Promise<void>;

  constructor(mark: string, meanwhile: (repository: MemoryRepository) => Promise<void>) {
    super();
    this.#mark = mark;
    this.#meanwhile = () => meanwhile(this);
  }

  override async put(key: string, bytes: Uint8Array): Promise<void> {
    await super.put(key, bytes);
    if (key.includes(`/${this.#mark}-`)) await this.#meanwhile();
  }
}

async function plantTwo(repository: MemoryRepository): Promise<SetAddress> {
  const older = await plantSet(repository, { startedAt: new Date(EPOCH) });
  await plantSet(repository, { startedAt: new Date(EPOCH + 86_400_000), marks: ['proven'] });
  return older;
}

describe('a hold that comes while prune is at work', () => {
  it('wins when prune has let nothing go yet', async () => {
    let older: SetAddress | undefined;
    const repository = new BusyRepository('released', async (store) => {
      if (older !== undefined)
        await store.put(objectKey(older, 'hold-20990101T000000Z.json'), Buffer.from('{}'));
    });
    older = await plantTwo(repository);
    const before = await keysBelow(repository, setPrefix(older));
    const [report] = await prune(contextOn(repository), APPLY);
    expect(report?.sets[0]).toMatchObject({ action: 'keep', reasons: [{ code: 'held' }] });
    expect(await keysBelow(repository, setPrefix(older))).toEqual(expect.arrayContaining(before));
  });

  it('fails and takes itself back when prune was first, so that the next prune can finish', async () => {
    let older: SetAddress | undefined;
    const repository = new BusyRepository('hold', async (store) => {
      if (older !== undefined)
        await plantMark(store, older, { mark: 'released', at: new Date(EPOCH) });
    });
    older = await plantTwo(repository);
    const context = contextOn(repository);
    await expect(hold(context, { set: older.id, reason: undefined })).rejects.toMatchObject({
      code: 'SET_RELEASED',
    });
    await prune(context, APPLY);
    expect(await keysBelow(repository, setPrefix(older))).toEqual([]);
  });
});

describe('two audit records of one second', () => {
  it('never keep each other from being written', async () => {
    const repository = new MemoryRepository();
    for (const day of [0, 1, 2])
      await plantSet(repository, {
        startedAt: new Date(EPOCH + day * 86_400_000),
        marks: ['proven'],
      });
    const tails = ['aaaa', 'aaaa', 'aaaa', 'bbbb', 'aaaa', 'cccc'];
    await prune(
      {
        ...contextOn(repository),
        clock: { now: () => new Date() },
        randomTail: () => tails.shift() ?? 'dddd',
      },
      APPLY,
    );
    expect(await keysBelow(repository, 'audit/')).toHaveLength(3);
  });
});
