import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AlertStateFile } from '../../engine/adapters/alert-state-file.ts';
import { EmailNotifier } from '../../engine/adapters/email-notifier.ts';
import { runKey } from '../../engine/domain/alert-key.ts';
import type { Problem } from '../../engine/domain/alerts.ts';
import { tell } from '../../engine/operations/tell.ts';
import { type SmtpServer, startSmtpServer } from '../fixtures/smtp-server.ts';

const BEGIN = Date.parse('2026-11-22T04:00:00Z');

function failed(database: string, severity: Problem['severity'] = 'critical'): Problem {
  return {
    key: runKey({ operation: 'backup', plan: 'nightly', database }),
    severity,
    title: `${database}/nightly: backup failed (CONNECTION_FAILED)`,
    detail: 'the server does not answer',
    since: null,
    hint: null,
  };
}

interface Mail {
  id: string | undefined;
  answers: string | undefined;
  references: string | undefined;
  subject: string | undefined;
}

describe('mails about one problem', () => {
  let server: SmtpServer;
  let folder: string;

  beforeEach(async () => {
    server = await startSmtpServer();
    folder = await mkdtemp(join(tmpdir(), 'hf-mails-'));
  });
  afterEach(async () => {
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  });

  /** One run an hour after the other, each with what it sees; every run reads the state anew. */
  async function mailsOf(runs: readonly (readonly Problem[])[], host = 'vm.example.org') {
    for (const [index, problems] of runs.entries()) {
      const notifier = new EmailNotifier({
        to: ['ada@example.org'],
        from: 'holdfast@example.org',
        smtp: `smtp://127.0.0.1:${server.port}`,
        password: () => undefined,
        env: {},
      });
      const alerting = {
        notifiers: [notifier],
        memory: new AlertStateFile(join(folder, 'alerts.json')),
        coolDownSeconds: 60,
        origin: { project: 'ward', host, config: '/srv/holdfast.yaml' },
      };
      const at = new Date(BEGIN + index * 3_600_000);
      expect(await tell(alerting, { at, problems, wouldSee: () => true })).toEqual([]);
    }
    return server.mails.map(({ text }): Mail => {
      const headers = text.split(/\r?\n\r?\n/)[0]?.replaceAll(/\r?\n[ \t]+/g, ' ') ?? '';
      const header = (name: string) =>
        new RegExp(`^${name}: (.*)$`, 'im').exec(headers)?.[1]?.trim();
      return {
        id: header('Message-ID'),
        answers: header('In-Reply-To'),
        references: header('References'),
        subject: header('Subject'),
      };
    });
  }

  it('are one conversation: repeats and the end answer the first, under the same title', async () => {
    const [first, again, worse, over, ...others] = await mailsOf([
      [failed('clinic', 'warning')],
      [failed('clinic', 'warning')],
      [failed('clinic')],
      [],
      [],
    ]);
    expect(others).toEqual([]);
    expect(first?.id).toMatch(/^<[\w.]+@vm\.example\.org>$/);
    expect(first).toMatchObject({ answers: undefined, references: undefined });
    for (const mail of [again, worse, over])
      expect(mail).toMatchObject({ answers: first?.id, references: first?.id });
    expect(new Set([first, again, worse, over].map((mail) => mail?.id)).size).toBe(4);
    for (const mail of [first, again, worse, over])
      expect(mail?.subject).toContain('clinic/nightly: backup failed (CONNECTION_FAILED)');
  });

  it('begin a new conversation after its end', async () => {
    const [first, , second, end] = await mailsOf([[failed('clinic')], [], [failed('clinic')], []]);
    expect(second).toMatchObject({ answers: undefined });
    expect(end).toMatchObject({ answers: second?.id });
    expect(second?.id).not.toBe(first?.id);
  });

  it('stay in the conversation in which a second problem was told with the first', async () => {
    const [first, both, one, other] = await mailsOf([
      [failed('clinic')],
      [failed('clinic'), failed('ward')],
      [failed('ward')],
      [],
    ]);
    for (const mail of [both, one, other]) expect(mail).toMatchObject({ answers: first?.id });
  });

  it('have ids that a mail may have, whatever the machine is called', async () => {
    const [mail] = await mailsOf([[failed('clinic')]], '.a b..\u{e4}"@x.');
    expect(mail?.id).toMatch(/^<[\w.]+@[A-Za-z0-9](?:[A-Za-z0-9-]|\.(?=[A-Za-z0-9-]))*>$/);
  });
});
