import { type AddressInfo, createServer, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { findKmsKey } from '../../engine/adapters/kms-key.ts';
import { roleSession } from '../../engine/adapters/role-session.ts';
import { SecretLogin } from '../../engine/adapters/secret-login.ts';
import { SnsNotifier } from '../../engine/adapters/sns-notifier.ts';

const KEYS = { AWS_ACCESS_KEY_ID: 'key', AWS_SECRET_ACCESS_KEY: 'secret', AWS_REGION: 'us-east-1' };
const TOPIC = 'arn:aws:sns:us-east-1:123456789012:alerts';
const ROLE = 'arn:aws:iam::123456789012:role/vault';
const REQUEST_TIMEOUT_MS = 50;

/** The first words of an answer that never goes on. */
const HEAD =
  'HTTP/1.1 200 OK\r\ncontent-type: application/x-amz-json-1.1\r\ncontent-length: 500\r\n\r\n{';

const MESSAGE = {
  schemaVersion: 1,
  id: 'id',
  thread: 'id',
  at: new Date(),
  subject: 'a backup failed',
  text: 'a backup failed',
  severity: 'critical',
  alerts: [],
  open: [],
  command: 'holdfast check',
  project: 'clinic',
  host: 'here',
  config: 'holdfast.yaml',
} as const;

type Ask = (env: Record<string, string>) => Promise<unknown>;

const SERVICES: Record<string, { ask: Ask; code: string; names: string }> = {
  KMS: {
    ask: (env) => findKmsKey('alias/backups', { env, requestTimeoutMs: REQUEST_TIMEOUT_MS }),
    code: 'KEY_UNUSABLE',
    names: 'KMS did not answer kms:DescribeKey for alias/backups',
  },
  SNS: {
    ask: (env) =>
      new SnsNotifier({
        channel: 'critical',
        topic: TOPIC,
        leastSeverity: 'warning',
        env,
        requestTimeoutMs: REQUEST_TIMEOUT_MS,
      }).deliver(MESSAGE),
    code: 'ALERT_FAILED',
    names: `sns:Publish failed for ${TOPIC}`,
  },
  STS: {
    ask: (env) =>
      roleSession({
        role: ROLE,
        name: 'drill',
        policy: '{}',
        env,
        requestTimeoutMs: REQUEST_TIMEOUT_MS,
      })(),
    code: 'SERVICE_FAILED',
    names: `sts:AssumeRole failed for ${ROLE}`,
  },
  'Secrets Manager': {
    ask: (env) =>
      new SecretLogin({
        secret: 'clinic/backup',
        region: 'us-east-1',
        env,
        requestTimeoutMs: REQUEST_TIMEOUT_MS,
      }).current(),
    code: 'CONNECTION_FAILED',
    names: 'secret clinic/backup could not be asked for',
  },
};

describe('a service of AWS that has died', () => {
  let stop: () => void = () => undefined;
  let connections = 0;

  /** A server that accepts every connection, and says no more than this. */
  async function startDeadServer(words: string): Promise<Record<string, string>> {
    const sockets = new Set<Socket>();
    connections = 0;
    const server = createServer((socket) => {
      connections += 1;
      sockets.add(socket.on('error', () => undefined));
      socket.once('data', () => socket.write(words));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    stop = () => {
      for (const socket of sockets) socket.destroy();
      server.close();
    };
    const { port } = server.address() as AddressInfo;
    return { ...KEYS, AWS_ENDPOINT_URL: `http://127.0.0.1:${port}` };
  }

  afterEach(() => stop());

  it.each(
    Object.entries(SERVICES).flatMap(([service, given]) =>
      [
        ['answers nothing', ''],
        ['stops in the midst of its answer', HEAD],
      ].map(([what = '', words = '']) => ({ service, what, words, ...given })),
    ),
  )('is named by the error, which may pass, and given up ($service $what)', async (scene) => {
    const env = await startDeadServer(scene.words);
    const failure = await scene.ask(env).catch((error: unknown) => error);
    expect(failure).toMatchObject({
      code: scene.code,
      message: expect.stringContaining(scene.names),
      retryable: true,
    });
    expect(connections).toBeGreaterThan(1);
  }, 20_000);
});
