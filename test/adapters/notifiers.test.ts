import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { CommandNotifier } from '../../engine/adapters/command-notifier.ts';
import { EmailNotifier, type EmailOptions } from '../../engine/adapters/email-notifier.ts';
import { HttpHeartbeat } from '../../engine/adapters/http-heartbeat.ts';
import { WebhookNotifier } from '../../engine/adapters/webhook-notifier.ts';
import { alertMessage } from '../../engine/domain/alert-message.ts';
import { FORMAT_OF } from '../../engine/domain/webhook/formats.ts';
import { isHoldfastError } from '../../engine/errors.ts';
import { type Hook, startHook } from '../fixtures/hook.ts';
import {
  type SmtpServer,
  type SmtpServerOptions,
  startSmtpServer,
} from '../fixtures/smtp-server.ts';

const SINCE = new Date('2026-11-22T04:00:00Z');
const ALERT = {
  key: 'k',
  kind: 'problem',
  severity: 'critical',
  title: 'clinic/nightly: late – spät',
  detail: 'old',
  since: SINCE,
  hint: null,
} as const;
const MESSAGE = alertMessage([ALERT], {
  project: 'ward',
  host: 'vm',
  config: '/srv/holdfast.yaml',
  at: SINCE,
  open: [],
});
const QUICK = { pauseMs: 1 };
const NOBODY = 'http://127.0.0.1:1/secret-of-the-hook';

/** The message of a failure that names what failed and no address. */
async function failureOf(delivery: Promise<void>): Promise<string> {
  const error: unknown = await delivery.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!isHoldfastError(error, 'ALERT_FAILED')) throw error ?? new Error('it was delivered');
  expect(error.message).not.toMatch(/secret-of-the-hook|127\.0\.0\.1|http:/);
  return error.message;
}

describe('a webhook', () => {
  let hook: Hook;
  const notifier = (url = hook.url, timeoutMs = 10_000) =>
    new WebhookNotifier({ target: () => ({ url }), format: FORMAT_OF.json, timeoutMs, ...QUICK });

  beforeEach(async () => {
    hook = await startHook();
  });
  afterEach(() => hook.stop());

  it('gets the message as JSON, with the text that chat programs show', async () => {
    await notifier().deliver(MESSAGE);
    expect(hook.requests).toMatchObject([{ method: 'POST', path: '/T0/secret-of-the-hook' }]);
    expect(JSON.parse(hook.requests[0]?.body ?? '')).toEqual(JSON.parse(JSON.stringify(MESSAGE)));
    expect(JSON.parse(hook.requests[0]?.body ?? '')).toMatchObject({
      text: expect.stringContaining('spät'),
      severity: 'critical',
    });
  });

  it.each([
    [500],
    [503],
    [429],
  ])('that answers %i and then 200 has it after all', async (status) => {
    hook.answers(status, status, 200);
    await notifier().deliver(MESSAGE);
    expect(hook.requests).toHaveLength(3);
  });

  it('is tried three times and no more', async () => {
    hook.answers(500);
    expect(await failureOf(notifier().deliver(MESSAGE))).toBe(
      'an alert could not be delivered to the webhook: HTTP 500',
    );
    expect(hook.requests).toHaveLength(3);
  });

  it.each([[404], [302]])('that answers %i is not tried again', async (status) => {
    hook.answers(status);
    expect(await failureOf(notifier().deliver(MESSAGE))).toContain(`HTTP ${status}`);
    expect(hook.requests).toHaveLength(1);
  });

  it('that never answers is given up', async () => {
    hook.answers('never');
    expect(await failureOf(notifier(hook.url, 100).deliver(MESSAGE))).toContain(
      'no answer within 0.1 s',
    );
    expect(hook.requests).toHaveLength(3);
  });

  it('that is down or no URL at all fails without naming it', async () => {
    expect(await failureOf(notifier(NOBODY).deliver(MESSAGE))).toMatch(/webhook: \w/);
    expect(await failureOf(notifier('secret-of-the-hook').deliver(MESSAGE))).toContain(
      'its URL is none',
    );
  });

  it('whose URL has a login in it gets the login in a header', async () => {
    await notifier(hook.url.replace('//', '//me:p%40ss@')).deliver(MESSAGE);
    expect(hook.requests).toMatchObject([
      { authorization: `Basic ${Buffer.from('me:p@ss').toString('base64')}` },
    ]);
  });
});

it.each([
  'me:100%@',
  '%zz@',
])('a login of %s in a URL is said to be badly written, and nothing is sent', async (login) => {
  const url = `http://${login}127.0.0.1:1/secret-of-the-hook`;
  const said = 'the login in its URL has a percent sign that is not written as %25';
  expect(
    await failureOf(
      new WebhookNotifier({
        target: () => ({ url }),
        format: FORMAT_OF.json,
        ...QUICK,
      }).deliver(MESSAGE),
    ),
  ).toContain(said);
  expect(await failureOf(new HttpHeartbeat({ url, ...QUICK }).beat())).toContain(said);
});

describe('a heartbeat', () => {
  it('is one GET, and goes where it is sent on', async () => {
    const hook = await startHook();
    hook.answers(302, 500, 200);
    await new HttpHeartbeat({ url: hook.url, ...QUICK }).beat();
    expect(hook.requests.map(({ method, path }) => `${method} ${path}`)).toEqual([
      'GET /T0/secret-of-the-hook',
      'GET /elsewhere',
      'GET /T0/secret-of-the-hook',
    ]);
    await hook.stop();
    expect(await failureOf(new HttpHeartbeat({ url: NOBODY, ...QUICK }).beat())).toMatch(
      /^the heartbeat could not be sent: \w/,
    );
  });
});

describe('an e-mail', () => {
  let server: SmtpServer | undefined;

  afterEach(() => server?.stop());

  const send = async (
    options: Partial<EmailOptions> = {},
    serverOptions: SmtpServerOptions = {},
    user = '',
  ) => {
    server = await startSmtpServer(serverOptions);
    const smtp = `smtp://${user}127.0.0.1:${server.port}`;
    const to = ['ada@example.org', 'pager@example.org'];
    await new EmailNotifier({
      to,
      from: 'holdfast@example.org',
      smtp,
      password: () => undefined,
      env: {},
      ...QUICK,
      ...options,
    }).deliver(MESSAGE);
    return server.mails;
  };

  it('goes through an SMTP server to everybody, as text', async () => {
    const mails = await send();
    expect(mails).toMatchObject([
      {
        from: '<holdfast@example.org>',
        to: ['<ada@example.org>', '<pager@example.org>'],
        login: [],
      },
    ]);
    expect(mails[0]?.text).toContain('Auto-Submitted: auto-generated');
    expect(mails[0]?.text).toContain('holdfast check --config /srv/holdfast.yaml');
    expect(mails[0]?.text).toContain(
      'Subject: =?UTF-8?Q?=5Bholdfast_ward=5D_CRITICAL_clinic/nigh?=',
    );
  });

  it('logs in where the config names a user', async () => {
    const mails = await send({ password: () => 'p@ss' }, { hasAuth: true }, 'me%40example.org@');
    expect(mails).toMatchObject([{ login: ['me@example.org', 'p@ss'] }]);
  });

  it('is tried again when the server is busy, and not when it refuses', async () => {
    expect(
      await send({ to: ['ada@example.org'] }, { refusals: ['451 later', '451 later'] }),
    ).toHaveLength(1);
    await server?.stop();
    const refused = send(
      { to: ['ada@example.org'] },
      { refusals: ['550 ada@example.org who?', '550 who?'] },
    );
    expect(await failureOf(refused.then(() => undefined))).toBe(
      'an alert could not be sent by e-mail: the server answered 550',
    );
  });

  it('fails without an address when nobody listens', async () => {
    expect(await failureOf(send({ smtp: 'smtp://127.0.0.1:1' }).then(() => undefined))).toMatch(
      /the server can not be used \(\w+\)$/,
    );
  });

  it('gives a password to no other machine without TLS', async () => {
    server = await startSmtpServer({ hasAuth: true, host: '127.1.1.1' });
    const smtp = `smtp://me@127.1.1.1:${server.port}`;
    const notifier = new EmailNotifier({
      to: ['a@b.org'],
      from: 'c@d.org',
      smtp,
      password: () => 'p@ss',
      env: {},
      ...QUICK,
    });
    expect(await failureOf(notifier.deliver(MESSAGE))).toMatch(
      /the server (answered 502|can not be used \(ETLS\))/,
    );
    expect(server.commands.filter((line) => line.startsWith('EHLO')).length).toBeGreaterThan(0);
    expect(server.commands.filter((line) => line.startsWith('AUTH'))).toEqual([]);
  });
});

describe('a program', () => {
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'hf-notify-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const program = async (name: string, script: string) => {
    const path = join(folder, name);
    await writeFile(path, `#!/bin/sh\n${script}\n`);
    await chmod(path, 0o755);
    return path;
  };
  const env = { PATH: '/usr/bin:/bin' };

  it('gets the message on its standard input, its arguments as they stand, and the environment it is given', async () => {
    const path = await program(
      'pager',
      `cat > ${folder}/input; printf '%s\\n' "$@" > ${folder}/arguments; env > ${folder}/env`,
    );
    await new CommandNotifier({ command: [path, '$HOME; ls', 'two words'], env }).deliver(MESSAGE);
    expect(JSON.parse(await readFile(join(folder, 'input'), 'utf8'))).toEqual(
      JSON.parse(JSON.stringify(MESSAGE)),
    );
    expect(await readFile(join(folder, 'arguments'), 'utf8')).toBe('$HOME; ls\ntwo words\n');
    expect(
      (await readFile(join(folder, 'env'), 'utf8'))
        .split('\n')
        .filter((line) => !/^(PATH|PWD|SHLVL|_|OLDPWD)=|^$/.test(line)),
    ).toEqual([]);
  });

  it('that does not read its input is no failure, and one that fails is', async () => {
    await new CommandNotifier({ command: [await program('deaf', 'exit 0')], env }).deliver(MESSAGE);
    const failing = new CommandNotifier({
      command: [await program('failing', 'cat > /dev/null; exit 7')],
      env,
    });
    expect(await failureOf(failing.deliver(MESSAGE))).toBe(
      'an alert could not be given to its command: the program exited with 7',
    );
    const absent = new CommandNotifier({ command: [join(folder, 'absent')], env });
    expect(await failureOf(absent.deliver(MESSAGE))).toContain('could not be started (ENOENT)');
  });

  it('that takes too long is killed with all that it started', async () => {
    const path = await program('sleepy', `sleep 60 & echo $! > ${folder}/pid; wait`);
    expect(
      await failureOf(
        new CommandNotifier({ command: [path], env, timeoutMs: 1_000 }).deliver(MESSAGE),
      ),
    ).toContain('longer than 1 s');
    const pid = Number(await readFile(join(folder, 'pid'), 'utf8'));
    await vi.waitFor(async () =>
      expect(
        (await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => ') Z')).split(') ')[1]?.[0],
      ).toBe('Z'),
    );
  });

  it('of the name sendmail takes the e-mail where the config names no SMTP server', async () => {
    await program('sendmail', `cat > ${folder}/mail; printf '%s\\n' "$@" > ${folder}/arguments`);
    const sendmail = {
      to: ['ada@example.org'],
      from: 'holdfast@example.org',
      smtp: undefined,
      password: () => undefined,
      env: { PATH: `${folder}:/usr/bin:/bin` },
    };
    await new EmailNotifier(sendmail).deliver(MESSAGE);
    expect(await readFile(join(folder, 'arguments'), 'utf8')).toBe(
      '-i\n-f\nholdfast@example.org\n--\nada@example.org\n',
    );
    const mail = await readFile(join(folder, 'mail'), 'utf8');
    expect(mail).toContain('To: ada@example.org');
    expect(mail).not.toContain('\r');
  });
});
