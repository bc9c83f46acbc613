import { describe, expect, it } from 'vitest';
import { decideAlerts } from '../../engine/domain/alerts.ts';
import {
  describeMissingPlan,
  judgeRecoveryPlan,
  severityOfBackups,
} from '../../engine/domain/health/recovery-plan.ts';
import { observeCheck } from '../../engine/domain/observations.ts';
import { codeSpan, markdownText } from '../../engine/domain/runbook/markdown.ts';
import { measuredOf, NOT_MEASURED, widestGap } from '../../engine/domain/runbook/measured.ts';
import { nextReview } from '../../engine/domain/runbook/review.ts';

const DAY = 86_400;
const at = (text: string) => new Date(text);
const now = at('2026-11-30T12:00:00Z');
const contacts = [{ name: 'A. Moser', role: 'database' }];
const judge = (settings: Parameters<typeof judgeRecoveryPlan>[0], knowsContacts = true) =>
  judgeRecoveryPlan(settings, { now, knowsContacts });

describe('the review of a recovery plan', () => {
  it('is due after its time, on the next day at the earliest', () => {
    expect(nextReview({ every: 90 * DAY, last: '2026-11-01' })).toBe('2027-01-30');
    expect(nextReview({ every: null, last: '2026-11-01' })).toBeNull();
    expect(judge({ runbook: { review: 29 * DAY, reviewed: '2026-11-01' }, contacts })).toEqual([]);
    expect(
      judge({ runbook: { review: 28 * DAY, reviewed: '2026-11-01' }, contacts }),
    ).toMatchObject([
      { verdict: 'runbook', severity: 'warning', since: at('2026-11-29T00:00:00Z') },
    ]);
  });

  it('is asked for only where the config has runbook', () => {
    expect(judge({})).toEqual([]);
    expect(judge({ contacts })).toEqual([]);
    expect(describeMissingPlan({})).toContain('`contacts` and `runbook` are not set');
    expect(describeMissingPlan({ contacts })).toContain('`runbook` is not set');
    expect(describeMissingPlan({ runbook: { review: DAY } })).toBeNull();
  });

  it('says all that is missing in one warning', () => {
    const [found, ...others] = judge({ runbook: { review: 90 * DAY } });
    expect(others).toEqual([]);
    expect(found?.detail).toBe(
      'the recovery plan names nobody to call (`contacts`), and has no review on record (`runbook.reviewed`)',
    );
  });

  it('is judged without contacts in the stack, whose config names no people', () => {
    expect(judge({ runbook: { review: 90 * DAY, reviewed: '2026-11-01' } }, false)).toEqual([]);
  });

  it('is told again after a week, not after the cool-down', () => {
    const findings = judge({ runbook: { review: DAY, reviewed: '2026-11-01' }, contacts });
    const observed = observeCheck(findings, { at: now, repository: undefined });
    const first = decideAlerts({}, observed, { coolDownSeconds: 3600 });
    expect(first.alerts).toMatchObject([{ kind: 'problem', title: 'recovery plan: not reviewed' }]);
    expect(first.alerts[0]).not.toHaveProperty('repeatSeconds');
    const told = Object.fromEntries(
      Object.entries(first.changes).flatMap(([key, one]) => (one === null ? [] : [[key, one]])),
    );
    const later = (days: number) =>
      decideAlerts(
        told,
        { ...observed, at: new Date(now.getTime() + days * DAY * 1000) },
        { coolDownSeconds: 3600 },
      ).alerts.map(({ kind }) => kind);
    expect(later(1)).toEqual([]);
    expect(later(6.9)).toEqual([]);
    expect(later(7)).toEqual(['still']);
  });

  it('ends once it was done, and says nothing of the backups', () => {
    const findings = judge({ runbook: { review: DAY, reviewed: '2026-11-01' }, contacts });
    expect(severityOfBackups(findings)).toBe('ok');
    const seen = observeCheck([], { at: now, repository: undefined });
    const [key = ''] = observeCheck(findings, { at: now, repository: undefined }).problems.map(
      (problem) => problem.key,
    );
    expect(seen.wouldSee(key)).toBe(true);
    expect(observeCheck([], { at: now, repository: 'local' }).wouldSee(key)).toBe(false);
  });
});

describe('measured times', () => {
  const days = (...list: string[]) => list.map((day) => at(`2026-11-${day}T02:00:00Z`));

  it('have the longest time between two backups, or since the newest', () => {
    expect(widestGap([], now)).toBeNull();
    expect(widestGap(days('29', '26', '30'), now)).toMatchObject({ seconds: 3 * DAY });
    expect(widestGap(days('28'), now)).toMatchObject({ seconds: 2 * DAY + 36_000, to: now });
    expect(widestGap([at('2026-05-01T02:00:00Z'), ...days('29', '30')], now)?.seconds).toBe(DAY);
  });

  it('take a backup in one repository for the gap in another', () => {
    const seen = { ...NOT_MEASURED, starts: days('20', '30') };
    const other = { ...NOT_MEASURED, starts: days('25') };
    expect(measuredOf([seen, other], now).widestGap?.seconds).toBe(5 * DAY);
    expect(measuredOf([], now)).toEqual(NOT_MEASURED);
  });
});

describe('text of others in Markdown', () => {
  it('means nothing to Markdown', () => {
    expect(markdownText('[a](b) <i> *x* `y` | z\n# w')).toBe(
      '\\[a\\](b) \\<i\\> \\*x\\* \\`y\\` \\| z\\\\n\\# w',
    );
    expect(codeSpan('a`b``c')).toBe('```a`b``c```');
    expect(codeSpan('`')).toBe('`` ` ``');
  });
});
