import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer as createTlsServer } from 'node:tls';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { EmailNotifier } from '../../engine/adapters/email-notifier.ts';
import { HttpHeartbeat } from '../../engine/adapters/http-heartbeat.ts';
import { makeS3Client } from '../../engine/adapters/s3-client.ts';
import { WebhookNotifier } from '../../engine/adapters/webhook-notifier.ts';
import { alertMessage } from '../../engine/domain/alert-message.ts';
import { FORMAT_OF } from '../../engine/domain/webhook/formats.ts';
import { type Certificate, issue, makeAuthority } from '../fixtures/certificates.ts';
import { type Hook, startHook } from '../fixtures/hook.ts';
import { type SmtpServer, startSmtpServer } from '../fixtures/smtp-server.ts';

const AT = new Date('2026-11-22T04:00:00Z');
const MESSAGE = alertMessage([], {
  project: 'ward',
  host: 'vm',
  config: '/srv/holdfast.yaml',
  at: AT,
  open: [],
});
const VARIABLES = ['HOLDFAST_CA', 'AWS_CA_BUNDLE', 'NODE_EXTRA_CA_CERTS'] as const;

describe('a private certificate authority', () => {
  let folder: string;
  let authority: Certificate;
  let tls: { cert: Buffer; key: Buffer };
  let hook: Hook;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'hf-ca-'));
    authority = await makeAuthority(folder, 'authority');
    const { certificate, key } = await issue(authority, {
      folder,
      names: ['DNS:localhost', 'IP:127.0.0.1'],
    });
    tls = { cert: await readFile(certificate), key: await readFile(key) };
    hook = await startHook({ tls });
  });
  afterAll(async () => {
    await hook?.stop();
    await rm(folder, { recursive: true, force: true });
  });
  beforeEach(() => {
    hook.requests.splice(0);
  });

  const webhook = (env: NodeJS.ProcessEnv) =>
    new WebhookNotifier({
      target: () => ({ url: hook.url }),
      format: FORMAT_OF.json,
      env,
      pauseMs: 1,
    });
  const heartbeat = (env: NodeJS.ProcessEnv) =>
    new HttpHeartbeat({ url: hook.url, env, pauseMs: 1 });
  const listBuckets = async (env: NodeJS.ProcessEnv) => {
    const { ListBucketsCommand } = await import('@aws-sdk/client-s3');
    const keys = { AWS_ACCESS_KEY_ID: 'testing', AWS_SECRET_ACCESS_KEY: 'testing' };
    const client = makeS3Client({
      env: { ...keys, AWS_MAX_ATTEMPTS: '1', ...env },
      endpoint: new URL(hook.url).origin,
    });
    await client.send(new ListBucketsCommand({})).catch((error: { code?: string }) => {
      if (error.code !== undefined) throw error;
    });
  };

  it.each(
    VARIABLES,
  )('is trusted by webhook, heartbeat and bucket where %s of the given environment names it', async (variable) => {
    const env = { [variable]: authority.certificate };
    await webhook(env).deliver(MESSAGE);
    await heartbeat(env).beat();
    await listBuckets(env);
    expect(hook.requests.map(({ method }) => method)).toEqual(['POST', 'GET', 'GET']);
  });

  it('is not trusted by anything where nothing names it, and the reason says what names it', async () => {
    await expect(webhook({}).deliver(MESSAGE)).rejects.toMatchObject({
      message: expect.stringMatching(/certificate is not trusted .*ca in the config/),
    });
    await expect(heartbeat({}).beat()).rejects.toMatchObject({ code: 'ALERT_FAILED' });
    await expect(listBuckets({})).rejects.toMatchObject({
      code: expect.stringMatching(/UNABLE_TO|SELF_SIGNED/),
    });
    expect(hook.requests).toEqual([]);
  });

  it('is added to the usual ones and takes none of them away', async () => {
    const { getCACertificates } = await import('node:tls');
    const { authoritiesIn } = await import('../../engine/adapters/tls/authorities.ts');
    const trusted = authoritiesIn({ HOLDFAST_CA: authority.certificate }) ?? [];
    expect(trusted).toEqual(expect.arrayContaining(getCACertificates('default')));
    expect(trusted).toHaveLength(getCACertificates('default').length + 1);
  });

  it.each([
    ['is not there', undefined, 'it does not exist'],
    ['holds no certificate', 'hello\n', 'holds no certificate'],
    [
      'holds a damaged one',
      '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n',
      'holds a damaged certificate',
    ],
  ])('whose file %s is an error that names file and setting', async (_what, text, said) => {
    const path = join(folder, `bad-${String(text?.length)}.pem`);
    if (text !== undefined) await writeFile(path, text);
    const env = { HOLDFAST_CA: path };
    const failure = { message: expect.stringContaining(said) };
    await expect(webhook(env).deliver(MESSAGE)).rejects.toMatchObject(failure);
    await expect(heartbeat(env).beat()).rejects.toMatchObject(failure);
    expect(() => makeS3Client({ env })).toThrow(said);
    expect(() => makeS3Client({ env })).toThrow(/ca or HOLDFAST_CA/);
  });

  it('is trusted by SMTP over TLS, and only where it is named', async () => {
    const smtp: SmtpServer = await startSmtpServer();
    const front = createTlsServer(tls, (socket) => {
      const inner = connect(smtp.port, '127.0.0.1');
      socket.pipe(inner).pipe(socket);
      for (const one of [socket, inner]) one.on('error', () => undefined);
    });
    await new Promise<void>((resolve) => front.listen(0, '127.0.0.1', resolve));
    const { port } = front.address() as AddressInfo;
    const mail = (authorities: NodeJS.ProcessEnv) =>
      new EmailNotifier({
        to: ['dba@example.com'],
        from: 'holdfast@example.com',
        smtp: `smtps://127.0.0.1:${port}`,
        password: () => undefined,
        env: {},
        authorities,
        pauseMs: 1,
      });
    await expect(mail({}).deliver(MESSAGE)).rejects.toMatchObject({ code: 'ALERT_FAILED' });
    await mail({ HOLDFAST_CA: authority.certificate }).deliver(MESSAGE);
    expect(smtp.mails).toHaveLength(1);
    front.close();
    await smtp.stop();
  });

  it('is trusted through the proxy that the environment names', async () => {
    const asked: string[] = [];
    const proxy: Server = createServer().on('connect', (request, socket) => {
      asked.push(request.url ?? '');
      const { port } = new URL(hook.url);
      const inner = connect(Number(port), '127.0.0.1', () => {
        socket.write('HTTP/1.1 200 Connection Established\r\n\r\n');
        socket.pipe(inner).pipe(socket);
      });
      for (const one of [socket, inner]) one.on('error', () => undefined);
    });
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    const HTTPS_PROXY = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
    const env = { HTTPS_PROXY, HOLDFAST_CA: authority.certificate };
    await webhook(env).deliver(MESSAGE);
    await webhook({ ...env, NO_PROXY: '127.0.0.1' }).deliver(MESSAGE);
    proxy.closeAllConnections();
    proxy.close();
    expect(asked).toEqual([new URL(hook.url).host]);
    expect(hook.requests).toHaveLength(2);
  });
});
