import { access, constants } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import type { SendMailOptions } from 'nodemailer';
import type { AlertMessage } from '../domain/alert-message.ts';
import type { Notifier } from '../ports/notifier.ts';
import { alertFailed, inThreeTries, Undelivered } from './delivery.ts';
import { feedProgram } from './feed-program.ts';
import { sendBySmtp } from './smtp-try.ts';

export interface EmailOptions {
  to: readonly string[];
  from: string;
  /** smtp:// or smtps://, perhaps with a user; undefined for the sendmail program. */
  smtp: string | undefined;
  /** Of the SMTP user. @throws Undelivered where the environment does not have it. */
  password: () => string | undefined;
  /** Without our secrets; for sendmail. */
  env: NodeJS.ProcessEnv;
  /** Names files of certificate authorities; the process's own unless given. */
  authorities?: NodeJS.ProcessEnv | undefined;
  timeoutMs?: number;
  /** Before the second try. */
  pauseMs?: number;
}

/** Sends the message as plain text, through an SMTP server or the sendmail program of this machine. */
export class EmailNotifier implements Notifier {
  readonly channel = 'email';
  readonly #options: EmailOptions & { timeoutMs: number; pauseMs: number };

  constructor(options: EmailOptions) {
    this.#options = { timeoutMs: 10_000, pauseMs: 500, ...options };
  }

  async deliver({ subject, text, severity, id, thread }: AlertMessage): Promise<void> {
    const { to, from, pauseMs } = this.#options;
    const headers = { 'Auto-Submitted': 'auto-generated', 'X-Holdfast-Severity': severity };
    const answers = thread === id ? {} : { inReplyTo: `<${thread}>`, references: `<${thread}>` };
    const message = { messageId: `<${id}>`, ...answers, subject, text, headers };
    const mail = { to: [...to], from, ...message };
    await inThreeTries(() => this.#send(mail), { pauseMs }).catch((error: unknown) => {
      throw alertFailed(this.channel, error);
    });
  }

  async #send(mail: SendMailOptions): Promise<void> {
    const { smtp, password, timeoutMs, authorities: env } = this.#options;
    if (smtp === undefined) await this.#handToSendmail(mail);
    else await sendBySmtp(mail, { server: new URL(smtp), password: password(), timeoutMs, env });
  }

  async #handToSendmail(mail: SendMailOptions): Promise<void> {
    const { to, from, env, timeoutMs } = this.#options;
    const { createTransport } = await import('nodemailer');
    const { message } = await createTransport({
      streamTransport: true,
      buffer: true,
      newline: 'unix',
    }).sendMail(mail);
    const command = [await findSendmail(env.PATH), '-i', '-f', from, '--', ...to];
    await feedProgram({ command, input: message as Buffer, env, timeoutMs: 3 * timeoutMs });
  }
}

/** Cron's PATH has no sbin, where it usually lies. */
async function findSendmail(path = ''): Promise<string> {
  for (const directory of [...path.split(delimiter), '/usr/sbin', '/usr/lib', '/usr/local/sbin']) {
    if (directory === '') continue;
    const program = join(directory, 'sendmail');
    const isThere = await access(program, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (isThere) return program;
  }
  throw new Undelivered('this machine has no sendmail program; set alerts.email.smtp', {
    isPassing: false,
  });
}
