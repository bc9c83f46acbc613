import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkKey, isRunOf, runKey } from '../../engine/domain/alert-key.ts';
import { alertMessage } from '../../engine/domain/alert-message.ts';
import {
  type AlertState,
  type Decision,
  decideAlerts,
  type Observation,
  type Problem,
  type Told,
} from '../../engine/domain/alerts.ts';
import { type Finding, finding, type Judgement } from '../../engine/domain/finding.ts';
import { observeCheck, observeFailure, observeSuccess } from '../../engine/domain/observations.ts';

const HOUR = 3600;
const BEGIN = new Date('2026-11-22T00:00:00Z');
const atHour = (hours: number) => new Date(BEGIN.getTime() + hours * HOUR * 1000);
const problem = (overrides: Partial<Problem> = {}): Problem => ({
  key: 'check/nightly/clinic/local/late',
  severity: 'warning',
  title: 'clinic/nightly in local: late',
  detail: 'the newest set is 31 h old',
  since: null,
  hint: 'Run it.',
  ...overrides,
});

/** One channel that lives from observation to observation. */
class Channel {
  state: Record<string, Told> = {};

  hears(
    hours: number,
    problems: Problem[],
    wouldSee: Observation['wouldSee'] = () => true,
  ): Decision {
    const decision = decideAlerts(
      this.state,
      { at: atHour(hours), problems, wouldSee },
      { coolDownSeconds: 6 * HOUR },
    );
    for (const [key, told] of Object.entries(decision.changes)) {
      if (told === null) delete this.state[key];
      else this.state[key] = told;
    }
    return decision;
  }

  kinds(...given: Parameters<Channel['hears']>): string[] {
    return this.hears(...given).alerts.map(({ kind }) => kind);
  }
}

describe('a channel', () => {
  it('is told a problem once, and again only after the cool-down', () => {
    const channel = new Channel();
    expect(channel.kinds(0, [problem()])).toEqual(['problem']);
    expect(channel.kinds(5.9, [problem()])).toEqual([]);
    expect(channel.kinds(6, [problem()])).toEqual(['still']);
    expect(channel.kinds(11, [problem()])).toEqual([]);
  });

  it('is told at once when it got worse, and not when it got better than it was told', () => {
    const channel = new Channel();
    channel.hears(0, [problem()]);
    expect(channel.kinds(1, [problem({ severity: 'critical' })])).toEqual(['worse']);
    expect(channel.kinds(2, [problem({ severity: 'warning' })])).toEqual([]);
    expect(channel.kinds(3, [problem({ severity: 'critical' })])).toEqual([]);
    expect(channel.kinds(7, [problem({ severity: 'critical' })])).toEqual(['still']);
  });

  it('is told the end once, and only if it was told the problem', () => {
    const channel = new Channel();
    expect(channel.kinds(0, [])).toEqual([]);
    channel.hears(1, [problem({ severity: 'critical' })]);
    const { alerts } = channel.hears(2, []);
    expect(alerts).toMatchObject([
      {
        kind: 'recovered',
        severity: 'ok',
        title: 'clinic/nightly in local: late',
        since: atHour(1),
      },
    ]);
    expect(channel.kinds(3, [])).toEqual([]);
    expect(channel.kinds(4, [problem()])).toEqual(['problem']);
  });

  it('is told no end by a run that would not see the problem', () => {
    const channel = new Channel();
    channel.hears(0, [problem()]);
    expect(channel.kinds(1, [], () => false)).toEqual([]);
    expect(channel.kinds(2, [])).toEqual(['recovered']);
  });

  it('keeps when it began, also where the finding does not say it', () => {
    const channel = new Channel();
    channel.hears(0, [problem()]);
    expect(channel.hears(7, [problem()]).alerts[0]?.since).toEqual(atHour(0));
    expect(channel.hears(14, [problem({ since: atHour(-3) })]).alerts[0]?.since).toEqual(
      atHour(-3),
    );
  });

  it('is told again when the clock was set back', () => {
    const channel = new Channel();
    channel.hears(0, [problem()]);
    expect(channel.kinds(-1, [problem()])).toEqual(['still']);
  });

  it('gets beside a new problem the titles of those that go on', () => {
    const channel = new Channel();
    channel.hears(0, [problem()]);
    const { alerts, open } = channel.hears(1, [
      problem(),
      problem({ key: 'other', title: 'other' }),
    ]);
    expect([alerts, open].map((list) => list.map(({ title }) => title))).toEqual([
      ['other'],
      ['clinic/nightly in local: late'],
    ]);
  });

  it('never misses a problem, never repeats one within the cool-down, and never hears of an end twice', () => {
    const severity = fc.constantFrom('warning', 'unknown', 'critical');
    const step = fc.record({
      hours: fc.integer({ min: 1, max: 8 }),
      severity: fc.option(severity, { nil: undefined }),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const channel = new Channel();
        let [hours, lastTold, isOpen] = [0, Number.NEGATIVE_INFINITY, false];
        for (const one of steps) {
          hours += one.hours;
          const kinds = channel.kinds(
            hours,
            one.severity === undefined
              ? []
              : [problem({ severity: one.severity as Problem['severity'] })],
          );
          expect(kinds.length).toBeLessThanOrEqual(1);
          if (one.severity === undefined) expect(kinds).toEqual(isOpen ? ['recovered'] : []);
          else if (!isOpen) expect(kinds).toEqual(['problem']);
          else if (hours - lastTold >= 6) expect(kinds).toHaveLength(1);
          else expect([[], ['worse']]).toContainEqual(kinds);
          isOpen = one.severity !== undefined;
          if (kinds.length > 0) lastTold = hours;
        }
      }),
    );
  });
});

describe('a check', () => {
  const late: Judgement = { verdict: 'late', severity: 'critical', detail: 'old' };
  const found = (repository: string, judged: Judgement): Finding =>
    finding({ plan: 'night/ly', database: 'clinic', repository }, judged);
  const told = (...findings: Finding[]): AlertState =>
    Object.fromEntries(
      findings.map((one) => [
        checkKey(one),
        {
          severity: 'critical',
          title: 't',
          since: BEGIN.toISOString(),
          toldAt: BEGIN.toISOString(),
        },
      ]),
    );
  const ends = (state: AlertState, findings: Finding[], repository?: string) => {
    const { alerts } = decideAlerts(state, observeCheck(findings, { at: atHour(1), repository }), {
      coolDownSeconds: 6 * HOUR,
    });
    return alerts.filter(({ kind }) => kind === 'recovered').map(({ key }) => key);
  };

  it('has keys that stay the same, whatever the names are', () => {
    expect(checkKey(found('local', late))).toBe('check/night%2Fly/clinic/local/late');
    expect(
      checkKey(
        finding({ plan: null, database: null, repository: 'a*' }, { ...late, verdict: 'disk' }),
      ),
    ).toBe('check/*/*/a%2A/disk');
  });

  it('ends what it no longer finds, and what is fresh is no problem', () => {
    const fresh = found('local', { verdict: 'fresh', severity: 'ok', detail: '' });
    expect(observeCheck([fresh], { at: BEGIN, repository: undefined }).problems).toEqual([]);
    expect(ends(told(found('local', late)), [fresh])).toEqual([checkKey(found('local', late))]);
  });

  it('ends nothing in a repository that does not answer, or that it was not to look at', () => {
    const state = told(found('local', late), found('off', late));
    const silent = found('off', { verdict: 'unreachable', severity: 'unknown', detail: 'away' });
    expect(ends(state, [silent])).toEqual([checkKey(found('local', late))]);
    expect(ends(state, [], 'off')).toEqual([checkKey(found('off', late))]);
    expect(ends(told(silent), [])).toEqual([checkKey(silent)]);
  });

  it('that works ends an earlier failure of its own, and of no other run', () => {
    const own = runKey({ operation: 'check', plan: null, database: null });
    const { wouldSee } = observeCheck([], { at: BEGIN, repository: undefined });
    expect(
      [own, runKey({ operation: 'backup', plan: null, database: null })].map(wouldSee),
    ).toEqual([true, false]);
  });
});

describe('a run', () => {
  const backup = { operation: 'backup', plan: 'nightly', database: 'clinic' };

  it('that failed is a problem, and ends nothing', () => {
    const { problems, wouldSee } = observeFailure(
      backup,
      { code: 'DUMP_FAILED', message: 'pg_dump exited with 1', hint: undefined },
      BEGIN,
    );
    expect(problems).toEqual([
      {
        key: 'run/backup/nightly/clinic',
        severity: 'critical',
        title: 'clinic/nightly: backup failed (DUMP_FAILED)',
        detail: 'pg_dump exited with 1',
        since: null,
        hint: null,
      },
    ]);
    expect(wouldSee('run/backup/nightly/clinic')).toBe(false);
  });

  it('that did well ends the failures of the same subject, also where they knew less of it', () => {
    const { wouldSee } = observeSuccess(backup, BEGIN);
    const keys = ['nightly/clinic', '*/clinic', '*/*', 'weekly/clinic', 'nightly/billing'].map(
      (rest) => `run/backup/${rest}`,
    );
    expect(keys.map(wouldSee)).toEqual([true, true, true, false, false]);
    expect(wouldSee('run/verify/nightly/clinic')).toBe(false);
    expect(wouldSee('check/nightly/clinic/local/late')).toBe(false);
    expect(isRunOf('run/backup/nightly/clinic', { ...backup, plan: null })).toBe(false);
  });
});

describe('a message', () => {
  const origin = {
    project: 'ward',
    host: 'vm',
    config: "/srv/o'neil/holdfast.yaml",
    at: atHour(9),
  };
  const alert = {
    ...problem({ severity: 'critical' }),
    kind: 'problem',
    since: atHour(4),
  } as const;

  it('says what, since when, how much, what to do, and where', () => {
    const recovered = {
      ...alert,
      kind: 'recovered',
      severity: 'ok',
      title: 'clinic/nightly: backup failed (DUMP_FAILED)',
      detail: 'it was critical',
      hint: null,
    } as const;
    const { subject, text, severity, command } = alertMessage([recovered, alert], {
      ...origin,
      open: [problem({ title: 'repository local: disk' })],
    });
    expect({ severity, command }).toEqual({
      severity: 'critical',
      command: "holdfast check --config '/srv/o'\\''neil/holdfast.yaml'",
    });
    expect(subject).toBe('[holdfast ward] CRITICAL clinic/nightly in local: late, and 1 more');
    expect(text).toBe(`${subject}

CRITICAL clinic/nightly in local: late
  the newest set is 31 h old
  since 2026-11-22 04:00 UTC
  next: Run it.

OK, recovered: clinic/nightly: backup failed (DUMP_FAILED)
  it was critical
  from 2026-11-22 04:00 UTC until 2026-11-22 09:00 UTC

Told before, and going on:
  WARNING repository local: disk

Project ward on vm. How everything is now: ${command}`);
  });

  it('has a subject of one line', () => {
    expect(
      alertMessage([{ ...alert, title: 'a\r\nBcc: b' }], { ...origin, open: [] }).subject,
    ).toBe('[holdfast ward] CRITICAL a\\r\\nBcc: b');
  });
});
