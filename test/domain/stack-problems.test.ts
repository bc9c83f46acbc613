import { describe, expect, it } from 'vitest';
import { RUN_FAILED, RUNBOOK } from '../../engine/contract.ts';
import { namesIn, runKey } from '../../engine/domain/alert-key.ts';
import { alertMessage } from '../../engine/domain/alert-message.ts';
import { decideAlerts, type Told } from '../../engine/domain/alerts.ts';
import { measureCheck } from '../../engine/domain/check-metrics.ts';
import { digestMessage } from '../../engine/domain/digest.ts';
import { failureNoticeSchema } from '../../engine/domain/failure-notice.ts';
import { finding } from '../../engine/domain/finding.ts';
import { judgeRecoveryPoint } from '../../engine/domain/recovery-point.ts';
import {
  problemOfExecution,
  problemOfTask,
  problemsOfRun,
  wasTold,
} from '../../engine/domain/run-problems.ts';
import { observeStack } from '../../engine/domain/stack-problems.ts';
import { standingsOf } from '../../engine/domain/standing.ts';
import { seenSet } from '../fixtures/seen-set.ts';

const NOW = new Date('2026-11-22T12:00:00Z');
const hoursAgo = (hours: number) => new Date(NOW.getTime() - hours * 3_600_000);
const CLINIC = { plan: 'nightly', database: 'clinic' };
const ORIGIN = {
  project: 'ward',
  host: 'AWS eu-central-1',
  config: 'holdfast.yaml',
  command: 'holdfast remote check',
};

describe('the failures of a run', () => {
  const run = {
    plan: 'nightly',
    execution: 'arn:aws:states:eu-central-1:123456789012:execution:run:nightly-20261122T020000Z',
    results: [
      {
        database: 'clinic',
        status: 'failed',
        stage: 'backup',
        error: { code: 'CONNECTION_FAILED', message: 'the server refused the login' },
      },
      {
        database: "o'brien",
        status: 'failed',
        stage: 'verify',
        error: { code: 'OBJECT_DAMAGED', message: 'data is not what was written' },
      },
      { database: 'ward', status: 'failed', stage: 'backup', error: { code: null, message: null } },
    ],
  };
  it('are one message that says of each what, what is still safe, and what to do', () => {
    const notice = failureNoticeSchema.parse(run);
    if ('detail-type' in notice) throw new Error('it was taken for an event');
    const problems = problemsOfRun(run as never, (database) =>
      database === 'clinic'
        ? 'still safe: set 20261121T020000Z-7f3a'
        : 'there is no good set of it',
    );
    const { alerts } = decideAlerts(
      {},
      { at: NOW, problems, wouldSee: () => false },
      { coolDownSeconds: 60 },
    );
    const { text, subject, severity } = alertMessage(alerts, { ...ORIGIN, at: NOW, open: [] });
    expect(severity).toBe('critical');
    expect(subject).toBe(
      '[holdfast ward] CRITICAL clinic/nightly: backup failed (CONNECTION_FAILED), and 2 more',
    );
    expect(text).toContain('the server refused the login; still safe: set 20261121T020000Z-7f3a');
    expect(text).toContain('there is no good set of it');
    expect(text).toContain('`holdfast remote backup clinic --plan nightly`');
    expect(text).toContain("holdfast remote backup 'o'\\''brien' --plan nightly");
    expect(text).toContain(`more: ${RUNBOOK.page}#${RUNBOOK.verify}`);
    expect(text).toContain('How everything is now: holdfast remote check');
  });

  it('of an execution are told by the rule behind it only where it could not tell them itself', () => {
    const ended = (more: object) => ({
      executionArn: 'a',
      stateMachineArn: 'm',
      name: 'nightly-1',
      status: 'TIMED_OUT',
      input: '{"plan":"nightly"}',
      ...more,
    });
    expect(
      problemOfExecution(ended({ status: 'FAILED', error: RUN_FAILED }) as never),
    ).toBeUndefined();
    expect(problemOfExecution(ended({}) as never)).toMatchObject({
      key: 'run/execution/nightly/*',
      title: 'plan nightly: run nightly-1 took too long',
    });
    expect(problemOfExecution(ended({ status: 'ABORTED', input: 'none' }) as never)).toMatchObject({
      key: 'run/execution/*/*',
    });
    const state = { 'run/backup/nightly/clinic': { toldAt: hoursAgo(1).toISOString() } as Told };
    expect(wasTold(state, { plan: 'nightly', since: hoursAgo(2) })).toBe(true);
    expect(wasTold(state, { plan: 'nightly', since: hoursAgo(0.5) })).toBe(false);
    expect(wasTold(state, { plan: 'weekly', since: hoursAgo(2) })).toBe(false);
    const ofFunctions = { 'run/prune/*/*': { toldAt: hoursAgo(1).toISOString() } as Told };
    expect(wasTold(ofFunctions, { plan: null, since: hoursAgo(2) })).toBe(false);
    const ofDrills = { 'run/drill/*/clinic': { toldAt: hoursAgo(1).toISOString() } as Told };
    expect(wasTold(ofDrills, { plan: null, since: hoursAgo(2) })).toBe(true);
  });

  it('of a task are told where it belongs to no run', () => {
    const job = (more: object) => JSON.stringify({ operation: 'backup', ...CLINIC, ...more });
    const stopped = (value: string) => ({
      taskArn: 'arn',
      stopCode: 'TaskFailedToStart',
      stoppedReason: 'CannotPullContainerError: not found',
      overrides: {
        containerOverrides: [{ name: 'holdfast', environment: [{ name: 'HOLDFAST_JOB', value }] }],
      },
    });
    expect(problemOfTask(stopped(job({})) as never)).toMatchObject({
      key: 'run/backup/nightly/clinic',
      title: 'clinic/nightly: the task of a backup never started',
      detail: expect.stringMatching(/^CannotPullContainerError: not found; nothing was begun/),
    });
    expect(problemOfTask(stopped(job({ execution: 'nightly-1' })) as never)).toBeUndefined();
    expect(problemOfTask(stopped('{') as never)).toMatchObject({ key: 'run/task/*/*' });
    expect(
      problemOfTask({ ...stopped(job({})), stopCode: 'EssentialContainerExited' } as never),
    ).toBeUndefined();
  });
});

describe('a check of the stack', () => {
  const check = (more: Partial<Parameters<typeof observeStack>[0]>) =>
    observeStack({
      findings: [],
      standings: [],
      audiences: [],
      at: NOW,
      repository: undefined,
      ...more,
    });

  it('finds a topic that nobody listens to, and sees when somebody does', () => {
    const silent = check({
      audiences: [
        { topic: 'critical', subscribers: 0 },
        { topic: 'warning', subscribers: 1 },
      ],
    });
    expect(silent.problems).toMatchObject([
      {
        key: 'topic/critical',
        severity: 'critical',
        runbook: expect.stringContaining(RUNBOOK.subscribers),
      },
    ]);
    expect(silent.wouldSee('topic/warning')).toBe(true);
    expect(check({}).wouldSee('topic/warning'), 'a topic that could not be asked').toBe(false);
    expect(check({}).wouldSee('rds/clinic')).toBe(false);
  });

  it('leads each finding to its page', () => {
    const late = finding(
      { ...CLINIC, repository: 'cloud' },
      { verdict: 'late', severity: 'critical', detail: 'old' },
    );
    expect(check({ findings: [late] }).problems).toMatchObject([
      { runbook: `${RUNBOOK.page}#${RUNBOOK.late}` },
    ]);
  });

  it('ends a failure that was told when a later set was verified, and not before', () => {
    const told: Told = {
      severity: 'critical',
      title: 'x',
      since: hoursAgo(5).toISOString(),
      toldAt: hoursAgo(5).toISOString(),
    };
    const isOver = (key: string, ...sets: Parameters<typeof standingsOf>[1][]) =>
      check({
        standings: standingsOf([CLINIC, { plan: 'nightly', database: 'lab' }], sets.flat()),
      }).isOver?.(key, told);
    const verified = seenSet(hoursAgo(1), { state: 'CHECKED' });
    expect(isOver(runKey({ operation: 'backup', ...CLINIC }), [verified])).toBe(true);
    expect(isOver(runKey({ operation: 'backup', ...CLINIC }), [seenSet(hoursAgo(1))])).toBe(false);
    const partial = seenSet(hoursAgo(1), { state: 'CHECKED', fulfilsPlan: false });
    expect(isOver(runKey({ operation: 'backup', ...CLINIC }), [partial])).toBe(false);
    expect(
      isOver(runKey({ operation: 'backup', ...CLINIC }), [
        seenSet(hoursAgo(6), { state: 'CHECKED' }),
      ]),
    ).toBe(false);
    expect(
      isOver(runKey({ operation: 'execution', plan: 'nightly', database: null }), [verified]),
    ).toBe(false);
    expect(isOver(runKey({ operation: 'drill', plan: null, database: 'clinic' }), [verified])).toBe(
      false,
    );
  });

  it('counts the databases whose proof is too old for their own config', () => {
    const place = { database: 'clinic', plan: null, repository: 'cloud' };
    const judged = (verdict: 'unproven' | 'late') =>
      finding(place, { verdict, severity: 'warning', detail: 'found' });
    const findings = [judged('unproven'), judged('late'), judged('unproven')];
    const measured = measureCheck([], { findings, beginOf: () => undefined, now: NOW });
    expect(measured).toContainEqual({ dimensions: {}, values: { UnprovenDatabases: 2 } });
  });

  it('counts what was not read back in time, and no cold set', () => {
    const place = { database: 'clinic', plan: 'nightly', repository: 'cloud' };
    const findings = (['warning', 'ok'] as const).map((severity) =>
      finding(place, { verdict: 'unread', severity, detail: 'found' }),
    );
    const measured = measureCheck([], { findings, beginOf: () => undefined, now: NOW });
    expect(measured).toContainEqual({ dimensions: {}, values: { UnreadDatabases: 1 } });
  });

  it('measures ages: of the newest set, and where there is none of the promise', () => {
    const standings = standingsOf(
      [CLINIC, { plan: 'nightly', database: 'lab' }],
      [seenSet(hoursAgo(9), { state: 'PROVEN' }), seenSet(hoursAgo(2))],
    );
    const measured = measureCheck(standings, {
      findings: [],
      beginOf: () => hoursAgo(30),
      now: NOW,
    });
    expect(measured).toEqual(
      expect.arrayContaining([
        { dimensions: { Plan: 'nightly', Database: 'clinic' }, values: { AgeSeconds: 2 * 3600 } },
        { dimensions: { Plan: 'nightly', Database: 'lab' }, values: { AgeSeconds: 30 * 3600 } },
        { dimensions: { Database: 'clinic' }, values: { ProvenAgeSeconds: 9 * 3600 } },
        { dimensions: {}, values: { UnprovenDatabases: 0 } },
        { dimensions: { Severity: 'critical' }, values: { Findings: 0 } },
      ]),
    );
  });

  it('says once a week how old, large and proven everything is', () => {
    const standings = standingsOf(
      [CLINIC, { plan: 'nightly', database: 'lab' }],
      [seenSet(hoursAgo(9), { state: 'PROVEN', storedBytes: 2.5e9 })],
    );
    const { text, severity, subject } = digestMessage(standings, {
      ...ORIGIN,
      at: NOW,
      findings: [],
      snapshots: [],
      problems: [],
    });
    expect(subject).toBe('[holdfast ward] OK: the week until 2026-11-22');
    expect(severity).toBe('ok');
    expect(text).toContain('clinic/nightly: 9 h old, 2.5 GB, PROVEN, proven by a set 9 h old');
    expect(text).toContain('lab/nightly: no set, never proven');
  });
});

describe('a recovery point of RDS', () => {
  const judged = (point: Parameters<typeof judgeRecoveryPoint>[0]) =>
    judgeRecoveryPoint(point, { database: 'clinic', rpoSeconds: 3600, now: NOW });

  it('is good as long as no more is lost than may be', () => {
    expect(judged({ latestAt: hoursAgo(1), retentionDays: 7 })).toBeUndefined();
    expect(judged({ latestAt: hoursAgo(2), retentionDays: 7 })).toMatchObject({
      severity: 'critical',
      since: hoursAgo(1),
      detail: expect.stringContaining('2 h ago'),
    });
    expect(judged({ latestAt: null, retentionDays: 7 })).toMatchObject({ severity: 'critical' });
    expect(judged({ latestAt: hoursAgo(0), retentionDays: 0 })).toMatchObject({
      detail: expect.stringContaining('no automated backups'),
    });
  });
});

describe('the names in a key', () => {
  it.each([
    ['check/night%20ly/clinic/cloud/late', { plan: 'night ly', database: 'clinic' }],
    ['check/*/*/cloud/disk', { plan: undefined, database: undefined }],
    ['run/backup/nightly/clinic', { plan: 'nightly', database: 'clinic' }],
    ['rds/clinic', { plan: undefined, database: 'clinic' }],
    ['topic/critical', { plan: undefined, database: undefined }],
  ])('%s', (key, names) => {
    expect(namesIn(key)).toEqual(names);
  });
});
