import { execFile } from 'node:child_process';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { resolveConnection } from '../../engine/postgres/connection-resolver.ts';
import { libpqEnvironment } from '../../engine/postgres/libpq-environment.ts';
import { ThrowAwayServer } from '../../engine/postgres/throw-away-server.ts';
import { freePort } from '../../setup/free-port.ts';
import { type Certificate, install, issue, makeAuthority } from '../fixtures/certificates.ts';
import { expectFailure } from '../fixtures/failure.ts';
import { type Finished, makeWorkspace, type Workspace } from '../fixtures/holdfast.ts';

/** Lets nobody in over TCP who does not speak TLS. */
const HBA = 'local all all trust\nhostssl all all 127.0.0.1/32 trust\n';

describe('a server that speaks TLS', () => {
  let folder: string;
  let port: number;
  let authority: Certificate;
  let stranger: Certificate;
  let server: ThrowAwayServer;
  let workspace: Workspace;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'hf-tls-'));
    await chmod(folder, 0o755);
    authority = await makeAuthority(folder, 'authority');
    stranger = await makeAuthority(folder, 'stranger');
    await install(await issue(authority, { folder, names: ['DNS:localhost', 'IP:127.0.0.1'] }), {
      folder,
    });
    await writeFile(join(folder, 'pg_hba.conf'), HBA);
    port = await freePort();
    server = await ThrowAwayServer.start({
      tools: inject('postgres').tools,
      signal: new AbortController().signal,
      port,
      settings: [
        'listen_addresses=127.0.0.1',
        'ssl=on',
        ...['ssl_cert_file=server.crt', 'ssl_key_file=server.key', 'hba_file=pg_hba.conf'].map(
          (setting) => setting.replace('=', `=${folder}/`),
        ),
      ],
    });
    workspace = await makeWorkspace();
  });

  afterAll(async () => {
    await workspace?.remove();
    await server?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  function urlOf({
    host = 'localhost',
    sslmode = 'verify-full',
    ca = authority.certificate,
  } = {}): string {
    return `postgresql://holdfast_drill@${host}:${port}/postgres?sslmode=${sslmode}${ca === '' ? '' : `&sslrootcert=${ca}`}`;
  }

  function backUp(url: string): Promise<Finished> {
    return workspace.run(['backup', '--json'], { DATABASE_URL: url });
  }

  /** pg_dump alone, with all that Holdfast would give it. */
  async function dump(url: string): Promise<string> {
    const settings = await resolveConnection({ url }, { layers: [] });
    const program = join(inject('postgres').tools.directory, 'pg_dump');
    const env = libpqEnvironment(settings, { applicationName: 'test' });
    return promisify(execFile)(program, ['--schema-only'], { env }).then(
      () => '',
      ({ stderr }: { stderr: string }) => stderr,
    );
  }

  it.each([
    'localhost',
    '127.0.0.1',
  ])('is backed up under verify-full as %s, with nothing but JSON on stderr', async (host) => {
    const backup = await backUp(urlOf({ host }));
    expect(backup, backup.stderr).toMatchObject({ status: 0 });
    for (const line of backup.stderr.trim().split('\n'))
      expect(JSON.parse(line)).toHaveProperty('type');
    expect(await dump(urlOf({ host }))).toBe('');
  });

  it('is examined by doctor, which names the mode', async () => {
    const { findings } = (
      await workspace.run(['doctor', '--json'], { DATABASE_URL: urlOf() })
    ).json<{ findings: { name: string }[] }>();
    expect(findings.find(({ name }) => name === 'connection')).toMatchObject({
      status: 'ok',
      detail: expect.stringContaining('TLS verify-full'),
    });
  });

  it.each([
    'prefer',
    'require',
  ])('is reached with sslmode=%s without a look at its certificate', async (sslmode) => {
    expect(await backUp(urlOf({ sslmode, ca: '' }))).toMatchObject({ status: 0 });
  });

  it('is not reached in clear, because it lets nobody in who does not speak TLS', async () => {
    expectFailure(await backUp(urlOf({ sslmode: 'disable', ca: '' })), {
      code: 'CONNECTION_FAILED',
    });
  });

  it.each([
    'verify-full',
    'verify-ca',
    'require',
  ])('is refused under %s when another authority is trusted', async (sslmode) => {
    const url = urlOf({ sslmode, ca: stranger.certificate });
    const { message, hint } = expectFailure(await backUp(url), { code: 'CONNECTION_FAILED' });
    expect(message).toContain('certificate');
    expect(hint).toContain('Set sslrootcert (PGSSLROOTCERT)');
    expect(await dump(url)).toContain('certificate verify failed');
  });

  it('is refused when the file of authorities is not there, and the file is named', async () => {
    const { message } = expectFailure(await backUp(urlOf({ ca: '/nonexistent/ca.pem' })), {
      code: 'CONFIG_INVALID',
      status: 2,
    });
    expect(message).toContain('/nonexistent/ca.pem');
  });

  it('is refused under verify-full, and reached under verify-ca, when its certificate is for another name', async () => {
    await install(
      await issue(authority, { folder, names: ['DNS:another.example', 'IP:127.0.0.2'] }),
      { folder },
    );
    await reload();
    for (const host of ['localhost', '127.0.0.1']) {
      const { message } = expectFailure(await backUp(urlOf({ host })), {
        code: 'CONNECTION_FAILED',
      });
      expect(message).toMatch(/altnames/);
      expect(await dump(urlOf({ host }))).toMatch(/does not match host name/);
    }
    expect(await backUp(urlOf({ sslmode: 'verify-ca' }))).toMatchObject({ status: 0 });
    expect(await dump(urlOf({ sslmode: 'verify-ca' }))).toBe('');
  });

  /** New certificates come with a reload, a moment later. */
  async function reload(): Promise<void> {
    const { host, user } = server.connection();
    const psql = join(inject('postgres').tools.directory, 'psql');
    const env = { PGHOST: host, PGPORT: String(port), PGUSER: user, PGDATABASE: 'postgres' };
    await promisify(execFile)(psql, ['-X', '-c', 'SELECT pg_reload_conf()'], { env });
    await expect.poll(() => dump(urlOf()), { timeout: 10_000 }).not.toBe('');
  }
});
