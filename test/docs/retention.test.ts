import { beforeAll, describe, expect, it } from 'vitest';
import { KEEP_REASONS, RELEASE_REASONS } from '../../engine/domain/retention/reason.ts';
import { withYear } from '../../setup/retention-year.ts';
import { Year } from '../../setup/simulated-year.ts';
import { codeBlocks, readDocument, sectionOf, tableRows } from '../fixtures/document.ts';

describe('docs/RETENTION.md', () => {
  let document: string;
  let year: Year;

  beforeAll(async () => {
    document = await readDocument('docs/RETENTION.md');
    year = new Year();
  });

  it('has the year that the code lives through: else run node setup/retention-year.ts', () => {
    expect(document).toBe(withYear(document));
  });

  it('has every reason, and no other', () => {
    const codes = tableRows(sectionOf(document, '## What stays')).map(([code]) => code);
    expect(codes.filter((code) => !code?.startsWith('reason'))).toEqual([
      ...KEEP_REASONS,
      ...RELEASE_REASONS,
    ]);
  });

  it('shows a year in which every set is released or left for a reason', () => {
    const reasons = year.reasons();
    for (const set of year.sets) expect(reasons.has(set)).toBe(set.releasedAt === undefined);
    expect(year.sets).toHaveLength(365 + 52 + 12 + 4);
  });

  it('shows no release before its time, of what was held, or of what a suspicion froze', () => {
    const suspect = year.sets.find(({ marks }) => marks.some(({ mark }) => mark === 'suspect'));
    const [from, until] = ['suspect', 'accepted'].map(
      (wanted) => suspect?.marks.find(({ mark }) => mark === wanted)?.at,
    );
    if (suspect === undefined || from === undefined || until === undefined)
      throw new Error('the year has no suspicion that was accepted');
    for (const { id, keepUntil, marks, releasedAt } of year.sets) {
      if (releasedAt === undefined) continue;
      expect(releasedAt.getTime(), id).toBeGreaterThanOrEqual(keepUntil.getTime());
      expect(marks.map(({ mark }) => mark)).not.toContain('hold');
      if (id <= suspect.id) expect(releasedAt > from && releasedAt < until, id).toBe(false);
    }
  });

  it('has lifecycle rules that are JSON, and remove only what is tagged', () => {
    const [rules] = codeBlocks(sectionOf(document, '## In a bucket'));
    const { Rules } = JSON.parse(rules?.text ?? '') as { Rules: Record<string, unknown>[] };
    const removing = Rules.filter(
      (rule) =>
        'NoncurrentVersionExpiration' in rule || 'Days' in ((rule.Expiration as object) ?? {}),
    );
    expect(removing.map(({ Filter }) => Filter)).toEqual([
      { Tag: { Key: 'holdfast', Value: 'released' } },
    ]);
  });
});
