import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { backupId } from '../../../engine/domain/backup-id.ts';
import { decideRetention, type RetentionRules } from '../../../engine/domain/retention.ts';
import type { RetentionSet, RetentionTerms } from '../../../engine/domain/retention-set.ts';
import { evaluateMarks } from '../../../engine/domain/set/evaluate-marks.ts';
import { mayMislead } from '../../../engine/domain/set/mark-authenticity.ts';
import type { SetScope } from '../../../engine/domain/set-scope.ts';
import { decideByManifests } from '../../../engine/operations/prune/decide-by-manifests.ts';

const DAY_MS = 86_400_000;
const NOW = new Date('2026-11-22T06:00:00Z');
const NONE = { all: [], roots: [] };
const SCOPES: readonly [SetScope, ...SetScope[]] = [
  { hasSchema: true, hasRows: true, only: null, except: NONE },
  { hasSchema: true, hasRows: false, only: null, except: NONE },
  { hasSchema: true, hasRows: true, only: { all: ['a'], roots: ['a'] }, except: NONE },
];

const often = <T>(usual: T, other: fc.Arbitrary<T>): fc.Arbitrary<T> =>
  fc.oneof({ weight: 6, arbitrary: fc.constant(usual) }, { weight: 1, arbitrary: other });

type Previous = number | 'before' | null;

/** What a manifest may say, or what somebody may have written into a mark. */
const saidOf = (kind: RetentionTerms['kind'], previous: Previous) =>
  fc.record({
    kind: often(kind, fc.constantFrom<RetentionTerms['kind'][]>('logical', 'base', 'incremental')),
    keepDays: often(1, fc.constantFrom(3, 8, 100_000)),
    keepAtLeast: often(1, fc.integer({ min: 0, max: 3 })),
    previous: often<Previous>(previous, fc.constantFrom<Previous[]>(null, 'before', 0, 3, 11)),
    scope: often(SCOPES[0], fc.constantFrom(...SCOPES)),
    server: often('1', fc.constant('2')),
    isReadable: often(true, fc.boolean()),
    isIntact: often(true, fc.boolean()),
  });

type Said = ReturnType<typeof saidOf> extends fc.Arbitrary<infer T> ? T : never;
type SetMarks = readonly ('checked' | 'proven' | 'suspect' | 'hold' | 'released')[];

const marks = fc.oneof(
  { weight: 4, arbitrary: fc.constant<SetMarks>(['checked']) },
  { weight: 4, arbitrary: fc.constant<SetMarks>(['checked', 'proven']) },
  {
    weight: 1,
    arbitrary: fc.subarray<SetMarks[number]>(['checked', 'proven', 'suspect', 'hold', 'released']),
  },
);

interface Item {
  truth: Said;
  lie: Said | null;
  isWeekly: boolean;
  database: string;
  marks: SetMarks;
}

/** Chains are of base and incremental sets, and a logical set has none before it. */
function asTaken(truth: Said, kind: RetentionTerms['kind']): Said {
  if (kind === 'logical') return { ...truth, kind, previous: null };
  return { ...truth, kind: truth.kind === 'logical' ? 'base' : truth.kind };
}

const history: fc.Arbitrary<Item[]> = fc
  .constantFrom<RetentionTerms['kind'][]>('logical', 'logical', 'incremental')
  .chain((kind) =>
    fc.array(
      fc.record({
        truth: saidOf(kind, 'before').map((truth) => asTaken(truth, kind)),
        lie: fc.option(saidOf(kind, null), { freq: 4 }),
        isWeekly: often(false, fc.boolean()),
        database: often('clinic', fc.constant('farm')),
        marks,
      }),
      { minLength: 2, maxLength: 12 },
    ),
  );

const rules: fc.Arbitrary<RetentionRules> = fc.record({
  keeps: fc.constantFrom(
    new Map(),
    new Map(),
    new Map([['nightly', { for: 4 * 86_400, atLeast: 1 }]]),
    new Map([
      ['nightly', { for: 2 * 86_400, atLeast: 2 }],
      ['weekly', { for: 9 * 86_400, atLeast: 1 }],
    ]),
  ),
  undrilled: fc.constantFrom(new Set<string>(), new Set(['clinic'])),
  now: fc.constant(NOW),
});

const startOf = (index: number) => new Date(NOW.getTime() - (12 - index) * DAY_MS);
const idOf = (index: number) => backupId(startOf(index), index.toString(16).padStart(4, '0'));

function setOf(item: Item, index: number): RetentionSet {
  const at = new Date(startOf(index).getTime() + 3_600_000);
  const marks = item.marks.map((mark) => ({ mark, at }));
  return {
    plan: item.isWeekly ? 'weekly' : 'nightly',
    ...{ database: item.database, id: idOf(index), marks, ...evaluateMarks(marks) },
    ...factsOf(item.truth, index),
  };
}

function factsOf({ isReadable, ...one }: Item['truth'], index: number) {
  const { kind, keepAtLeast, scope, server, isIntact } = one;
  const startedAt = startOf(index);
  const keepUntil = new Date(startedAt.getTime() + one.keepDays * DAY_MS);
  const before = one.previous === 'before' ? index - 1 : one.previous;
  const previous = before === null ? null : idOf(before);
  const terms = { kind, startedAt, keepUntil, keepAtLeast, previous, scope, server };
  if (!isReadable) return { terms: undefined, problem: 'damaged', isIntact: false };
  return { terms, problem: undefined, isIntact };
}

/** As a survey sees it: a mark speaks for the manifest where no other mark raises a question. */
function asSurveyed(set: RetentionSet, { lie }: Item, index: number): RetentionSet {
  if (lie === null || mayMislead(set) || set.checkedAt === null) return set;
  const facts = factsOf({ ...lie, isReadable: true, isIntact: true }, index);
  return { ...set, ...facts, isBySummary: true };
}

describe('retention by what marks say of manifests', () => {
  it('releases exactly what it releases by the manifests, whatever the marks say', async () => {
    await fc.assert(
      fc.asyncProperty(history, rules, async (items, asked) => {
        const truth = items.map(setOf);
        const byId = new Map(truth.map((set) => [set.id, set]));
        const surveyed = items.map((item, index) => asSurveyed(setOf(item, index), item, index));
        const { decisions } = await decideByManifests(surveyed, asked, async ({ id }) => {
          const set = byId.get(id);
          if (set === undefined) throw new Error(`${id} is not there`);
          return set;
        });
        const released = (some: typeof decisions) =>
          some.filter(({ action }) => action === 'release').map(({ set }) => set.id);
        expect(released(decisions)).toEqual(released(decideRetention(truth, asked)));
      }),
      { numRuns: 2_000 },
    );
  });

  it('keeps the base of a chain of which a mark says that it has none', async () => {
    const base: Item = {
      truth: { ...TRUE, kind: 'base', keepDays: 1 },
      lie: null,
      isWeekly: false,
      database: 'clinic',
      marks: ['checked', 'proven'],
    };
    const truth: Said = { ...base.truth, kind: 'incremental', previous: 5 };
    const next: Item = { ...base, truth, lie: { ...truth, previous: null }, marks: ['checked'] };
    const [one, two, three] = [setOf(base, 5), setOf(next, 9), setOf(base, 11)];
    const keeps = new Map([['nightly', { for: 4 * 86_400, atLeast: 1 }]]);
    const { decisions } = await decideByManifests(
      [one, asSurveyed(two, next, 9), three],
      { keeps, undrilled: new Set<string>(), now: NOW },
      async () => two,
    );
    expect(decisions.map(({ reasons }) => reasons[0]?.code)).toEqual([
      'needed',
      'within-keep',
      'within-keep',
    ]);
  });

  it('reads no manifest of sets that the config keeps', async () => {
    const item: Item = {
      truth: { ...TRUE, keepDays: 8 },
      lie: { ...TRUE, keepDays: 1, server: '2' },
      isWeekly: false,
      database: 'clinic',
      marks: ['checked'],
    };
    const sets = [8, 9, 10, 11].map((index) => asSurveyed(setOf(item, index), item, index));
    const keeps = new Map([['nightly', { for: 30 * 86_400, atLeast: 1 }]]);
    const asked = { keeps, undrilled: new Set<string>(), now: NOW };
    const { decisions } = await decideByManifests(sets, asked, async () => {
      throw new Error('a manifest was read');
    });
    expect(new Set(decisions.map(({ action }) => action))).toEqual(new Set(['keep']));
  });
});

const TRUE: Item['truth'] = {
  ...{ kind: 'logical', keepDays: 8, keepAtLeast: 1, previous: null, server: '1' },
  ...{ scope: { hasSchema: true, hasRows: true, only: null, except: NONE } },
  ...{ isReadable: true, isIntact: true },
};
