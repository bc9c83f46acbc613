import { chmod, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { issue, makeAuthority } from '../fixtures/certificates.ts';
import { writeConfig } from '../fixtures/config.ts';
import { readDocument, sectionOf } from '../fixtures/document.ts';
import { makeWorkspace, type Workspace } from '../fixtures/holdfast.ts';
import { type Hook, startHook } from '../fixtures/hook.ts';
import { compareWithPromise, promisedFields } from '../fixtures/promised-fields.ts';
import { type SmtpServer, startSmtpServer } from '../fixtures/smtp-server.ts';

describe('holdfast test-alert', () => {
  let workspace: Workspace;
  let hook: Hook;
  let mail: SmtpServer;

  const configure = (parts: object) =>
    writeConfig(workspace, {
      databases: { clinic: { fromEnvironment: true } },
      plans: { nightly: {} },
      ...parts,
    });

  beforeEach(async () => {
    [hook, mail] = [await startHook(), await startSmtpServer()];
    workspace = await makeWorkspace({ databaseUrl: 'postgresql:///clinic?host=/nonexistent' });
    const pager = join(workspace.folder, 'pager');
    await writeFile(pager, `#!/bin/sh\ncat > '${pager}.input'\n`);
    await chmod(pager, 0o755);
    await configure({
      alerts: {
        stateFolder: './state',
        email: {
          to: ['ada@example.org'],
          from: 'holdfast@example.org',
          smtp: `smtp://127.0.0.1:${mail.port}`,
        },
        webhook: { urlEnv: 'HOOK_URL' },
        command: [pager, 'secret-argument'],
      },
    });
  });

  afterEach(async () => {
    await Promise.all([hook.stop(), mail.stop()]);
    await workspace.remove();
  });

  it('trusts the authority of the config, and the one of an env file', async () => {
    const authority = await makeAuthority(workspace.folder, 'authority');
    const issued = await issue(authority, { folder: workspace.folder, names: ['IP:127.0.0.1'] });
    const secret = await startHook({
      tls: { cert: await readFile(issued.certificate), key: await readFile(issued.key) },
    });
    const alerts = { stateFolder: './state', webhook: { url: secret.url } };
    await configure({ alerts });
    expect(await workspace.run(['test-alert'])).toMatchObject({ status: 1 });
    const envFile = join(workspace.folder, 'run.env');
    await writeFile(envFile, `NODE_EXTRA_CA_CERTS=${authority.certificate}\n`);
    const fromFile = await workspace.run(['test-alert', '--env-file', envFile]);
    expect(fromFile, fromFile.stderr).toMatchObject({ status: 0 });
    await configure({ alerts, ca: './authority.crt' });
    const fromConfig = await workspace.run(['test-alert']);
    expect(fromConfig, fromConfig.stderr).toMatchObject({ status: 0 });
    await secret.stop();
    expect(secret.requests).toHaveLength(2);
  });

  it('sends a test through every channel and says where each went', async () => {
    const finished = await workspace.run(['test-alert'], { HOOK_URL: hook.url });
    expect(finished).toMatchObject({ status: 0, stderr: '' });
    expect(finished.stdout.trim().split('\n')).toEqual([
      `email: delivered to ada@example.org through 127.0.0.1:${mail.port}`,
      `webhook: delivered to ${new URL(hook.url).host}`,
      `command: delivered to ${join(workspace.folder, 'pager')}`,
    ]);
    const test = {
      severity: 'critical',
      subject: '[holdfast test] CRITICAL TEST: nothing is wrong',
    };
    const [request] = hook.requests;
    const input = await readFile(join(workspace.folder, 'pager.input'), 'utf8');
    expect([request?.body ?? '', input].map((text) => JSON.parse(text))).toMatchObject([
      test,
      test,
    ]);
    expect(mail.mails[0]?.text).toContain(`Subject: ${test.subject}`);
    expect(await readdir(workspace.folder)).not.toContain('state');
  });

  it('takes the routing key of PagerDuty from the environment, and shows it nowhere', async () => {
    const key = 'e93facc04764012d7bfb002500d5d1a6';
    const webhook = { format: 'pagerduty', url: hook.url, routingKeyEnv: 'PAGERDUTY_KEY' };
    await configure({ alerts: { stateFolder: './state', webhook } });
    const missing = await workspace.run(['test-alert']);
    expect(missing.stdout).toContain(
      'the environment has no PAGERDUTY_KEY, which alerts.webhook.routingKeyEnv names',
    );
    const finished = await workspace.run(['test-alert'], { PAGERDUTY_KEY: key });
    expect(finished).toMatchObject({ status: 0, stderr: '' });
    expect(hook.requests.map(({ body }) => JSON.parse(body) as object)).toMatchObject([
      { routing_key: key, event_action: 'trigger', payload: { severity: 'critical' } },
    ]);
    expect(finished.stdout).not.toContain(key);
    hook.answers(400);
    const refused = await workspace.run(['test-alert'], { PAGERDUTY_KEY: key });
    expect(refused.stdout).toContain('HTTP 400');
    expect(`${refused.stdout}${refused.stderr}`).not.toContain(key);
  });

  it('exits with 1 and says why where a channel did not take it, and tries the others', async () => {
    hook.answers(404);
    const finished = await workspace.run(['test-alert', '--json'], { HOOK_URL: hook.url });
    expect(finished.status).toBe(1);
    const result = JSON.parse(finished.stdout) as object;
    expect(result).toMatchObject({
      isWell: false,
      channels: [
        { channel: 'email', isDelivered: true, problem: null },
        { channel: 'webhook', isDelivered: false, problem: expect.stringContaining('HTTP 404') },
        { channel: 'command', isDelivered: true, problem: null },
      ],
    });
    expect(finished.stdout).not.toMatch(/secret/);
    const promise = promisedFields(
      sectionOf(await readDocument('docs/SCRIPTING.md'), '### test-alert'),
    );
    expect(compareWithPromise(result, promise).complaints).toEqual([]);
  });

  it('names the variable where the URL of the webhook is missing', async () => {
    const finished = await workspace.run(['test-alert']);
    expect(finished.status).toBe(1);
    expect(finished.stdout).toMatch(
      /webhook: NOT delivered to the URL in HOOK_URL: .*the environment has no HOOK_URL/,
    );
  });

  it('exits with 1 where no alerts are configured, and its hint is a config that works', async () => {
    await configure({});
    const silent = await workspace.run(['test-alert', '--json']);
    expect(silent).toMatchObject({ status: 1, stdout: '' });
    const { code, hint } = silent.error() as { code: string; hint: string };
    expect(code).toBe('ALERT_FAILED');
    const path = join(workspace.folder, 'holdfast.yaml');
    expect(hint).toContain(path);
    const [, line = ''] = /`(alerts: [^`]+)`/.exec(hint) ?? [];
    await writeFile(path, `${await readFile(path, 'utf8')}${line}\n`);
    const sendmail = join(workspace.folder, 'sendmail');
    await writeFile(sendmail, `#!/bin/sh\ncat > '${sendmail}.input'\n`);
    await chmod(sendmail, 0o755);
    const PATH = `${workspace.folder}:${process.env.PATH}`;
    expect(await workspace.run(['test-alert'], { PATH })).toMatchObject({
      status: 0,
      stdout: 'email: delivered to you@example.org through sendmail\n',
    });
    expect(await readFile(`${sendmail}.input`, 'utf8')).toContain('TEST: nothing is wrong');
  });
});
