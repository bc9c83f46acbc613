import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Manifest, ManifestTable } from '../../../engine/domain/manifest.ts';
import { parseManifest } from '../../../engine/domain/manifest.ts';
import type { PlanWish } from '../../../engine/domain/plan-wish.ts';
import { retentionSetOf } from '../../../engine/domain/retention-set.ts';
import { isJudgedBySummary, summarize, summaryIn } from '../../../engine/domain/set/set-summary.ts';
import { fitsListing } from '../../../engine/domain/set/summary-fit.ts';
import { catalogOfObjects } from '../../../engine/domain/set-state.ts';
import { seenSetOf } from '../../../engine/operations/survey-repository.ts';
import { logicalManifest, storedObject } from '../../fixtures/manifests.ts';

const ID = '20261122T020000Z-7f3a';
const MARK = 'checked-20261122T030000Z.json';
const name = fc.constantFrom('a', 'b', 'a.b', 'Ärzte', '<script>', '__proto__');

const table = fc.record({
  schema: fc.constantFrom('public', '__proto__'),
  name,
  oid: fc.integer({ min: 1, max: 9 }),
  kind: fc.constant<ManifestTable['kind']>('table'),
  rows: fc.integer({ min: 0, max: 3 }),
});
const named = fc.array(fc.record({ schema: fc.constant('public'), name }), { maxLength: 3 });

const manifests: fc.Arbitrary<Manifest> = fc
  .record({
    tables: fc.array(table, { maxLength: 4 }),
    contents: fc.constantFrom('all' as const, 'schema' as const, 'data' as const),
    only: fc.option(named),
    excludedTables: named,
    sizes: fc.array(fc.integer({ min: 0, max: 2 ** 48 }), { minLength: 1, maxLength: 4 }),
    largeObjects: fc.option(fc.integer({ min: 0, max: 2 }), { nil: undefined }),
    keepAtLeast: fc.integer({ min: 1, max: 9 }),
    systemIdentifier: fc.constantFrom('1', '7575757575757575757'),
  })
  .map((one) => {
    const { tables, contents, only, excludedTables, sizes, largeObjects, keepAtLeast } = one;
    const base = logicalManifest();
    return {
      ...base,
      ...{ tables, keepAtLeast, seal: 'c2VhbA==' },
      ...(largeObjects === undefined ? {} : { largeObjects }),
      source: { ...base.source, systemIdentifier: one.systemIdentifier },
      selection: { contents, tables: only, excludedTables },
      objects: sizes.map((storedBytes, index) =>
        storedObject({ key: `data-${index}.dump.zst.esdk`, storedBytes }),
      ),
    };
  });

const wishes: fc.Arbitrary<PlanWish | undefined> = fc.option(
  fc.record({
    contents: fc.constantFrom('all' as const, 'schema' as const, 'data' as const),
    excludeTables: fc.constantFrom(undefined, [], ['a']),
  }),
  { nil: undefined },
);

/** The set as a listing shows it, and the summary as it is read from the mark. */
function surveyed(manifest: Manifest) {
  const bytes = Buffer.from(JSON.stringify(manifest));
  const [entry] = catalogOfObjects([
    { key: `nightly/clinic/${ID}/manifest.json`, bytes: bytes.length },
    { key: `nightly/clinic/${ID}/${MARK}`, bytes: 9 },
    ...manifest.objects.map(({ key, storedBytes }) => ({
      key: `nightly/clinic/${ID}/${key}`,
      bytes: storedBytes,
    })),
  ]);
  const content = JSON.parse(JSON.stringify({ summary: summarize(manifest, bytes.length) }));
  const summary = summaryIn(content as Record<string, unknown>);
  if (entry === undefined || summary === undefined) throw new Error('there is no set');
  const known = { ...entry, problem: undefined, damage: null, unread: null };
  const { kind, isWhole } = summary;
  return {
    entry,
    summary,
    byManifest: { ...known, kind, isWhole, manifest: parseManifest(bytes, { key: 'x' }) },
    bySummary: { ...known, kind, isWhole, manifest: undefined, summary },
  };
}

describe('the summary of a manifest', () => {
  it('says the same to check and to prune as the manifest', () => {
    fc.assert(
      fc.property(manifests, wishes, (manifest, wish) => {
        const { entry, summary, byManifest, bySummary } = surveyed(manifest);
        expect(fitsListing(summary, entry)).toBe(true);
        if (isJudgedBySummary(wish))
          expect(seenSetOf(bySummary, wish)).toEqual(seenSetOf(byManifest, wish));
        const sizes = entry.sizes ?? new Map();
        expect(retentionSetOf(bySummary, { sizes })).toEqual({
          ...retentionSetOf(byManifest, { sizes }),
          isBySummary: true,
        });
      }),
      { numRuns: 1_000 },
    );
  });

  it.each<[string, (summary: ReturnType<typeof summarize>) => object]>([
    ['another time', () => ({ startedAt: '2026-11-22T02:00:01.000Z' })],
    [
      'an object of another size',
      ({ sizes }) => ({ sizes: { ...sizes, 'data.dump.zst.esdk': 1 } }),
    ],
    ['an object less', () => ({ sizes: { 'data.dump.zst.esdk': 400 } })],
    ['an object more', ({ sizes }) => ({ sizes: { ...sizes, more: 0 } })],
    [
      'a manifest of another size',
      ({ manifestBytes = 0 }) => ({ manifestBytes: manifestBytes + 1 }),
    ],
    ['a manifest of no size, as an older mark', () => ({ manifestBytes: undefined })],
  ])('is not believed where it speaks of %s than the listing', (_what, change) => {
    const { entry, summary } = surveyed({ ...logicalManifest(), seal: 'c2VhbA==' });
    expect(fitsListing(summary, entry)).toBe(true);
    expect(fitsListing({ ...summary, ...change(summary) }, entry)).toBe(false);
  });
});
