import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { afterAll, afterEach, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import { auditRecords } from '../fixtures/aftermath.ts';
import { awsEnvironment } from '../fixtures/aws.ts';
import { writeConfig } from '../fixtures/config.ts';
import { databaseNamed } from '../fixtures/database.ts';
import { expectFailure } from '../fixtures/failure.ts';
import { familyOf } from '../fixtures/family.ts';
import { type GuardedServer, startGuardedServer } from '../fixtures/guarded-server.ts';
import { makeWorkspace, type Workspace } from '../fixtures/holdfast.ts';
import { setScene, startHeldBackup } from '../fixtures/scene.ts';
import { makeSecret, type TestSecret } from '../fixtures/secrets.ts';
import { backUp } from '../fixtures/set.ts';

const OLD = 'old-password-of-ward-seven';
const NEW = 'new-password-of-ward-seven';

/** Hands requests on to the local AWS, and counts them. */
async function startRelay({
  beforeRequest,
}: {
  beforeRequest: (count: number) => Promise<void> | undefined;
}) {
  let count = 0;
  const relay = createServer(async (request, response) => {
    const body = await buffer(request);
    count += 1;
    await beforeRequest(count);
    const {
      host: _host,
      'content-length': _length,
      connection: _connection,
      ...headers
    } = request.headers;
    const answer = await fetch(inject('aws').endpoint, {
      method: 'POST',
      headers: headers as Record<string, string>,
      body,
    });
    response.writeHead(answer.status, { 'content-type': 'application/x-amz-json-1.1' });
    response.end(Buffer.from(await answer.arrayBuffer()));
  });
  await new Promise<void>((resolve) => relay.listen(0, '127.0.0.1', resolve));
  const { port } = relay.address() as AddressInfo;
  return { endpoint: `http://127.0.0.1:${port}`, stop: () => void relay.close() };
}

describe('a login from Secrets Manager', () => {
  let server: GuardedServer;
  let workspace: Workspace;

  beforeAll(async () => {
    server = await startGuardedServer();
    await server.query(`CREATE ROLE keeper LOGIN SUPERUSER PASSWORD '${OLD}'`);
    await server.query('CREATE DATABASE ward');
    await server.query('CREATE TABLE notes (id int); INSERT INTO notes VALUES (1), (2)', 'ward');
    workspace = await makeWorkspace({ env: awsEnvironment() });
  });

  afterEach(() => server.query(`ALTER ROLE keeper PASSWORD '${OLD}'`));

  afterAll(async () => {
    await workspace?.remove();
    await server?.stop();
  });

  const contentOf = (more: object = {}) => ({
    engine: 'postgres',
    username: 'keeper',
    password: OLD,
    host: server.host,
    port: 5432,
    dbname: 'ward',
    ...more,
  });

  const rotate = async (secret: TestSecret) => {
    await server.query(`ALTER ROLE keeper PASSWORD '${NEW}'`);
    await secret.put(contentOf({ password: NEW }));
  };

  const withSecret = (database: object) =>
    writeConfig(workspace, { databases: { ward: database } });

  it('is all that a backup and a restore need, by ARN, by name and as binary', async () => {
    const secret = await makeSecret(contentOf());
    await withSecret({ secret: secret.arn });
    const id = await backUp(workspace);
    await withSecret({ secret: secret.name, region: 'us-east-1' });
    await backUp(workspace);
    await withSecret({ secret: (await makeSecret(contentOf(), { isBinary: true })).arn });
    await backUp(workspace);
    const target = await makeSecret(contentOf({ dbname: 'beside' }));
    expect(await workspace.run(['restore', id, '--to', target.arn, '--create'])).toMatchObject({
      status: 0,
    });
    expect(
      await databaseNamed('beside', { host: server.host }).query('SELECT count(*)::int FROM notes'),
    ).toEqual([{ count: 2 }]);
    await databaseNamed('beside', { host: server.host }).drop();
  });

  it('gives way to what the config says of the place, and of the user', async () => {
    const secret = await makeSecret(
      contentOf({ username: 'nobody', host: 'db.example.invalid', port: '9', dbname: 'none' }),
    );
    await withSecret({
      secret: secret.arn,
      host: server.host,
      port: 5432,
      database: 'ward',
      user: 'keeper',
    });
    await backUp(workspace);
  });

  it('is asked for anew by sessions and programs that begin after a rotation', async () => {
    const secret = await makeSecret(contentOf());
    await withSecret({ secret: secret.arn });
    const migration = await databaseNamed('ward', { host: server.host }).connect();
    await migration.query('BEGIN; LOCK TABLE notes IN ACCESS EXCLUSIVE MODE');
    const running = workspace.start(['backup', '--json']);
    await vi.waitFor(
      async () =>
        expect(await server.query('SELECT FROM pg_locks WHERE NOT granted')).toHaveLength(1),
      { timeout: 20_000 },
    );
    await rotate(secret);
    await migration.query('COMMIT');
    await migration.end();
    const finished = await running.finished;
    expect(finished, finished.stderr).toMatchObject({ status: 0 });
  });

  it('is tried again when a rotation has changed the role and not yet the secret', async () => {
    const secret = await makeSecret(contentOf());
    await withSecret({ secret: secret.arn });
    await server.query(`ALTER ROLE keeper PASSWORD '${NEW}'`);
    // The config asks for it, then the first session does, is refused, and asks again.
    const relay = await startRelay({
      beforeRequest: async (count) =>
        count === 4 ? secret.put(contentOf({ password: NEW })) : undefined,
    });
    const finished = await workspace.run(['backup', '--json'], {
      AWS_ENDPOINT_URL: relay.endpoint,
    });
    relay.stop();
    expect(finished, finished.stderr).toMatchObject({ status: 0 });
  });

  it('that is rotated while the rows flow disturbs nobody, and no password is to be seen', async () => {
    const scene = await setScene({
      host: server.host,
      holdAfterBytes: 1_000_000,
      env: awsEnvironment(),
    });
    const secret = await makeSecret(
      contentOf({ host: scene.proxy.host, dbname: scene.database.name }),
    );
    await writeConfig(scene.workspace, { databases: { ward: { secret: secret.arn } } });
    const { running } = await startHeldBackup(scene);
    await server.query(`ALTER ROLE keeper PASSWORD '${NEW}'`);
    await secret.put(
      contentOf({ host: scene.proxy.host, dbname: scene.database.name, password: NEW }),
    );
    const commands = (await familyOf(running.child.pid)).map(({ command }) => command).join('\n');
    scene.proxy.thaw();
    const finished = await running.finished;
    expect(finished, finished.stderr).toMatchObject({ status: 0 });
    expect(commands).toContain('pg_dump');
    const verified = await scene.workspace.run(['verify', 'latest']);
    expect(verified).toMatchObject({ status: 0 });
    await backUp(scene.workspace);
    for (const text of [
      commands,
      finished.stdout,
      finished.stderr,
      verified.stderr,
      JSON.stringify(await auditRecords(scene.workspace)),
    ]) {
      expect(text).not.toContain(OLD);
      expect(text).not.toContain(NEW);
    }
    await scene.remove();
  });

  it('that is wrong fails the run, and says where to look', async () => {
    const secret = await makeSecret(contentOf({ password: NEW }));
    await withSecret({ secret: secret.arn });
    const finished = await workspace.run(['backup', '--json']);
    const { message, hint } = expectFailure(finished, { code: 'CONNECTION_FAILED' });
    expect(message).toContain('password authentication failed');
    expect(hint).toContain(secret.arn);
    expect(`${finished.stdout}${finished.stderr}`).not.toContain(NEW);
  });

  describe('that can not be used', () => {
    it.each([
      ['has no login', { host: '/run/x', dbname: 'ward' }, 'no usable username and password'],
      ['has no password', { username: 'keeper', password: '' }, 'no usable password'],
      ['is no JSON', `just ${OLD}`, 'it is not a JSON object'],
      [
        'is of another kind of database',
        { username: 'keeper', password: OLD, engine: 'mysql' },
        'not PostgreSQL',
      ],
      ['names no host', { username: 'keeper', password: OLD, dbname: 'ward' }, 'names the host'],
      [
        'names no database',
        { username: 'keeper', password: OLD, host: '/run/x' },
        'names the database',
      ],
    ])('is refused when it %s', async (_what, value, said) => {
      const secret = await makeSecret(value);
      await withSecret({ secret: secret.arn });
      const finished = await workspace.run(['backup', '--json']);
      const { message } = expectFailure(finished, { code: 'CONFIG_INVALID', status: 2 });
      expect(message).toContain(said);
      expect(message).toContain(secret.arn);
      expect(finished.stderr).not.toContain(OLD);
    });

    it('is refused when there is none', async () => {
      await withSecret({
        secret: 'arn:aws:secretsmanager:us-east-1:123456789012:secret:none-AbCdEf',
      });
      expect(
        expectFailure(await workspace.run(['backup', '--json']), {
          code: 'CONFIG_INVALID',
          status: 2,
        }).message,
      ).toContain('there is no secret');
    });
  });

  describe('when AWS refuses', () => {
    let aws: Server;
    let answer: { status: number; type: string; message?: string };

    beforeAll(async () => {
      aws = createServer((_request, response) => {
        response.writeHead(answer.status, { 'content-type': 'application/x-amz-json-1.1' });
        response.end(
          JSON.stringify({ __type: answer.type, Message: answer.message ?? `what ${NEW} says` }),
        );
      });
      await new Promise<void>((resolve) => aws.listen(0, '127.0.0.1', resolve));
    });

    afterAll(() => void aws.close());

    it.each([
      [
        { status: 400, type: 'AccessDeniedException' },
        'ACCESS_DENIED',
        1,
        'secretsmanager:GetSecretValue',
      ],
      [
        { status: 400, type: 'AccessDeniedException', message: 'Access to KMS is not allowed' },
        'KEY_UNUSABLE',
        1,
        'kms:Decrypt',
      ],
      [{ status: 400, type: 'DecryptionFailure' }, 'KEY_UNUSABLE', 1, 'kms:Decrypt'],
      [{ status: 400, type: 'InvalidRequestException' }, 'CONFIG_INVALID', 2, 'describe-secret'],
      [{ status: 400, type: 'ExpiredTokenException' }, 'CREDENTIALS', 1, 'get-caller-identity'],
      [
        { status: 400, type: 'UnrecognizedClientException' },
        'CREDENTIALS',
        1,
        'get-caller-identity',
      ],
      [{ status: 500, type: 'InternalServiceError' }, 'CONNECTION_FAILED', 75, 'VPC endpoint'],
    ] as const)('by %o the run fails with %s', async (refusal, code, status, hint) => {
      answer = refusal;
      await withSecret({ secret: 'ward/seven' });
      const { port } = aws.address() as AddressInfo;
      const finished = await workspace.run(['backup', '--json'], {
        AWS_ENDPOINT_URL: `http://127.0.0.1:${port}`,
      });
      expect(expectFailure(finished, { code, status }).hint).toContain(hint);
      expect(finished.stderr).not.toContain(NEW);
    });

    it('to answer at all, the run fails for a passing reason', async () => {
      await withSecret({ secret: 'ward/seven' });
      const finished = await workspace.run(['backup', '--json'], {
        AWS_ENDPOINT_URL: 'http://127.0.0.1:9',
      });
      expectFailure(finished, { code: 'CONNECTION_FAILED', status: 75 });
    });

    it('because there are no credentials, the run says what to set', async () => {
      await withSecret({ secret: 'ward/seven' });
      const none = {
        AWS_ACCESS_KEY_ID: '',
        AWS_SECRET_ACCESS_KEY: '',
        AWS_CONFIG_FILE: '/nonexistent',
        AWS_SHARED_CREDENTIALS_FILE: '/nonexistent',
      };
      const finished = await workspace.run(['backup', '--json'], none);
      expect(expectFailure(finished, { code: 'CREDENTIALS' }).hint).toContain('AWS_PROFILE');
    });

    it('because nothing names a region, the run says so', async () => {
      await withSecret({ secret: 'ward/seven' });
      const none = { AWS_REGION: '', AWS_CONFIG_FILE: '/nonexistent' };
      const finished = await workspace.run(['backup', '--json'], none);
      expect(expectFailure(finished, { code: 'CONFIG_INVALID', status: 2 }).hint).toContain(
        'region',
      );
    });
  });
});
