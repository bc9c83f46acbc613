import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { STACK_ENV } from '../../engine/contract.ts';
import type { AuditRecord } from '../../engine/domain/audit-record.ts';
import { handler as recordOutcome } from '../../lambdas/record-outcome.ts';
import { expectGone } from '../fixtures/aftermath.ts';
import { openUploads } from '../fixtures/aws.ts';
import { familyOf } from '../fixtures/family.ts';
import { type FreezingProxy, startFreezingProxy } from '../fixtures/freezing-proxy.ts';
import { type GuardedServer, startGuardedServer } from '../fixtures/guarded-server.ts';
import type { Finished, Running } from '../fixtures/holdfast.ts';
import { CANARY, PASSWORD } from '../fixtures/scene.ts';
import { makeSecret, type TestSecret } from '../fixtures/secrets.ts';
import { makeStackEnvironment, type StackEnvironment } from '../fixtures/stack-environment.ts';
import { linesOf, startTask } from '../fixtures/task.ts';

const WARD = { plan: 'nightly', database: 'ward' };
const BACKUP = {
  operation: 'backup',
  ...WARD,
  scheduledFor: '2026-11-22T02:00:00Z',
  execution: 'nightly-20261122T020000Z',
};

/** Against a server that asks for the password, which only the secret has. */
describe('a task of the stack', () => {
  let server: GuardedServer;
  let proxy: FreezingProxy;
  let secret: TestSecret;
  let stack: StackEnvironment;
  const started: Running[] = [];
  const said: string[] = [];

  beforeAll(async () => {
    server = await startGuardedServer();
    await server.query(`CREATE ROLE keeper LOGIN SUPERUSER PASSWORD '${PASSWORD}'`);
    await server.query('CREATE DATABASE ward');
    await server.query(
      `CREATE TABLE notes (id int PRIMARY KEY, note text); INSERT INTO notes SELECT n, '${CANARY} ' || repeat('x', 1000) FROM generate_series(1, 4000) n`,
      'ward',
    );
  });

  afterAll(() => server.stop());

  beforeEach(async () => {
    proxy = await startFreezingProxy({ to: server.host });
    secret = await makeSecret(loginAt(proxy.host));
    stack = await makeStackEnvironment({
      databases: { ward: { secret: secret.arn } },
      plans: { nightly: { schedule: '0 2 * * *' } },
    });
  });

  /** Whatever was tried: neither a row nor the password came out of it. */
  afterEach(async () => {
    for (const { child } of started) child.kill('SIGKILL');
    said.push(
      ...(await Promise.all(started.splice(0).map(({ finished }) => finished))).flatMap(
        ({ stdout, stderr }) => [stdout, stderr],
      ),
    );
    await proxy.stop();
    const everything = [...said, JSON.stringify(await records())].join('\n');
    expect(everything).not.toContain(CANARY);
    expect(everything).not.toContain(PASSWORD);
    vi.unstubAllEnvs();
  });

  const loginAt = (host: string, more: object = {}) => ({
    ...{
      engine: 'postgres',
      username: 'keeper',
      password: PASSWORD,
      host,
      port: 5432,
      dbname: 'ward',
    },
    ...more,
  });
  const start = (job: object): Running => {
    const running = startTask(job, stack.env);
    started.push(running);
    return running;
  };
  const run = (job: object): Promise<Finished> => start(job).finished;
  const lastLine = (finished: Finished) => linesOf(finished).at(-1);

  async function keys(prefix = ''): Promise<string[]> {
    const found: string[] = [];
    for await (const { key } of stack.repository.list(prefix)) found.push(key);
    return found;
  }

  async function records(): Promise<AuditRecord[]> {
    return Promise.all(
      (await keys('audit/')).map(
        async (key) => JSON.parse((await stack.repository.get(key)).toString()) as AuditRecord,
      ),
    );
  }

  /** What the state machine hears of a task that ended so. */
  async function outcomeOf(stage: string, exitCode: number) {
    for (const [name, value] of Object.entries(stack.env)) vi.stubEnv(name, value);
    vi.spyOn(process.stdout, 'write').mockReturnValue(true);
    const task = { CreatedAt: Date.now() - 60_000, Containers: [{ ExitCode: exitCode }] };
    const end =
      exitCode === 0
        ? { task }
        : { caught: { Error: 'States.TaskFailed', Cause: JSON.stringify(task) } };
    return recordOutcome({
      stage,
      ...WARD,
      size: 'small',
      attempt: 1,
      job: JSON.stringify(BACKUP),
      end,
    });
  }

  it('backs up, verifies and drills, each by the job that the one before it led to', async () => {
    const backedUp = await run(BACKUP);
    expect(backedUp, backedUp.stdout).toMatchObject({ status: 0, stderr: '' });
    const lines = linesOf(backedUp);
    expect(lines.at(-1)).toMatchObject({
      type: 'result',
      operation: 'backup',
      result: { ...WARD, rows: 4000 },
    });
    expect(lines.filter((line) => '_aws' in line)).toMatchObject([
      { Plan: 'nightly', Database: 'ward', Rows: 4000 },
      { Operation: 'backup', DurationSeconds: expect.any(Number) },
    ]);
    expect(lines.some(({ type, phase }) => type === 'progress' && phase === 'dump')).toBe(true);
    const { set, verifyJob, verdict } = await outcomeOf('backup', 0);
    expect({ set, verdict }).toEqual({
      set: (lines.at(-1)?.result as { id: string }).id,
      verdict: 'done',
    });

    const verified = await run(JSON.parse(verifyJob ?? ''));
    expect(lastLine(verified), verified.stdout).toMatchObject({
      type: 'result',
      result: { set, copies: [{ state: 'CHECKED' }] },
    });
    const drilled = await run({ operation: 'drill', set: 'ward/latest', database: 'ward' });
    expect(lastLine(drilled), drilled.stdout).toMatchObject({
      type: 'result',
      result: { result: 'PASS', tester: 'task' },
    });
    expect(await outcomeOf('drill', 0)).toMatchObject({ verdict: 'done', set });
    expect(await keys(`nightly/ward/${set}/`)).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/\/checked-/),
        expect.stringMatching(/\/proven-/),
      ]),
    );
    const manifest = JSON.parse(
      (await stack.repository.get(`nightly/ward/${set}/manifest.json`)).toString(),
    );
    expect(manifest).toMatchObject({
      scheduledFor: '2026-11-22T02:00:00.000Z',
      keys: [{ type: 'kms', id: stack.env[STACK_ENV.kmsKey] }],
    });
    expect((await records()).map(({ initiatedBy }) => initiatedBy.type)).toEqual([
      'role',
      'role',
      'role',
    ]);
  });

  it('ends with 75 and leaves nothing when Fargate takes it away in the midst of its dump', async () => {
    await proxy.stop();
    proxy = await startFreezingProxy({ to: server.host, holdAfterBytes: 1_000_000 });
    await secret.put(loginAt(proxy.host));
    const running = start(BACKUP);
    await proxy.held;
    const family = await familyOf(running.child.pid);
    expect(family.map(({ command }) => command).join()).not.toContain(PASSWORD);
    running.child.kill('SIGTERM');
    const finished = await running.finished;
    expect(finished).toMatchObject({ status: 75, signal: null });
    expect(lastLine(finished)).toMatchObject({
      type: 'error',
      code: 'INTERRUPTED',
      exitStatus: 75,
    });
    expect(await keys('nightly/')).toEqual([]);
    expect(await openUploads(stack.vault)).toEqual([]);
    await expectGone(family);
    expect(await outcomeOf('backup', 75)).toMatchObject({
      verdict: 'retry',
      code: 'INTERRUPTED',
      attempt: 2,
    });
  });

  it('is skipped, with 3, while the same plan is running', async () => {
    await proxy.stop();
    proxy = await startFreezingProxy({ to: server.host, holdAfterBytes: 1_000_000 });
    await secret.put(loginAt(proxy.host));
    const first = start(BACKUP);
    await proxy.held;
    await secret.put(loginAt(server.host));
    expect(await run(BACKUP)).toMatchObject({ status: 3 });
    expect(await outcomeOf('backup', 3)).toMatchObject({
      verdict: 'skipped',
      code: 'ALREADY_RUNNING',
    });
    proxy.thaw();
    expect(await first.finished).toMatchObject({ status: 0 });
  });

  it.each([
    ['the password is wrong', { password: 'another' }, 'CONNECTION_FAILED', 1],
    ['the secret names no database', { dbname: undefined }, 'CONFIG_INVALID', 2],
  ])('says so, and records it, when %s', async (_what, change, code, status) => {
    await secret.put(loginAt(proxy.host, change));
    const finished = await run(BACKUP);
    expect(finished).toMatchObject({ status });
    expect(lastLine(finished)).toMatchObject({
      type: 'error',
      code,
      exitStatus: status,
      hint: expect.stringMatching(/\w/),
    });
    expect(await records()).toMatchObject([
      { operation: 'backup', status: 'failed', ...WARD, error: { code } },
    ]);
    expect(await outcomeOf('backup', status)).toMatchObject({ verdict: 'failed', code });
    expect(await keys('nightly/')).toEqual([]);
  });

  it('says so, and records it, when there is no secret, or no login that works in AWS', async () => {
    await stack.deploy({
      databases: { ward: { secret: 'ward/no-such-secret' } },
      plans: { nightly: {} },
    });
    expect(await run(BACKUP)).toMatchObject({ status: 2 });
    await stack.deploy({
      databases: { ward: { host: server.host, user: 'keeper', database: 'ward' } },
      plans: { nightly: {} },
    });
    const finished = await run(BACKUP);
    expect(lastLine(finished)).toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining('no login that works in AWS'),
    });
    expect(await records()).toMatchObject([{ status: 'failed' }, { status: 'failed' }]);
  });

  it('restores into a database that a secret names, and never into one that the config protects', async () => {
    const { id } = lastLine(await run(BACKUP))?.result as { id: string };
    await server.query('CREATE DATABASE copy');
    const copy = await makeSecret(loginAt(server.host, { dbname: 'copy' }));
    const restored = await run({ operation: 'restore', set: id, options: { to: copy.arn } });
    expect(lastLine(restored), restored.stdout).toMatchObject({
      type: 'result',
      result: { set: id, rows: 4000 },
    });
    expect(await server.query('SELECT count(*)::int FROM notes', 'copy')).toEqual([
      { count: 4000 },
    ]);
    const refused = await run({ operation: 'restore', set: id, options: { to: 'ward' } });
    expect(lastLine(refused)).toMatchObject({ type: 'error', code: 'TARGET_PROTECTED' });
    await server.query('DROP DATABASE copy');
  });

  it('checks with the exit status of a monitoring plugin', async () => {
    expect(await run({ operation: 'check' })).toMatchObject({ status: 2 });
    await run(BACKUP);
    const checked = await run({ operation: 'check' });
    expect(checked).toMatchObject({ status: 0 });
    expect(lastLine(checked)).toMatchObject({
      type: 'result',
      result: { status: 'ok', findings: [{ verdict: 'fresh', ...WARD }] },
    });
  });

  it.each([
    [{ operation: 'backup', plan: 'weekly', database: 'ward' }, 'USAGE'],
    [{ operation: 'backup', plan: 'nightly', database: 'lab' }, 'USAGE'],
    [{ operation: 'delete' }, 'USAGE'],
    [{ operation: 'verify', set: 'latest' }, 'SET_NOT_FOUND'],
  ])('refuses a job that can not be done: %j', async (job, code) => {
    const finished = await run(job);
    expect(finished.status).toBe(2);
    expect(lastLine(finished)).toMatchObject({ type: 'error', code });
  });
});
