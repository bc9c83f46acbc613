import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { serve } from '../../engine/composition/serve.ts';
import { RUN_FAILED, RUNBOOK, STACK_ENV } from '../../engine/contract.ts';
import { HoldfastError } from '../../engine/errors.ts';
import { handler as check } from '../../lambdas/check.ts';
import { handler as notifyFailure } from '../../lambdas/notify-failure.ts';
import { handler as prune } from '../../lambdas/prune.ts';
import { handler as recordOutcome } from '../../lambdas/record-outcome.ts';
import { handler as startRun } from '../../lambdas/start-run.ts';
import { handler as tellAccess } from '../../lambdas/tell-access.ts';
import { handler as watchRecoveryPoint } from '../../lambdas/watch-recovery-point.ts';
import { startHook } from '../fixtures/hook.ts';
import {
  callAws,
  makeStackEnvironment,
  type StackEnvironment,
} from '../fixtures/stack-environment.ts';
import { storeRecord, storeSet } from '../fixtures/stored-sets.ts';

const HOUR_MS = 3_600_000;
const hoursAgo = (hours: number) => new Date(Date.now() - hours * HOUR_MS);
const DUE = '2026-11-22T02:00:00Z';
const TASK = 'arn:aws:ecs:us-east-1:123456789012:task/holdfast/0f9de17a6465404e8b1b2356dc13c2f8';
const CLINIC = {
  databases: { clinic: { secret: 'clinic' } },
  plans: { nightly: { schedule: '0 2 * * *' } },
};

let stack: StackEnvironment;
let lines: string[];

/** The functions read the environment of their process. */
async function install(parts: object): Promise<void> {
  stack = await makeStackEnvironment(parts);
  enter();
}

function enter(): void {
  for (const [name, value] of Object.entries(stack.env)) vi.stubEnv(name, value);
}

beforeEach(() => {
  lines = [];
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    lines.push(String(text));
    return true;
  });
});

afterEach(() => vi.unstubAllEnvs());

const documents = () => lines.map((line) => JSON.parse(line) as Record<string, unknown>);

describe('start-run', () => {
  it('starts one execution for each time of a schedule, however often it is delivered', async () => {
    await install(CLINIC);
    const order = { plan: 'nightly', scheduledFor: DUE };
    expect(await startRun(order)).toEqual({
      execution: 'nightly-20261122T020000Z',
      isNew: true,
      databases: 1,
    });
    expect(await startRun(order)).toMatchObject({ isNew: false });
    expect(await startRun({ ...order, scheduledFor: '2026-11-23T02:00:00Z' })).toMatchObject({
      isNew: true,
    });
    expect(Object.keys(await stack.executions()).sort()).toEqual([
      'nightly-20261122T020000Z',
      'nightly-20261123T020000Z',
    ]);
  });

  it('gives each database a task as large as its newest set needs', async () => {
    const databases = { clinic: { secret: 'a' }, lab: { secret: 'b' }, ward: { secret: 'c' } };
    await install({ ...CLINIC, databases });
    const GB = 1e9;
    await storeSet(stack.repository, { startedAt: hoursAgo(48), plaintextBytes: 900 * GB });
    await storeSet(stack.repository, { startedAt: hoursAgo(24), plaintextBytes: GB });
    await storeSet(stack.repository, {
      startedAt: hoursAgo(24),
      database: 'lab',
      plaintextBytes: 900 * GB,
    });
    await startRun({ plan: 'nightly', scheduledFor: DUE });
    const execution = 'nightly-20261122T020000Z';
    const job = (database: string) =>
      JSON.stringify({
        operation: 'backup',
        plan: 'nightly',
        database,
        scheduledFor: DUE,
        execution,
      });
    expect((await stack.executions())[execution]).toEqual({
      plan: 'nightly',
      scheduledFor: DUE,
      databases: [
        { database: 'clinic', size: 'small', job: job('clinic') },
        { database: 'lab', size: 'large', job: job('lab') },
        { database: 'ward', size: 'medium', job: job('ward') },
      ],
    });
  });

  it('starts drills of what can be drilled', async () => {
    const databases = {
      clinic: { secret: 'a' },
      lab: { secret: 'b' },
      ward: { secret: 'c', drill: { enabled: false } },
    };
    await install({ ...CLINIC, databases });
    for (const database of ['clinic', 'ward'])
      await storeSet(stack.repository, { startedAt: hoursAgo(24), database });
    expect(await startRun({ operation: 'drill', scheduledFor: DUE })).toMatchObject({
      execution: 'drills-20261122T020000Z',
      databases: 1,
    });
    const [input] = Object.values(await stack.executions('drill')) as {
      plan: null;
      databases: { job: string }[];
    }[];
    expect(input).toMatchObject({ plan: null, databases: [{ database: 'clinic', size: 'small' }] });
    expect(JSON.parse(input?.databases[0]?.job ?? '')).toMatchObject({
      operation: 'drill',
      set: expect.stringMatching(/^20/),
      plan: 'nightly',
      database: 'clinic',
    });
    expect(await stack.executions('run')).toEqual({});
  });

  it('starts verifications of old sets, once for each time, by a machine of their own', async () => {
    await install(CLINIC);
    const sets = [
      await storeSet(stack.repository, { startedAt: hoursAgo(24 * 20), marks: ['proven'] }),
      await storeSet(stack.repository, { startedAt: hoursAgo(24 * 9) }),
      await storeSet(stack.repository, { startedAt: hoursAgo(24 * 2) }),
    ];
    const scheduledFor = `${new Date().toISOString().slice(0, 19)}Z`;
    const order = { operation: 'reread', scheduledFor };
    const { executions } = (await startRun(order)) as { executions: { execution: string }[] };
    expect(executions).toMatchObject([{ isNew: true, sets: 2 }]);
    expect((await startRun(order)) as object).toMatchObject({ executions: [{ isNew: false }] });
    const inputs = await stack.executions('reread');
    expect(inputs).toMatchObject({
      [executions[0]?.execution ?? '']: {
        ...{ plan: null, operation: 'reread', scheduledFor },
        databases: [
          { plan: 'nightly', database: 'clinic', set: sets[0]?.id, size: 'small' },
          { plan: 'nightly', database: 'clinic', set: sets[1]?.id, size: 'small' },
        ],
      },
    });
    expect(await stack.executions('run')).toEqual({});
  });

  it('tells when a schedule asks for a plan that is not in the config any more, and when it is well again', async () => {
    await install(CLINIC);
    await expect(startRun({ plan: 'weekly', scheduledFor: DUE })).rejects.toMatchObject({
      name: 'CONFIG_INVALID',
    });
    const [told] = await stack.told('critical');
    expect(told?.message).toMatchObject({
      severity: 'critical',
      alerts: [{ key: 'run/start-run/weekly/*', hint: expect.stringContaining('nightly') }],
    });
    expect(told?.attributes).toMatchObject({
      severity: 'critical',
      project: 'ward',
      plan: '["weekly"]',
    });
    expect(documents().at(-1)).toMatchObject({ type: 'error', code: 'CONFIG_INVALID' });
    await stack.deploy({ ...CLINIC, plans: { weekly: { schedule: '0 2 * * 0' } } });
    enter();
    await startRun({ plan: 'weekly', scheduledFor: DUE });
    expect(await stack.told('critical')).toMatchObject([
      { message: { alerts: [{ kind: 'recovered' }] } },
    ]);
  });

  it.each([
    {},
    { plan: 'nightly' },
    { plan: 'nightly', scheduledFor: 'soon' },
    null,
  ])('refuses what is no order: %j', async (event) => {
    await expect(startRun(event)).rejects.toMatchObject({ name: 'USAGE' });
  });
});

describe('a function that is patient', () => {
  it('tries again within its time what failed for a passing reason, and tells nobody', async () => {
    await install(CLINIC);
    const isAway = new HoldfastError({
      code: 'REPOSITORY_UNREACHABLE',
      message: 'no answer',
      hint: 'Try again.',
      retryable: true,
    });
    const calls: Error[] = [];
    const work = async () => {
      if (calls.push(isAway) === 1) throw isAway;
      return { calls: calls.length };
    };
    const tellsAs = () => ({ operation: 'start-run', plan: 'nightly', database: null }) as const;
    const service = { event: z.looseObject({}), tellsAs, work };
    expect(
      await serve({ ...service, isPatient: true })({}, { getRemainingTimeInMillis: () => 60_000 }),
    ).toEqual({ calls: 2 });
    calls.length = 0;
    await expect(
      serve(service)({}, { getRemainingTimeInMillis: () => 60_000 }),
    ).rejects.toMatchObject({ name: isAway.code });
    expect(await stack.told('critical')).toEqual([]);
  });
});

describe('record-outcome', () => {
  const SET = '20261122T020000Z-7f3a';
  const subject = {
    operation: 'backup',
    plan: 'nightly',
    database: 'clinic',
    backup: SET,
    target: null,
  } as const;
  const report = (end: object, more: object = {}) => ({
    ...{
      stage: 'backup',
      plan: 'nightly',
      database: 'clinic',
      scheduledFor: DUE,
      execution: 'arn:execution',
      size: 'small',
      attempt: 1,
      job: '{}',
    },
    end,
    ...more,
  });
  const ecs = (createdAt: Date, more: object = {}) => ({
    TaskArn: TASK,
    CreatedAt: createdAt.getTime(),
    Containers: [{ ExitCode: 0 }],
    ...more,
  });
  const caught = (createdAt: Date, ExitCode: number) => ({
    caught: {
      Error: 'States.TaskFailed',
      Cause: JSON.stringify(ecs(createdAt, { Containers: [{ ExitCode }] })),
    },
  });

  beforeEach(() => install(CLINIC));

  it('finds the record of the very set that was read again, though another of its database ended later', async () => {
    const other = '20261101T020000Z-7f3a';
    const verified = (backup: string, code: string, minutesAgo: number) =>
      storeRecord(stack.repository, {
        subject: { ...subject, operation: 'verify', backup },
        outcome: { status: 'failed', error: { code, message: `of ${backup}` } },
        host: 'a machine of its own',
        completedAt: new Date(Date.now() - minutesAgo * 60_000),
      });
    await verified(SET, 'OBJECT_DAMAGED', 3);
    await verified(other, 'KEY_UNUSABLE', 1);
    const job = JSON.stringify({
      ...{ operation: 'verify', set: SET, plan: 'nightly', database: 'clinic' },
      inspectsCold: true,
    });
    const ended = report(caught(hoursAgo(1), 1), { stage: 'reread', job });
    expect(await recordOutcome(ended)).toMatchObject({
      verdict: 'failed',
      code: 'OBJECT_DAMAGED',
      message: `of ${SET}`,
    });
  });

  it('names the set of a backup that is done, and the job that verifies it', async () => {
    await storeRecord(stack.repository, {
      subject,
      outcome: {},
      host: TASK,
      completedAt: new Date(),
    });
    const answer = await recordOutcome(report({ task: ecs(hoursAgo(1)) }));
    expect(answer).toMatchObject({ verdict: 'done', set: SET, code: null });
    const job = {
      operation: 'verify',
      set: SET,
      plan: 'nightly',
      database: 'clinic',
      scheduledFor: DUE,
      execution: 'arn:execution',
    };
    expect(JSON.parse(answer.verifyJob ?? '')).toEqual(job);
  });

  it('takes the record of this very task, whatever else ran beside it and before', async () => {
    const other = { ...subject, backup: '20261122T010000Z-0000' };
    for (const host of [`${TASK}0`, 'arn:aws:ecs:us-east-1:123456789012:task/holdfast/another'])
      await storeRecord(stack.repository, {
        subject: other,
        outcome: {},
        host,
        completedAt: new Date(),
      });
    await storeRecord(stack.repository, {
      subject: { ...other, database: 'lab' },
      outcome: {},
      host: TASK,
      completedAt: new Date(),
    });
    await storeRecord(stack.repository, {
      subject: other,
      outcome: {},
      host: TASK,
      completedAt: hoursAgo(30),
    });
    await storeRecord(stack.repository, {
      subject,
      outcome: {},
      host: TASK,
      completedAt: hoursAgo(25),
    });
    expect(await recordOutcome(report({ task: ecs(hoursAgo(26)) }))).toMatchObject({
      verdict: 'done',
      set: SET,
    });
    expect(await recordOutcome(report({ task: ecs(hoursAgo(1)) }))).toMatchObject({
      verdict: 'failed',
      code: 'TASK_FAILED',
    });
  });

  it('says why a task failed in the words that it recorded itself', async () => {
    const error = { code: 'KEY_UNUSABLE', message: 'the KMS key can not be used: it is disabled' };
    const outcome = { status: 'failed', error } as const;
    await storeRecord(stack.repository, {
      subject: { ...subject, backup: null },
      outcome,
      host: TASK,
      completedAt: new Date(),
    });
    expect(await recordOutcome(report(caught(hoursAgo(1), 1)))).toEqual({
      ...{
        verdict: 'failed',
        ...error,
        size: 'small',
        attempt: 1,
        waitSeconds: 0,
        capacity: 'FARGATE_SPOT',
        set: null,
        verifyJob: null,
        drillJob: null,
        drillSize: null,
      },
    });
    expect(await recordOutcome(report(caught(hoursAgo(1), 75)))).toMatchObject({
      verdict: 'retry',
      attempt: 2,
      code: 'KEY_UNUSABLE',
    });
  });

  it('judges drills, which are of no plan', async () => {
    const drilled = {
      ...subject,
      operation: 'drill',
      plan: 'weekly',
      target: 'throw-away server',
    } as const;
    const error = { code: 'DRILL_FAILED', message: 'rows differ' };
    await storeRecord(stack.repository, {
      subject: drilled,
      outcome: { status: 'failed', error },
      host: TASK,
      completedAt: new Date(),
    });
    const drill = report(caught(hoursAgo(1), 1), { stage: 'drill', plan: null });
    expect(await recordOutcome(drill)).toMatchObject({ verdict: 'failed', code: 'DRILL_FAILED' });
  });

  it('records a task that never started in its place, once nothing is tried again', async () => {
    const never = { Error: 'States.TaskFailed', Cause: 'RESOURCE:MEMORY' };
    expect(await recordOutcome(report({ caught: never }))).toMatchObject({ verdict: 'retry' });
    expect(await keysOfRecords('run')).toEqual([]);
    const ended = await recordOutcome(report({ caught: never }, { attempt: 3 }));
    expect(ended).toMatchObject({ verdict: 'failed', code: 'TASK_NOT_STARTED' });
    const [key = ''] = await keysOfRecords('run');
    expect(JSON.parse((await stack.repository.get(key)).toString('utf8'))).toMatchObject({
      ...{ operation: 'run', stage: 'backup', plan: 'nightly', database: 'clinic' },
      ...{ status: 'failed', error: { code: 'TASK_NOT_STARTED', message: ended.message } },
      notes: 'the backup task of arn:execution left no record, attempt 3',
    });
  });

  async function keysOfRecords(operation: string): Promise<string[]> {
    const keys: string[] = [];
    for await (const { key } of stack.repository.list('audit/'))
      if (key.endsWith(`-${operation}.json`)) keys.push(key);
    return keys;
  }

  it('fails, so that the state machine tries it again, when the vault does not answer', async () => {
    vi.stubEnv(STACK_ENV.configUri, 's3://no-such-bucket-of-ours/config.json');
    await expect(recordOutcome(report({ task: ecs(hoursAgo(1)) }))).rejects.toMatchObject({
      name: 'REPOSITORY_UNREACHABLE',
    });
  });
});

describe('notify-failure', () => {
  const failure = (database: string, code = 'CONNECTION_FAILED') => ({
    ...{ database, status: 'failed', stage: 'backup' },
    error: { code, message: 'the server refused the login' },
  });
  const run = (...results: object[]) => ({
    plan: 'nightly',
    execution: 'arn:execution',
    scheduledFor: DUE,
    results,
  });
  const done = (database: string) => ({ database, status: 'done', set: '20261122T020000Z-7f3a' });
  const ended = (detail: object) => ({
    'detail-type': 'Step Functions Execution Status Change',
    source: 'aws.states',
    detail: {
      ...{
        executionArn: 'arn:e',
        stateMachineArn: 'arn:m',
        name: 'nightly-20261122T020000Z',
        status: 'FAILED',
        input: '{"plan":"nightly"}',
      },
      ...{ startDate: hoursAgo(2).getTime(), stopDate: Date.now(), output: null, ...detail },
    },
  });

  beforeEach(() => install(CLINIC));

  it('tells all failures of a run in one message to each topic', async () => {
    await storeSet(stack.repository, {
      startedAt: new Date('2026-11-20T02:00:00Z'),
      marks: ['checked'],
    });
    expect(await notifyFailure(run(failure('clinic'), failure('lab'), failure('ward')))).toEqual({
      problems: 3,
    });
    for (const topic of ['critical', 'warning'] as const) {
      const [told, ...more] = await stack.told(topic);
      expect(more).toEqual([]);
      expect(told?.message.alerts.map(({ title }) => title)).toEqual(
        ['clinic', 'lab', 'ward'].map(
          (name) => `${name}/nightly: backup failed (CONNECTION_FAILED)`,
        ),
      );
      expect(told?.attributes).toEqual({
        severity: 'critical',
        project: 'ward',
        plan: '["nightly"]',
      });
      expect(told?.message.text).toMatch(
        /still safe, but not proven: set 20261120T020000Z-7f3a in \w+ of 2026-11-20 02:00 UTC, .* old \(CHECKED\)/,
      );
      expect(told?.message.text).toContain(`${RUNBOOK.page}#${RUNBOOK.backup}`);
    }
  });

  it('does not tell the same again within the cool-down, and tells what is new', async () => {
    await notifyFailure(run(failure('clinic')));
    await stack.told('critical');
    await notifyFailure(run(failure('clinic'), failure('lab')));
    const told = await stack.told('critical');
    expect(told).toMatchObject([
      {
        message: {
          alerts: [{ key: 'run/backup/nightly/lab' }],
          open: [expect.stringContaining('clinic')],
        },
      },
    ]);
  });

  it('has room for two hundred databases that fail at once', async () => {
    const all = Array.from({ length: 200 }, (_, number) =>
      failure(`database-${number}-${'x'.repeat(40)}`),
    );
    expect(await notifyFailure(run(...all))).toEqual({ problems: 200 });
    const [told] = await stack.told('critical');
    expect(told?.message.subject).toContain('and 199 more');
    await notifyFailure(run(...all));
    expect(await stack.told('critical')).toEqual([]);
  });

  it('has room for them when each has much to say', async () => {
    const error = { code: 'QUERY_FAILED', message: `"${'ü'.repeat(290)}"` };
    await notifyFailure(
      run(
        ...Array.from({ length: 200 }, (_, number) => ({
          ...failure(`database-${number}`),
          error,
        })),
      ),
    );
    const [told, ...more] = await stack.told('critical');
    expect(more).toEqual([]);
    expect(told?.message.subject).toContain('and 199 more');
    expect(told?.message.alerts.length).toBeGreaterThan(20);
  });

  it('tells of a run that could not tell itself, and of no other', async () => {
    expect(await notifyFailure(ended({ error: RUN_FAILED }))).toEqual({ problems: 0 });
    expect(await notifyFailure(ended({ status: 'TIMED_OUT' }))).toEqual({ problems: 1 });
    expect(await stack.told('critical')).toMatchObject([
      { message: { alerts: [{ key: 'run/execution/nightly/*' }] } },
    ]);
  });

  it('believes what was told when EventBridge does not say the error', async () => {
    await notifyFailure(run(failure('clinic')));
    expect(await notifyFailure(ended({}))).toEqual({ problems: 0 });
    expect(await notifyFailure(ended({ startDate: Date.now() + 60_000 }))).toEqual({ problems: 1 });
  });

  it('tells the end of what failed as soon as a run goes well, beside what fails now, and tells it once', async () => {
    await notifyFailure(
      run(failure('clinic'), failure('lab'), { ...failure('ward'), stage: 'verify' }),
    );
    await stack.told('critical');
    await notifyFailure(run(done('clinic'), failure('lab'), done('ward'), done('cafe')));
    const [told, ...more] = await stack.told('critical');
    expect(more).toEqual([]);
    expect(told?.message.alerts).toMatchObject([
      { key: 'run/backup/nightly/clinic', kind: 'recovered' },
      { key: 'run/verify/nightly/ward', kind: 'recovered' },
    ]);
    expect(told?.message.subject).toBe(
      '[holdfast ward] OK, recovered: clinic/nightly: backup failed (CONNECTION_FAILED), and 1 more',
    );
    expect(told?.message.open).toEqual([expect.stringContaining('lab/nightly')]);
    await notifyFailure(run(done('clinic'), done('ward')));
    expect(await stack.told('critical')).toEqual([]);
  });

  it('ends nothing of another plan, and a whole run only when none of its databases failed', async () => {
    await notifyFailure(ended({ status: 'TIMED_OUT' }));
    await notifyFailure({ ...run(failure('clinic')), plan: 'weekly' });
    await stack.told('critical');
    await notifyFailure(run(done('clinic'), failure('lab')));
    expect(await stack.told('critical')).toMatchObject([
      { message: { alerts: [{ key: 'run/backup/nightly/lab', kind: 'problem' }] } },
    ]);
    await notifyFailure(run(done('clinic'), { database: 'lab', status: 'skipped' }));
    expect(await stack.told('critical')).toMatchObject([
      { message: { alerts: [{ key: 'run/execution/nightly/*', kind: 'recovered' }] } },
    ]);
  });

  it('tells the end of a failed drill when a drill goes well', async () => {
    const drills = (...results: object[]) => ({ ...run(...results), plan: null });
    await notifyFailure(drills({ ...failure('clinic', 'DRILL_FAILED'), stage: 'drill' }));
    expect(await stack.told('critical')).toMatchObject([
      { message: { alerts: [{ key: 'run/drill/*/clinic' }] } },
    ]);
    await notifyFailure(run(done('clinic')));
    expect(await stack.told('critical')).toEqual([]);
    await notifyFailure(drills(done('clinic')));
    expect(await stack.told('critical')).toMatchObject([
      {
        message: { alerts: [{ kind: 'recovered', title: 'clinic: drill failed (DRILL_FAILED)' }] },
      },
    ]);
  });

  it('tells one end once to each topic, however many see it at once', async () => {
    await notifyFailure(run(failure('clinic'), failure('lab')));
    for (const topic of ['critical', 'warning'] as const) await stack.told(topic);
    await Promise.all(
      Array.from({ length: 5 }, () => notifyFailure(run(done('clinic'), done('lab')))),
    );
    for (const topic of ['critical', 'warning'] as const) {
      const ends = (await stack.told(topic)).flatMap(({ message }) =>
        message.alerts.map(({ kind, key }) => `${kind} ${key}`),
      );
      expect(ends.toSorted()).toEqual([
        'recovered run/backup/nightly/clinic',
        'recovered run/backup/nightly/lab',
      ]);
    }
    await notifyFailure(run(failure('clinic')));
    expect(await stack.told('critical')).toMatchObject([
      { message: { alerts: [{ kind: 'problem' }] } },
    ]);
  });

  it('keeps the end for the next run when a topic does not take it', async () => {
    await notifyFailure(run(failure('clinic')));
    await stack.told('critical');
    await callAws('sns', 'DeleteTopic', { TopicArn: stack.topics.critical });
    await expect(notifyFailure(run(done('clinic')))).rejects.toMatchObject({
      name: 'ALERT_FAILED',
    });
    const Name = stack.topics.critical.slice(stack.topics.critical.lastIndexOf(':') + 1);
    await callAws('sns', 'CreateTopic', { Name });
    await callAws('sns', 'Subscribe', {
      TopicArn: stack.topics.critical,
      Protocol: 'sqs',
      Endpoint: stack.topics.critical.replace(/:sns:(.*):([^:]+)$/, ':sqs:$1:hears-$2'),
    });
    await notifyFailure(run(done('clinic')));
    expect(await stack.told('critical')).toMatchObject([
      { message: { alerts: [{ kind: 'recovered' }] } },
    ]);
  });

  it('goes out also when the vault does not answer', async () => {
    await loseVault();
    await notifyFailure(run(failure('clinic')));
    const [told] = await stack.told('critical');
    expect(told?.message.text).toMatch(/what is still safe is not known: \w+: there is no bucket/);
  });

  it('fails when a topic takes nothing, so that Lambda tries again and keeps it, and tells it then', async () => {
    await callAws('sns', 'DeleteTopic', { TopicArn: stack.topics.critical });
    await expect(notifyFailure(run(failure('clinic')))).rejects.toMatchObject({
      name: 'ALERT_FAILED',
    });
    expect(await stack.told('warning')).toHaveLength(1);
    await callAws('sns', 'CreateTopic', {
      Name: stack.topics.critical.slice(stack.topics.critical.lastIndexOf(':') + 1),
    });
    expect(await notifyFailure(run(failure('clinic')))).toEqual({ problems: 1 });
    expect(await stack.told('warning')).toEqual([]);
  });
});

/** A vault that is gone. */
async function loseVault(): Promise<void> {
  const bucket = `gone-${Date.now()}`;
  await stack.deploy({ ...CLINIC, repositories: { cloud: { bucket, region: 'us-east-1' } } });
  stack.env[STACK_ENV.vault] = bucket;
  enter();
}

describe('check', () => {
  it('lets a first deploy have its time, and then tells that a backup is missing', async () => {
    await install(CLINIC);
    expect(await check({})).toMatchObject({
      status: 'ok',
      findings: [{ verdict: 'missing', severity: 'ok' }],
    });
    expect(await stack.told('critical')).toEqual([]);
    vi.useFakeTimers({ now: Date.now() + 30 * HOUR_MS, toFake: ['Date'] });
    try {
      expect(await check({})).toMatchObject({ status: 'critical' });
    } finally {
      vi.useRealTimers();
    }
    expect(await stack.told('critical')).toMatchObject([
      {
        message: {
          alerts: [
            { key: 'check/nightly/clinic/cloud/missing', runbook: expect.stringContaining('#') },
          ],
        },
      },
    ]);
  });

  it('measures, tells what turned bad, once, and its end', async () => {
    await install(CLINIC);
    await storeSet(stack.repository, { startedAt: hoursAgo(40), marks: ['checked', 'proven'] });
    expect(await check({})).toMatchObject({ status: 'critical', findings: [{ verdict: 'late' }] });
    expect(await check({})).toMatchObject({ status: 'critical' });
    expect(await stack.told('critical')).toHaveLength(1);
    const ages = documents().filter((line) => 'AgeSeconds' in line);
    expect(ages[0]).toMatchObject({
      Plan: 'nightly',
      Database: 'clinic',
      AgeSeconds: expect.closeTo(40 * 3600, -2),
    });
    expect(documents().find((line) => line.Severity === 'critical')).toMatchObject({ Findings: 1 });
    await storeSet(stack.repository, { startedAt: hoursAgo(0.1) });
    expect(await check({})).toMatchObject({ status: 'ok' });
    expect(await stack.told('critical')).toMatchObject([
      { message: { severity: 'ok', alerts: [{ kind: 'recovered' }] } },
    ]);
    const kept: unknown[] = [];
    for await (const { key } of stack.repository.list('audit/'))
      if (key.endsWith('-alert.json'))
        kept.push(JSON.parse((await stack.repository.get(key)).toString()));
    const late = { title: 'clinic/nightly in cloud: late', severity: 'critical' };
    expect(kept).toHaveLength(2);
    expect(kept).toEqual(
      expect.arrayContaining(
        [null, expect.any(String)].map((endedAt) =>
          expect.objectContaining({
            ...{ plan: 'nightly', database: 'clinic' },
            alert: expect.objectContaining({ ...late, endedAt }),
          }),
        ),
      ),
    );
  });

  it('tells that the vault does not answer, which hides nothing of what stands beside it', async () => {
    await install(CLINIC);
    await loseVault();
    expect(await check({})).toMatchObject({
      status: 'unknown',
      findings: [{ verdict: 'unreachable' }],
    });
    expect(await stack.told('critical')).toMatchObject([
      { message: { alerts: [{ runbook: expect.stringContaining('#') }] } },
    ]);
  });

  it('ends the alert of a run that failed when a later set was verified', async () => {
    await install(CLINIC);
    const error = { code: 'CONNECTION_FAILED', message: 'no' };
    await notifyFailure({
      plan: 'nightly',
      execution: 'e',
      results: [{ database: 'clinic', status: 'failed', stage: 'backup', error }],
    });
    await stack.told('critical');
    await storeSet(stack.repository, {
      startedAt: new Date(Date.now() + 5000),
      marks: ['checked'],
    });
    await check({});
    expect(await stack.told('critical')).toMatchObject([
      { message: { alerts: [{ kind: 'recovered', key: 'run/backup/nightly/clinic' }] } },
    ]);
  });

  it('ends the alert of a drill that failed when somebody drilled by hand', async () => {
    await install(CLINIC);
    await storeSet(stack.repository, { startedAt: hoursAgo(3), marks: ['checked', 'proven'] });
    const results = [
      {
        database: 'clinic',
        status: 'failed',
        stage: 'drill',
        error: { code: 'DRILL_FAILED', message: 'no' },
      },
    ];
    vi.useFakeTimers({ now: hoursAgo(5), toFake: ['Date'] });
    try {
      await notifyFailure({ plan: null, execution: 'e', results });
    } finally {
      vi.useRealTimers();
    }
    await stack.told('critical');
    await check({});
    expect(await stack.told('critical')).toMatchObject([
      { message: { alerts: [{ kind: 'recovered', key: 'run/drill/*/clinic' }] } },
    ]);
  });

  it('says what is still safe, and the command that works in the stack', async () => {
    await install(CLINIC);
    await storeSet(stack.repository, { startedAt: hoursAgo(30), marks: ['checked'] });
    await storeSet(stack.repository, { startedAt: hoursAgo(1), marks: ['suspect'] });
    await check({});
    const [told] = await stack.told('critical');
    expect(told?.message.alerts.map(({ key }) => key.split('/').at(-1))).toEqual([
      'late',
      'suspect',
    ]);
    for (const { detail, hint, runbook } of told?.message.alerts ?? []) {
      expect(detail).toMatch(
        /; still safe: set \S+ of 20\d\d-\d\d-\d\d \d\d:\d\d UTC \(CHECKED\)$/,
      );
      expect(hint).toContain('`holdfast remote backup clinic --plan nightly`');
      expect(runbook).toMatch(/#backup-/);
    }
  });

  it('wakes nobody for a warning, and writes it to those who read in the morning', async () => {
    await install(CLINIC);
    await storeSet(stack.repository, { startedAt: hoursAgo(40 * 24), marks: ['checked'] });
    await storeSet(stack.repository, { startedAt: hoursAgo(1) });
    expect(await check({})).toMatchObject({ status: 'warning' });
    expect(await stack.told('critical')).toEqual([]);
    expect(await stack.told('warning')).toMatchObject([
      { message: { severity: 'warning' }, attributes: { severity: 'warning' } },
    ]);
  });

  it('asks the watchman of its own environment when all is well, and none that the config of tasks would name', async () => {
    await install(CLINIC);
    await storeSet(stack.repository, { startedAt: hoursAgo(1), marks: ['proven'] });
    const [heartbeat, another] = [await startHook(), await startHook()];
    await stack.deploy({ ...CLINIC, heartbeatUrl: another.url });
    stack.env[STACK_ENV.heartbeatUrl] = heartbeat.url;
    enter();
    expect(await check({})).toMatchObject({ status: 'ok', notes: [] });
    expect([heartbeat.requests.length, another.requests.length]).toEqual([1, 0]);
    await Promise.all([heartbeat.stop(), another.stop()]);
  });

  it('finds a topic without a confirmed subscriber, and tells the other one', async () => {
    await install(CLINIC);
    await storeSet(stack.repository, { startedAt: hoursAgo(1), marks: ['proven'] });
    const subscribed = await callAws<{ Subscriptions: { SubscriptionArn: string }[] }>(
      'sns',
      'ListSubscriptionsByTopic',
      {
        TopicArn: stack.topics.critical,
      },
    );
    for (const { SubscriptionArn } of subscribed.Subscriptions)
      await callAws('sns', 'Unsubscribe', { SubscriptionArn });
    const heartbeat = await startHook();
    stack.env[STACK_ENV.heartbeatUrl] = heartbeat.url;
    enter();
    expect(await check({ digest: true })).toMatchObject({
      status: 'critical',
      findings: [{ verdict: 'fresh' }],
    });
    expect(heartbeat.requests).toEqual([]);
    await heartbeat.stop();
    const [told, digest] = await stack.told('warning');
    expect(told).toMatchObject({
      message: { alerts: [{ key: 'topic/critical', severity: 'critical' }] },
    });
    expect(digest?.message.text).toContain('CRITICAL topic critical: nobody listens');
    const heard = documents().flatMap((line) =>
      'Subscribers' in line ? [[line.Topic, line.Subscribers]] : [],
    );
    expect(heard).toEqual([
      ['critical', 0],
      ['warning', 1],
    ]);
  });

  it('tells what it found also where a topic does not say who listens, and fails then', async () => {
    await install(CLINIC);
    await storeSet(stack.repository, { startedAt: hoursAgo(40), marks: ['proven'] });
    await callAws('sns', 'DeleteTopic', { TopicArn: stack.topics.warning });
    await expect(check({})).rejects.toMatchObject({
      name: expect.stringMatching(/ALERT_FAILED|SERVICE_FAILED/),
    });
    expect(await stack.told('critical')).toMatchObject([
      { message: { alerts: [{ key: 'check/nightly/clinic/cloud/late' }] } },
    ]);
  });

  it('writes once a week how everything stands, also where all is well', async () => {
    await install(CLINIC);
    await storeSet(stack.repository, { startedAt: hoursAgo(1), marks: ['checked', 'proven'] });
    await check({ digest: true, scheduledFor: DUE });
    expect(await stack.told('critical')).toEqual([]);
    const [told] = await stack.told('warning');
    expect(told?.message.text).toContain('clinic/nightly: 1 h old');
    expect(told?.attributes).toMatchObject({ severity: 'ok' });
  });
});

describe('prune', () => {
  it('releases nothing that must stay, and says what it did', async () => {
    await install(CLINIC);
    await storeSet(stack.repository, { startedAt: hoursAgo(1), marks: ['checked'] });
    expect(await prune({})).toMatchObject({ kept: 1, released: [], disposed: [] });
    const [key] = await keysBelow('audit/');
    expect(JSON.parse((await stack.repository.get(key ?? '')).toString())).toMatchObject({
      operation: 'prune',
      initiatedBy: { type: 'role' },
    });
  });

  it('tells when it fails for a reason that stays', async () => {
    await install(CLINIC);
    await loseVault();
    await expect(prune({})).rejects.toMatchObject({ name: 'REPOSITORY_UNREACHABLE' });
    expect(await stack.told('critical')).toMatchObject([
      {
        message: {
          alerts: [
            {
              key: 'run/prune/*/*',
              runbook: `${RUNBOOK.page}#${RUNBOOK.prune}`,
              detail: expect.stringContaining('what must stay stays'),
            },
          ],
        },
      },
    ]);
  });

  async function keysBelow(prefix: string): Promise<string[]> {
    const keys: string[] = [];
    for await (const { key } of stack.repository.list(prefix)) keys.push(key);
    return keys;
  }
});

describe('watch-recovery-point', () => {
  it('judges what RDS says of its own backups', async () => {
    const [sound, without, abroad] = ['sound', 'without', 'abroad'].map(
      (name) => `${name}-${Date.now()}`,
    );
    const databases = {
      clinic: { secret: 'a', rds: { instance: sound } },
      lab: { secret: 'b', rds: { instance: without } },
      ward: { secret: 'c', rds: { cluster: 'gone' } },
      cafe: { secret: 'd' },
      away: {
        host: `${sound}.c9.eu-west-1.rds.amazonaws.com`,
        database: 'away',
        user: 'backup',
        iam: true,
        rds: { instance: abroad },
      },
    };
    await install({ ...CLINIC, databases, objectives: { rto: '4h', rpo: '1h' } });
    const instance = { Engine: 'postgres', DBInstanceClass: 'db.t4g.micro', AllocatedStorage: 20 };
    await callAws('rds', 'CreateDBInstance', {
      ...instance,
      DBInstanceIdentifier: sound,
      BackupRetentionPeriod: 7,
    });
    await callAws('rds', 'CreateDBInstance', {
      ...instance,
      DBInstanceIdentifier: without,
      BackupRetentionPeriod: 0,
    });
    await callAws(
      'rds',
      'CreateDBInstance',
      { ...instance, DBInstanceIdentifier: abroad, BackupRetentionPeriod: 7 },
      'eu-west-1',
    );
    expect(await watchRecoveryPoint({})).toEqual({
      watched: 4,
      problems: [
        expect.stringMatching(
          /^lab: recovery point of RDS: RDS keeps no automated backups, so there is no point-in-time recovery; the sets/,
        ),
        expect.stringContaining('no DB cluster gone'),
      ],
    });
    const [told] = await stack.told('critical');
    expect(told?.message.alerts.map(({ key }) => key)).toEqual(['rds/lab', 'rds/ward']);
    await callAws('rds', 'ModifyDBInstance', {
      DBInstanceIdentifier: without,
      BackupRetentionPeriod: 7,
    });
    await watchRecoveryPoint({});
    expect(await stack.told('critical')).toMatchObject([
      { message: { alerts: [{ kind: 'recovered', key: 'rds/lab' }] } },
    ]);
  });
});

describe('tell-access', () => {
  const opened = (user: string, database: string, project: string) => ({
    'detail-type': 'AWS API Call via CloudTrail',
    detail: {
      eventID: `${user}-${database}`,
      eventTime: '2026-11-22T03:00:00Z',
      eventSource: 'kms.amazonaws.com',
      eventName: 'Decrypt',
      awsRegion: 'eu-central-1',
      sourceIPAddress: '192.0.2.7',
      userIdentity: { type: 'IAMUser', arn: `arn:aws:iam::123456789012:user/${user}` },
      requestParameters: {
        encryptionContext: { project, database, backup: '20261122T020000Z-7f3a' },
      },
    },
  });

  it('tells of a principal and a database once, however much is read, and never that it is over', async () => {
    await install(CLINIC);
    const project = 'ward';
    for (let read = 0; read < 5; read++) await tellAccess(opened('eve', 'clinic', project));
    await tellAccess(opened('eve', 'lab', project));
    await tellAccess(opened('bob', 'clinic', project));
    expect(await tellAccess(opened('bob', 'clinic', 'another'))).toEqual({ problems: 0 });
    const told = await stack.told('critical');
    expect(told.flatMap(({ message }) => message.alerts.map(({ title }) => title))).toEqual([
      'user/eve opened a key of clinic 20261122T020000Z-7f3a',
      'user/eve opened a key of lab 20261122T020000Z-7f3a',
      'user/bob opened a key of clinic 20261122T020000Z-7f3a',
    ]);
    await check({});
    expect(JSON.stringify(await stack.told('critical'))).not.toContain('access/');
  });
});
