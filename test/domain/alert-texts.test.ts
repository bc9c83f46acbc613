import { describe, expect, it } from 'vitest';
import { RUNBOOK } from '../../engine/contract.ts';
import { type AlertMessage, alertMessage } from '../../engine/domain/alert-message.ts';
import { decideAlerts, type Problem, type Told } from '../../engine/domain/alerts.ts';
import { finding, VERDICTS, type Verdict } from '../../engine/domain/finding.ts';
import { observeFunctionFailure } from '../../engine/domain/function-failure.ts';
import {
  problemOfExecution,
  problemOfTask,
  problemsOfRun,
} from '../../engine/domain/run-problems.ts';
import { observeStack, silentTopics } from '../../engine/domain/stack-problems.ts';
import { standingsOf } from '../../engine/domain/standing.ts';
import { seenSet } from '../fixtures/seen-set.ts';

const NOW = new Date('2026-11-22T12:00:00Z');
const hoursAgo = (hours: number) => new Date(NOW.getTime() - hours * 3_600_000);
const ORIGIN = {
  project: 'ward',
  host: 'AWS eu-central-1',
  config: 'holdfast.yaml',
  command: 'holdfast remote check',
};
const NAME = 'a-database-of-the-longest-name-that-postgresql-has-63-characters';
const { page, ...HEADINGS } = RUNBOOK;

const say = (problems: readonly Problem[], told: Record<string, Told> = {}): AlertMessage => {
  const { alerts, open } = decideAlerts(
    told,
    { at: NOW, problems, wouldSee: () => true },
    { coolDownSeconds: 60 },
  );
  return alertMessage(alerts, { ...ORIGIN, at: NOW, open });
};

const failed = (stage: 'backup' | 'verify' | 'drill', database = 'clinic') => {
  const result = {
    database,
    status: 'failed',
    stage,
    error: { code: 'CONNECTION_FAILED', message: 'no' },
  } as const;
  return problemsOfRun(
    { plan: stage === 'drill' ? null : 'nightly', execution: 'e', results: [result] },
    () => 'there is no good set of it',
  );
};
const ended = (input: string) =>
  problemOfExecution({
    executionArn: 'arn:e',
    stateMachineArn: 'arn:m',
    name: 'nightly-1',
    status: 'TIMED_OUT',
    input,
  }) as Problem;
const found = (verdict: Verdict) => {
  const one = finding(
    { plan: 'nightly', database: 'clinic', repository: 'cloud' },
    { verdict, severity: 'critical', detail: 'it is so', set: 'ID' },
  );
  const standings = standingsOf(
    [{ plan: 'nightly', database: 'clinic' }],
    [seenSet(hoursAgo(30), { state: 'CHECKED' })],
  );
  return observeStack({ findings: [one], standings, audiences: [], at: NOW, repository: undefined })
    .problems;
};
const broken = (operation: string) =>
  observeFunctionFailure(
    { operation, plan: null, database: null },
    { code: 'CLOCK_OFF', message: 'no', hint: 'Set it: `timedatectl`.' },
    NOW,
  ).problems;

const MESSAGES: Record<string, readonly Problem[]> = {
  'a failed backup': failed('backup'),
  'a failed backup of a long name': failed('backup', NAME),
  'a failed verification': failed('verify'),
  'a failed drill': failed('drill'),
  'a run that ended': [ended('{"plan":"nightly"}')],
  'drills that ended': [ended('{"plan":null}')],
  'a task that never started': [
    problemOfTask({ taskArn: 'arn:t', stopCode: 'TaskFailedToStart' }) as Problem,
  ],
  'a topic that nobody hears': silentTopics([{ topic: 'critical', subscribers: 0 }]),
  ...Object.fromEntries(
    (['late', 'missing', 'suspect', 'corrupt', 'unproven'] as const).map((verdict) => [
      `${verdict}, found`,
      found(verdict),
    ]),
  ),
  ...Object.fromEntries(
    ['start-run', 'prune', 'check', 'rds-snapshot', 'watch-recovery-point', 'tell-access'].map(
      (name) => [`a broken ${name}`, broken(name)],
    ),
  ),
};

describe('an alert of the stack', () => {
  it.each(
    Object.entries(MESSAGES),
  )('%s: what, since when, what is still safe, what to type, and where to read on', (_, problems) => {
    const { subject, text, alerts } = say(problems);
    expect(subject).toMatch(/^\[holdfast ward\] CRITICAL [\x20-\x7e]+$/);
    expect(subject.length).toBeLessThanOrEqual(100);
    expect(text).toContain('since 2026-11-22 12:00 UTC');
    expect(text).toMatch(/still safe|good set|stay|go on|depend|no lock is shorter/);
    expect(text).toMatch(/ {2}next: .*`[^`]+`/);
    for (const { runbook = '' } of alerts)
      expect(Object.values(HEADINGS).map((heading) => `${page}#${heading}`)).toContain(runbook);
  });

  it.each([
    ['prune', RUNBOOK.prune],
    ['check', RUNBOOK.check],
    ['rds-snapshot', RUNBOOK.snapshot],
    ['start-run', RUNBOOK.functions],
  ])('of a function that can not do its work leads to the heading of what it does: %s', (operation, heading) => {
    expect(broken(operation)).toMatchObject([{ runbook: `${page}#${heading}` }]);
  });

  /** Of folders, which a stack has none of; of snapshots, which have a place of their own; and what is always well. */
  const ELSEWHERE: readonly Verdict[] = [
    'hidden',
    'absent',
    'disk',
    'failed',
    'fresh',
    'exceptions',
  ];

  it.each(
    VERDICTS.filter((verdict) => !ELSEWHERE.includes(verdict)),
  )('of check leads to a heading of the runbook: %s', (verdict) => {
    const headings = Object.values(HEADINGS).map((heading) => `${page}#${heading}`);
    expect(headings).toContain(found(verdict)[0]?.runbook);
  });

  it('says in its first words that it is over, however long its title is, and for how long it was', () => {
    const title = `${NAME}/nightly: backup failed (CONNECTION_FAILED)`;
    const since = hoursAgo(26).toISOString();
    const { subject, text } = say([], { x: { severity: 'critical', title, since, toldAt: since } });
    expect(subject).toBe(
      '[holdfast ward] OK, recovered: a-database-of-the-longest-name-that-postgresql-has-63-characters/n...',
    );
    expect(text).toContain(
      'it was critical for 26 h\n  from 2026-11-21 10:00 UTC until 2026-11-22 12:00 UTC',
    );
  });

  it('says how many more there are, however long its title is', () => {
    const { subject } = say([
      ...failed('backup', NAME),
      ...failed('verify', NAME),
      ...failed('drill', NAME),
    ]);
    expect(subject).toHaveLength(100);
    expect(subject).toMatch(/\.\.\., and 2 more$/);
  });

  it('says what is still safe of a database whose newest set is not', () => {
    expect(found('suspect')[0]?.detail).toBe(
      'it is so; still safe: set 20261121T060000Z-7f3a of 2026-11-21 06:00 UTC (CHECKED)',
    );
  });
});
