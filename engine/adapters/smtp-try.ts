import type { SendMailOptions } from 'nodemailer';
import type { Options } from 'nodemailer/lib/smtp-transport/index.js';
import { isHoldfastError } from '../errors.ts';
import { decodedPart, Undelivered } from './delivery.ts';
import { authoritiesIn } from './tls/authorities.ts';

export interface SmtpTry {
  server: URL;
  password: string | undefined;
  timeoutMs: number;
  /** Of certificate authorities. */
  env?: NodeJS.ProcessEnv | undefined;
}

/** Hands one mail to an SMTP server. @throws Undelivered. */
export async function sendBySmtp(mail: SendMailOptions, smtp: SmtpTry): Promise<void> {
  const { createTransport } = await import('nodemailer');
  const transport = createTransport(transportOf(smtp));
  try {
    await transport.sendMail(mail);
  } catch (error) {
    throw undelivered(error);
  } finally {
    transport.close();
  }
}

/**
 * A password travels only over TLS that was verified, or within this machine. Without one TLS is taken where the server offers it,
 * whoever signed its certificate: the other choice would be none.
 */
function transportOf({ server, password, timeoutMs, env = process.env }: SmtpTry): Options {
  const secure = server.protocol === 'smtps:';
  const isHere = ['localhost', '127.0.0.1', '[::1]'].includes(server.hostname);
  const user = decodedPart(server.username);
  const isOpportunistic = !secure && password === undefined;
  return {
    host: server.hostname.replace(/^\[|\]$/g, ''),
    port:
      server.port === '' ? (secure ? 465 : password === undefined ? 25 : 587) : Number(server.port),
    secure,
    ignoreTLS: !secure && isHere,
    requireTLS: !secure && !isHere && password !== undefined,
    tls: { rejectUnauthorized: !isOpportunistic, ...authoritiesFor(env) },
    ...(password === undefined ? {} : { auth: { user, pass: password } }),
    connectionTimeout: timeoutMs,
    greetingTimeout: timeoutMs,
    socketTimeout: timeoutMs,
    dnsTimeout: timeoutMs,
  };
}

/** @throws Undelivered */
function authoritiesFor(env: NodeJS.ProcessEnv): { ca?: string[] } {
  try {
    const ca = authoritiesIn(env);
    return ca === undefined ? {} : { ca };
  } catch (error) {
    if (!isHoldfastError(error)) throw error;
    throw new Undelivered(error.message, { isPassing: false });
  }
}

/** What the server said may quote an address or a login; its status and our code do not. */
function undelivered(error: unknown): Undelivered {
  const { responseCode, code } = error as { responseCode?: number; code?: string };
  if (responseCode !== undefined) {
    return new Undelivered(`the server answered ${responseCode}`, {
      isPassing: responseCode >= 400 && responseCode < 500,
    });
  }
  return new Undelivered(`the server can not be used (${code ?? 'unknown reason'})`, {
    isPassing: code !== 'EAUTH' && code !== 'ETLS',
  });
}
