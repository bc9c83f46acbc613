import { chmod, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import type { AlertMessage } from '../../engine/domain/alert-message.ts';
import { writeConfig } from '../fixtures/config.ts';
import { makeDatabase, type TestDatabase } from '../fixtures/database.ts';
import { type Finished, makeWorkspace, type Workspace } from '../fixtures/holdfast.ts';
import { type Hook, startHook } from '../fixtures/hook.ts';
import { CANARY, PASSWORD, type Scene, setScene, startHeldBackup } from '../fixtures/scene.ts';
import { backUp, fileOf } from '../fixtures/set.ts';
import { makeShortPgDump } from '../fixtures/short-pg-dump.ts';
import { startSmtpServer } from '../fixtures/smtp-server.ts';

const AWAY = { DATABASE_URL: 'postgresql:///clinic?host=/nonexistent' };

/** What a webhook heard: `problem clinic/nightly: backup failed (CONNECTION_FAILED)`. */
function heardBy({ requests }: Pick<Hook, 'requests'>): string[] {
  const messages = requests.map(({ body }) => JSON.parse(body) as AlertMessage);
  return messages.flatMap(({ alerts }) => alerts.map(({ kind, title }) => `${kind} ${title}`));
}

describe('alerts of the command line', () => {
  let database: TestDatabase;
  let workspace: Workspace;
  let hook: Hook;

  const configure = (alerts: object | null = { webhook: { url: hook.url } }, parts: object = {}) =>
    writeConfig(workspace, {
      databases: { clinic: { fromEnvironment: true } },
      plans: { nightly: {} },
      ...(alerts === null ? {} : { alerts: { stateFolder: './state', ...alerts } }),
      ...parts,
    });
  const stateOf = async () =>
    JSON.parse(await readFile(join(workspace.folder, 'state/test-alerts.json'), 'utf8')) as {
      channels: object;
    };

  beforeEach(async () => {
    hook = await startHook();
    database = await makeDatabase({ sql: 'CREATE TABLE t AS SELECT 1 AS i' });
    workspace = await makeWorkspace({ databaseUrl: database.url });
    await configure();
  });

  afterEach(async () => {
    await hook.stop();
    await workspace.remove();
    await database.drop();
  });

  it('tell once of a run that fails again and again, and once that it works again', async () => {
    expect(await workspace.run(['backup'], AWAY)).toMatchObject({ status: 75 });
    expect(await workspace.run(['backup'], AWAY)).toMatchObject({ status: 75 });
    const title = 'clinic/nightly: backup failed (CONNECTION_FAILED)';
    expect(heardBy(hook)).toEqual([`problem ${title}`]);
    expect(JSON.parse(hook.requests[0]?.body ?? '')).toMatchObject({
      subject: `[holdfast test] CRITICAL ${title}`,
      project: 'test',
      config: join(workspace.folder, 'holdfast.yaml'),
      command: `holdfast check --config ${join(workspace.folder, 'holdfast.yaml')}`,
      alerts: [{ hint: expect.stringMatching(/\w/), since: expect.stringMatching(/Z$/) }],
    });
    expect(await workspace.run(['backup'])).toMatchObject({ status: 0 });
    expect(await workspace.run(['backup'])).toMatchObject({ status: 0 });
    expect(heardBy(hook)).toEqual([`problem ${title}`, `recovered ${title}`]);
    expect(await workspace.run(['backup'], AWAY)).toMatchObject({ status: 75 });
    expect(heardBy(hook)).toHaveLength(3);
  });

  it('say what is still safe: the newest proven set, else the newest good one, and its age', async () => {
    const details = () =>
      hook.requests.map(({ body }) => (JSON.parse(body) as AlertMessage).alerts[0]?.detail);
    await configure({ webhook: { url: hook.url }, coolDown: '1s' });
    const failAgain = async () => {
      hook.requests.length = 0;
      await rm(join(workspace.folder, 'state'), { recursive: true, force: true });
      await workspace.run(['backup'], AWAY);
      return details()[0];
    };
    expect(await failAgain()).toMatch(/; there is no good set of it$/);
    const proven = await backUp(workspace);
    const described = (id: string) => `set ${id} in local of [-0-9]+ [0-9:]+ UTC, \\d+ (s|min) old`;
    expect(await failAgain()).toMatch(
      new RegExp(`; still safe, but not proven: ${described(proven)} \\([A-Z]+\\)$`),
    );
    expect(await workspace.run(['drill', '--backup', proven])).toMatchObject({ status: 0 });
    const newer = await backUp(workspace);
    expect(await failAgain()).toMatch(
      new RegExp(`; still safe: ${described(proven)} \\(PROVEN\\)$`),
    );
    await rm(await fileOf(workspace, { id: proven, name: 'data.dump.zst.esdk' }));
    expect(await failAgain()).toMatch(
      new RegExp(`; still safe, but not proven: ${described(newer)}`),
    );
    await rename(workspace.backups, `${workspace.backups}-away`);
    await writeFile(workspace.backups, 'a file where the disk should be mounted');
    expect(await failAgain()).toMatch(/; what is still safe is not known: local: /);
  });

  it('tell again after the cool-down', async () => {
    await configure({ webhook: { url: hook.url }, coolDown: '1s' });
    await workspace.run(['backup'], AWAY);
    await new Promise((resolve) => setTimeout(resolve, 1_100));
    await workspace.run(['backup'], AWAY);
    expect(heardBy(hook).map((line) => line.split(' ')[0])).toEqual(['problem', 'still']);
  });

  it('tell in one message all that a check finds, and of each when it ends', async () => {
    await configure({ webhook: { url: hook.url } }, { plans: { nightly: {}, weekly: {} } });
    await mkdir(workspace.backups, { recursive: true });
    expect(await workspace.run(['check'])).toMatchObject({ status: 2 });
    expect(await workspace.run(['check'])).toMatchObject({ status: 2 });
    expect(hook.requests).toHaveLength(1);
    expect(heardBy(hook)).toEqual([
      'problem clinic/nightly in local: missing',
      'problem clinic/weekly in local: missing',
    ]);
    const id = await backUp(workspace, ['--plan', 'nightly']);
    expect(await workspace.run(['check'])).toMatchObject({ status: 2 });
    expect(heardBy(hook).slice(2)).toEqual(['recovered clinic/nightly in local: missing']);
    await rm(await fileOf(workspace, { id, name: 'globals.sql.zst.esdk' }));
    expect(await workspace.run(['check'])).toMatchObject({ status: 2 });
    expect(heardBy(hook).slice(3).sort()).toEqual([
      'problem clinic/nightly in local: corrupt',
      'problem clinic/nightly in local: missing',
    ]);
    expect(JSON.parse(hook.requests.at(-1)?.body ?? '')).toMatchObject({
      open: ['CRITICAL clinic/weekly in local: missing'],
    });
  });

  it('tell of verify and drill by what they were about', async () => {
    const id = await backUp(workspace);
    const file = await fileOf(workspace, { id, name: 'data.dump.zst.esdk' });
    await chmod(file, 0o600);
    await writeFile(file, Buffer.alloc((await readFile(file)).length, 'x'));
    expect(await workspace.run(['verify', 'clinic/nightly/latest'])).toMatchObject({ status: 1 });
    expect(heardBy(hook)).toEqual(['problem clinic/nightly: verify failed (OBJECT_DAMAGED)']);
    const better = await backUp(workspace);
    expect(await workspace.run(['verify', better])).toMatchObject({ status: 0 });
    expect(heardBy(hook).slice(1)).toEqual([
      'recovered clinic/nightly: verify failed (OBJECT_DAMAGED)',
    ]);
  });

  it('tell of a set that is named by its id as of its plan and database', async () => {
    const id = await backUp(workspace);
    await writeFile(await fileOf(workspace, { id, name: 'data.dump.zst.esdk' }), 'damaged');
    expect(await workspace.run(['verify', id])).toMatchObject({ status: 1 });
    expect(heardBy(hook)).toEqual(['problem clinic/nightly: verify failed (OBJECT_DAMAGED)']);
  });

  it('never tell of usage errors, of what nobody schedules, nor without a config that asks for it', async () => {
    await workspace.run(['backup', '--nonsense']);
    await workspace.run(['backup', 'nosuch']);
    await workspace.run(['verify', 'no name']);
    await workspace.run(['list', '--repository', 'nosuch']);
    await workspace.run(['show', '20200101T000000Z-0000']);
    await workspace.run(['prune', '--repository', 'nosuch']);
    await configure(null);
    await workspace.run(['backup'], AWAY);
    expect(hook.requests).toEqual([]);
    expect(await readdir(workspace.folder)).not.toContain('state');
  });

  it('tell of a run that the config or the environment makes impossible, whoever runs it', async () => {
    await configure(undefined, { repositories: { cloud: { bucket: 'backups' } } });
    const wrong = (
      await workspace.run(['backup', '--json'], { AWS_ENDPOINT_URL: 'minio' })
    ).error();
    expect(wrong).toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining('AWS_ENDPOINT_URL'),
      exitStatus: 2,
    });
    await configure(undefined, {
      databases: { clinic: { fromEnvironment: true }, ward: { fromEnvironment: true } },
    });
    for (const name of ['clinic', 'ward'])
      expect(await workspace.run(['backup', name])).toMatchObject({ status: 0 });
    expect((await workspace.run(['verify', 'latest', '--json'])).error()).toMatchObject({
      code: 'SET_AMBIGUOUS',
      exitStatus: 2,
    });
    expect(await workspace.run(['check', '--repository', 'nosuch'])).toMatchObject({ status: 3 });
    expect(heardBy(hook)).toEqual([
      'problem clinic/nightly: backup failed (CONFIG_INVALID)',
      'recovered clinic/nightly: backup failed (CONFIG_INVALID)',
      'problem verify failed (SET_AMBIGUOUS)',
      'problem check failed (USAGE)',
    ]);
  });

  it('take a one-off that holds less than the plan for no end of its failure, nor beat for it', async () => {
    const pulse = await startHook();
    await configure(undefined, { heartbeatUrl: pulse.url });
    await workspace.run(['backup'], AWAY);
    for (const wish of [
      ['--schema-only'],
      ['--data-only'],
      ['--table', 't'],
      ['--exclude-table', 't'],
    ])
      expect(await workspace.run(['backup', ...wish])).toMatchObject({ status: 0 });
    expect([heardBy(hook).length, pulse.requests.length]).toEqual([1, 0]);
    await workspace.run(['backup', '--label', 'whole']);
    expect([heardBy(hook)[1], pulse.requests.length]).toEqual([
      'recovered clinic/nightly: backup failed (CONNECTION_FAILED)',
      1,
    ]);
    await pulse.stop();
  });

  it('take a prune that only shows for no end of one that failed', async () => {
    await backUp(workspace);
    await rename(workspace.backups, `${workspace.backups}-away`);
    await writeFile(workspace.backups, 'a file where the disk should be mounted');
    expect(await workspace.run(['prune'])).not.toMatchObject({ status: 0 });
    expect(heardBy(hook)).toEqual([]);
    expect(await workspace.run(['prune', '--apply'])).not.toMatchObject({ status: 0 });
    expect(heardBy(hook)).toEqual(['problem prune failed (REPOSITORY_UNREACHABLE)']);
    await rm(workspace.backups);
    await rename(`${workspace.backups}-away`, workspace.backups);
    expect(await workspace.run(['prune'])).toMatchObject({ status: 0 });
    expect(heardBy(hook)).toHaveLength(1);
    expect(await workspace.run(['prune', '--apply'])).toMatchObject({ status: 0 });
    expect(heardBy(hook).slice(1)).toEqual(['recovered prune failed (REPOSITORY_UNREACHABLE)']);
  });

  it('keep what goes wrong with one channel when another has a URL that can not be read', async () => {
    hook.answers(404);
    const smtp = 'smtp://100%@127.0.0.1:1';
    await configure({
      webhook: { url: hook.url },
      email: { to: ['ada@example.org'], from: 'holdfast@example.org', smtp },
    });
    const { stderr } = await workspace.run(['backup'], AWAY);
    expect(stderr).toContain('an alert could not be delivered to the webhook: HTTP 404');
    expect(stderr).toContain(
      'an alert could not be sent by e-mail: the login in its URL has a percent sign',
    );
  });

  describe('through a webhook that is down', () => {
    const noteOf = ({ stderr }: Finished) =>
      stderr.split('\n').filter((line) => line.includes('webhook'));

    it('do not hide the failure, say so, reach the other channels, and come again with the next run', async () => {
      const mail = await startSmtpServer();
      const email = {
        to: ['ada@example.org'],
        from: 'holdfast@example.org',
        smtp: `smtp://127.0.0.1:${mail.port}`,
      };
      await configure({ webhook: { url: hook.url }, email });
      hook.answers(500);
      const failed = await workspace.run(['backup', '--json', '--quiet'], AWAY);
      expect(failed).toMatchObject({ status: 75, stdout: '' });
      expect(failed.error()).toMatchObject({ type: 'error', code: 'CONNECTION_FAILED' });
      expect(noteOf(failed).map((line) => JSON.parse(line))).toEqual([
        { type: 'note', text: expect.stringContaining('delivered to the webhook: HTTP 500') },
      ]);
      expect(mail.mails).toHaveLength(1);
      hook.answers(200);
      hook.requests.length = 0;
      expect(noteOf(await workspace.run(['backup'], AWAY))).toEqual([]);
      expect(heardBy(hook)).toEqual(['problem clinic/nightly: backup failed (CONNECTION_FAILED)']);
      expect(mail.mails).toHaveLength(1);
      expect(Object.keys((await stateOf()).channels).sort()).toEqual(['email', 'webhook']);
      await mail.stop();
    });

    it('do not fail a backup that did well, nor a check', async () => {
      await configure({ webhook: { url: hook.url } }, { heartbeatUrl: hook.url });
      await workspace.run(['backup'], AWAY);
      hook.answers(404);
      const finished = await workspace.run(['backup']);
      expect(finished).toMatchObject({ status: 0, stdout: expect.stringMatching(/^\d{8}T\d{6}Z/) });
      expect(finished.stderr).toContain(
        'warning: an alert could not be delivered to the webhook: HTTP 404',
      );
      expect(finished.stderr).toContain('warning: the heartbeat could not be sent: HTTP 404');
      expect(await workspace.run(['check', '--json'])).toMatchObject({ status: 0 });
    });

    it('say which variable of the environment is missing', async () => {
      await configure({ webhook: { urlEnv: 'HOOK_URL' } });
      expect((await workspace.run(['backup'], AWAY)).stderr).toContain(
        'the environment has no HOOK_URL, which alerts.webhook.urlEnv names',
      );
      await workspace.run(['backup'], { ...AWAY, HOOK_URL: hook.url });
      expect(hook.requests).toHaveLength(1);
    });
  });

  it('forget nothing worse than what they have told when their file is broken or can not be written', async () => {
    await workspace.run(['backup'], AWAY);
    await writeFile(join(workspace.folder, 'state/test-alerts.json'), '{"half');
    await workspace.run(['backup'], AWAY);
    expect(heardBy(hook)).toHaveLength(2);
    await configure({ webhook: { url: hook.url }, stateFolder: './holdfast.yaml/state' });
    const finished = await workspace.run(['backup'], AWAY);
    expect(finished).toMatchObject({
      status: 75,
      stderr: expect.stringContaining('could not be remembered'),
    });
    expect(heardBy(hook)).toHaveLength(3);
  });

  it('reach a program and sendmail, without our secrets in their environment', async () => {
    for (const name of ['pager', 'sendmail']) {
      const path = join(workspace.folder, name);
      await writeFile(path, `#!/bin/sh\ncat > '${path}.input'\nenv > '${path}.env'\n`);
      await chmod(path, 0o755);
    }
    const secrets = {
      PGPASSWORD: PASSWORD,
      AWS_SECRET_ACCESS_KEY: PASSWORD,
      HOLDFAST_PASSPHRASE: PASSWORD,
      CLINIC_PW: PASSWORD,
      PAGER_TEAM: 'blue',
    };
    await configure(
      {
        command: [join(workspace.folder, 'pager')],
        email: { to: ['ada@example.org'], from: 'holdfast@example.org' },
      },
      { databases: { clinic: { host: '/nonexistent', user: 'me', passwordEnv: 'CLINIC_PW' } } },
    );
    const finished = await workspace.run(['backup'], {
      ...secrets,
      PATH: `${workspace.folder}:${process.env.PATH}`,
    });
    expect(finished.stderr).not.toContain('warning:');
    const read = (name: string) => readFile(join(workspace.folder, name), 'utf8');
    expect(JSON.parse(await read('pager.input'))).toMatchObject({
      severity: 'critical',
      host: expect.stringMatching(/\w/),
    });
    expect(await read('sendmail.input')).toContain(
      'Subject: [holdfast test] CRITICAL clinic/nightly: backup failed',
    );
    for (const name of ['pager.env', 'sendmail.env']) {
      expect(await read(name)).toContain('PAGER_TEAM=blue');
      expect(await read(name)).not.toContain(PASSWORD);
    }
  });

  it('leave the heartbeat to good backups and good checks', async () => {
    const pulse = await startHook();
    const beats = () => pulse.requests.splice(0).map(({ method }) => method);
    await configure(null, { heartbeatUrl: pulse.url });
    await workspace.run(['backup'], AWAY);
    await workspace.run(['check']);
    expect(beats()).toEqual([]);
    await workspace.run(['backup']);
    expect(beats()).toEqual(['GET']);
    await workspace.run(['check']);
    expect(beats()).toEqual(['GET']);
    await workspace.run(['list']);
    expect(beats()).toEqual([]);
    await pulse.stop();
  });
});

describe('alerts of a backup with patients in its mouth', () => {
  let scene: Scene;
  let hook: Hook;

  const configure = () =>
    writeConfig(scene.workspace, {
      databases: { ward: { fromEnvironment: true } },
      plans: { nightly: {} },
      alerts: { webhook: { url: hook.url }, stateFolder: './state' },
    });

  beforeEach(async () => {
    hook = await startHook();
  });

  afterEach(async () => {
    await hook.stop();
    await scene.remove();
  });

  it('hold no row, no password and not their own address', async () => {
    scene = await setScene();
    await configure();
    const { folder } = scene.workspace;
    const directory = await makeShortPgDump({
      tools: inject('postgres').tools,
      folder,
      keep: 'size / 2',
      exitStatus: 1,
    });
    const failed = await scene.workspace.run(['backup'], { HOLDFAST_POSTGRES_BIN: directory });
    expect(heardBy(hook)).toEqual(['problem ward/nightly: backup failed (DUMP_FAILED)']);
    hook.answers(500);
    const unheard = await scene.workspace.run(['check']);
    const state = await readFile(join(folder, 'state/test-alerts.json'), 'utf8');
    const everything = [
      ...hook.requests.map(({ body }) => body),
      state,
      failed.stderr,
      unheard.stderr,
    ].join('\n');
    for (const secret of [CANARY, PASSWORD, hook.url, 'secret-of-the-hook'])
      expect(everything).not.toContain(secret);
  });

  it.each([
    ['SIGINT', []],
    ['SIGTERM', ['problem ward/nightly: backup failed (INTERRUPTED)']],
  ] as const)('are not told of a run that is skipped, and of one that %s stops: %j', async (signal, told) => {
    scene = await setScene({ holdAfterBytes: 1_000_000 });
    await configure();
    const { running } = await startHeldBackup(scene);
    expect(await scene.workspace.run(['backup'])).toMatchObject({ status: 3 });
    expect(heardBy(hook)).toEqual([]);
    running.child.kill(signal);
    expect(await running.finished).toMatchObject({ status: 75 });
    expect(heardBy(hook)).toEqual(told);
  });
});
