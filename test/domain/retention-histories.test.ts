import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { histories, type RememberedSet, World } from '../fixtures/retention-history.ts';

const RUNS = { numRuns: 1_500 };

describe('retention, over any history', () => {
  it('lets nothing go that must stay', () => {
    let released = 0;
    fc.assert(
      fc.property(histories, (steps) => {
        const world = new World();
        for (const step of steps) {
          if (step.do !== 'prune') world.happen(step);
          else released += pruneAndJudge(world);
        }
      }),
      RUNS,
    );
    expect(released).toBeGreaterThan(1_000);
  });

  it('is done after one run: a second one finds nothing', () => {
    fc.assert(
      fc.property(histories, (steps) => {
        const world = new World();
        for (const step of steps) {
          if (step.do !== 'prune') world.happen(step);
          else {
            letGo(world);
            expect(world.decide().filter(({ action }) => action === 'release')).toEqual([]);
          }
        }
      }),
      RUNS,
    );
  });

  it('does not depend on the order in which a store lists', () => {
    fc.assert(
      fc.property(histories, (steps) => {
        const world = new World();
        for (const step of steps) if (step.do !== 'prune') world.happen(step);
        expect(world.decide((sets) => sets.toReversed())).toEqual(world.decide());
      }),
      { numRuns: 200 },
    );
  });

  it('says why, each time', () => {
    fc.assert(
      fc.property(histories, (steps) => {
        const world = new World();
        for (const step of steps) if (step.do !== 'prune') world.happen(step);
        for (const { reasons } of world.decide()) {
          expect(reasons.length).toBeGreaterThan(0);
          for (const { text } of reasons) expect(text).toMatch(/\w/);
        }
      }),
      { numRuns: 200 },
    );
  });
});

/** Lets go of what was decided, one after the other as a prune does, and returns it. */
function letGo(world: World): RememberedSet[] {
  const gone = world
    .decide()
    .filter(({ action }) => action === 'release')
    .map(({ set }) => world.find(set));
  for (const set of gone) world.remove(set);
  return gone;
}

function pruneAndJudge(world: World): number {
  const frozenBy = world.remaining.filter(({ doubts }) => doubts.some(({ isKnown }) => !isKnown));
  const gone = letGo(world);
  for (const set of gone) {
    expect(set.isReadable, 'a set that can be read').toBe(true);
    expect(set.isHeld, 'a set that is not held').toBe(false);
    expect(world.now, 'the promise of its manifest').toBeGreaterThanOrEqual(set.promisedUntil);
    expect(world.now, "today's config").toBeGreaterThanOrEqual(
      set.takenAt + (world.keeps.get(set.address.plan)?.for ?? 0) * 1000,
    );
    expect(
      frozenBy.filter((suspect) => isOfOneKind(suspect, set) && suspect.takenAt >= set.takenAt),
      'no suspicion since',
    ).toEqual([]);
    const wanted = Math.max(set.promisedAtLeast, world.keeps.get(set.address.plan)?.atLeast ?? 1);
    expect(
      world.remaining.filter((other) => canReplace(other, set, world)).length,
      'proven ones that are left',
    ).toBeGreaterThanOrEqual(wanted);
  }
  for (const { basedOn } of world.remaining.filter(({ isReadable }) => isReadable))
    expect(basedOn?.isGone ?? false, 'chains').toBe(false);
  return gone.length;
}

/** What was spoilt may have been of any kind. */
function isOfOneKind(suspect: RememberedSet, set: RememberedSet): boolean {
  return (
    suspect.address.database === set.address.database &&
    (!suspect.isReadable || suspect.kind === set.kind)
  );
}

function canReplace(other: RememberedSet, set: RememberedSet, { undrilled }: World): boolean {
  return (
    other.isReadable &&
    !other.isTorn &&
    other.doubts.length === 0 &&
    other.address.database === set.address.database &&
    other.kind === set.kind &&
    other.takenAt > set.takenAt &&
    (other.isProven || (other.isChecked && undrilled.has(other.address.database))) &&
    [...set.holds].every((part) => other.holds.has(part))
  );
}
