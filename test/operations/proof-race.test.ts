import { describe, expect, it } from 'vitest';
import { MemoryRepository } from '../../engine/adapters/memory-repository.ts';
import type { CatalogEntry } from '../../engine/domain/set-state.ts';
import { readEntries } from '../../engine/operations/catalog.ts';
import { putProof, putSuspicion } from '../../engine/operations/marks.ts';
import type { Repository } from '../../engine/ports/repository.ts';
import { contextOn, plantMark, plantSet } from '../fixtures/retention-world.ts';
import { inEveryOrder, type Turns } from '../fixtures/turns.ts';

const NOW = Date.UTC(2026, 10, 30, 12);
const MINUTE_MS = 60_000;
/** Sets that were made in this hour, and one that a clock of the next hour has marked. */
const LAST_MARKS = [-30, 60];

const at = (repository: Repository, minutes: number) => ({
  ...contextOn(repository),
  clock: { now: () => new Date(NOW + minutes * MINUTE_MS) },
});

async function onlyEntry(repository: Repository): Promise<CatalogEntry> {
  const [entry] = await readEntries(repository);
  if (entry === undefined) throw new Error('there is no set');
  return entry;
}

interface Race {
  proof: 'checked' | 'proven';
  kind: 'damage' | 'drill';
  /** How far the clock of the machine that writes the proof is ahead of the other one's. */
  ahead: number;
  lastMark: number;
}

/** One machine proves a set while another one finds it wanting. */
async function race(turns: Turns, { proof, kind, ahead, lastMark }: Race): Promise<CatalogEntry> {
  const repository = new MemoryRepository();
  const address = await plantSet(repository, { startedAt: new Date(NOW - 3_600_000) });
  const time = new Date(NOW + lastMark * MINUTE_MS);
  await plantMark(repository, address, { mark: 'checked', at: time });
  const before = await onlyEntry(repository);
  const prover = at(turns.repositoryOf(0, repository), ahead);
  const finder = at(turns.repositoryOf(1, repository), 0);
  await Promise.all([
    turns.run(putProof(prover, before, { mark: proof, content: {} })),
    turns.run(putSuspicion(finder, before, { kind, content: {} })),
  ]);
  return onlyEntry(repository);
}

describe('a set that one machine proves while another one makes it SUSPECT', () => {
  const races = ([-20, 0, 20] as const).flatMap((ahead) =>
    LAST_MARKS.flatMap((lastMark) => [
      { proof: 'checked', kind: 'damage', ahead, lastMark } as const,
      { proof: 'proven', kind: 'drill', ahead, lastMark } as const,
    ]),
  );

  it.each(
    races,
  )('is SUSPECT in every order of their requests, whatever their clocks say: %j', async (one) => {
    const orders = await inEveryOrder(async (turns) => {
      const { state } = await race(turns, one);
      expect(state, `in the order ${turns.taken.join('')}`).toBe('SUSPECT');
    });
    expect(orders).toBeGreaterThan(20);
  });
});
