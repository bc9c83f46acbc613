import { exec } from 'node:child_process';
import { chmod, copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import type { Finding } from '../../engine/operations/doctor-finding.ts';
import { dumpGlobals } from '../../engine/postgres/dump.ts';
import { ThrowAwayServer } from '../../engine/postgres/throw-away-server.ts';
import { freePort } from '../../setup/free-port.ts';
import {
  type Certificate,
  encryptKey,
  install,
  issue,
  makeAuthority,
} from '../fixtures/certificates.ts';
import { makeWorkspace, type Workspace } from '../fixtures/holdfast.ts';

const USER = 'holdfast_drill';
/** Whoever comes by TCP has to show a certificate of the user's name. */
const HBA = 'local all all trust\nhostssl all all 127.0.0.1/32 cert\n';

describe('doctor, of what libpq will meet', () => {
  let folder: string;
  let port: number;
  let authority: Certificate;
  let client: Certificate;
  let server: ThrowAwayServer;
  let workspace: Workspace;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'hf-libpq-'));
    await chmod(folder, 0o755);
    authority = await makeAuthority(folder, 'authority');
    const issued = await issue(authority, { folder, names: ['DNS:localhost', 'IP:127.0.0.1'] });
    await install(issued, { folder });
    client = await issue(authority, {
      folder,
      names: [`DNS:${USER.replace('_', '-')}`],
      file: 'client',
      commonName: USER,
    });
    await writeFile(join(folder, 'pg_hba.conf'), HBA);
    port = await freePort();
    const files = ['ssl_cert_file=server.crt', 'ssl_key_file=server.key', 'hba_file=pg_hba.conf'];
    server = await ThrowAwayServer.start({
      tools: inject('postgres').tools,
      signal: new AbortController().signal,
      port,
      settings: [
        ...['listen_addresses=127.0.0.1', 'ssl=on', `ssl_ca_file=${authority.certificate}`],
        ...files.map((setting) => setting.replace('=', `=${folder}/`)),
      ],
    });
  });
  afterAll(async () => {
    await server?.stop();
    await rm(folder, { recursive: true, force: true });
  });
  beforeEach(async () => {
    workspace = await makeWorkspace();
  });
  afterEach(() => workspace.remove());

  /** Where libpq looks for the certificate of a client by itself. */
  async function putInHome({ key = client.key, mode = 0o600 } = {}): Promise<string> {
    const home = join(workspace.folder, '.postgresql');
    await mkdir(home);
    await copyFile(client.certificate, join(home, 'postgresql.crt'));
    await copyFile(key, join(home, 'postgresql.key'));
    await chmod(join(home, 'postgresql.key'), mode);
    return join(home, 'postgresql.key');
  }

  function urlOf(more = ''): string {
    return `postgresql://${USER}@127.0.0.1:${port}/postgres?sslrootcert=${authority.certificate}${more}`;
  }

  async function examine(url = urlOf()): Promise<{ of: (name: string) => Finding | undefined }> {
    const finished = await workspace.run(['doctor', '--json'], { DATABASE_URL: url });
    const { findings } = finished.json<{ findings: Finding[] }>();
    return { of: (name) => findings.find((finding) => finding.name === name) };
  }

  async function backUp(url = urlOf()): Promise<{ status: number | null; stderr: string }> {
    return workspace.run(['backup', '--json'], { DATABASE_URL: url });
  }

  it('is well with the certificate in the home directory, and so is the backup', async () => {
    await putInHome();
    const { of } = await examine();
    expect(of('connection')).toMatchObject({ status: 'ok' });
    expect(of('connection of pg_dump')).toMatchObject({ status: 'ok' });
    const backup = await backUp();
    expect(backup, backup.stderr).toMatchObject({ status: 0 });
  });

  it.each([
    ['of mode 644', { mode: 0o644 }, 'others may read sslkey', /^# Run: (chmod 600 '.*')$/],
    [
      'that is encrypted',
      { isEncrypted: true },
      'is encrypted',
      /mode 600: (openssl pkey -in .*)$/,
    ],
  ])('fails with a key %s, as the backup does, and its fix can be typed', async (_what, how, said, fix) => {
    const key = 'isEncrypted' in how ? await encryptKey(client, 'secret') : client.key;
    await putInHome({ key, ...('mode' in how ? how : {}) });
    const found = (await examine()).of('connection');
    expect((await backUp()).stderr).toContain(said);
    expect(found).toMatchObject({ status: 'failed', detail: expect.stringContaining(said) });
    const [, command = ''] = fix.exec(found?.fix.join() ?? '') ?? [];
    const password = 'isEncrypted' in how ? ' -passin pass:secret' : '';
    await promisify(exec)(command + password, { cwd: workspace.folder });
    if ('mode' in how) expect((await examine()).of('connection of pg_dump')?.status).toBe('ok');
  });

  it('says what the program for the server does not take and the driver does', async () => {
    await putInHome();
    const url = urlOf('&require_auth=none');
    const found = (await examine(url)).of('connection of pg_dump');
    const { stderr } = await backUp(url);
    if (inject('postgres').tools.major >= 16) expect(found).toMatchObject({ status: 'ok' });
    else {
      expect(found).toMatchObject({ status: 'failed' });
      expect(found?.detail).toContain('invalid connection option "require_auth"');
      expect(stderr).toContain('invalid connection option');
    }
  });

  it('has the reason of libpq also where pg_dumpall keeps it to itself', async () => {
    const settings = {
      ...server.connection(),
      host: '127.0.0.1',
      hostaddr: '127.0.0.1',
      port: await freePort(),
    };
    const signal = new AbortController().signal;
    const { tools } = inject('postgres');
    const globals = dumpGlobals({ tools, settings, applicationName: 'test', signal });
    await expect(globals.next()).rejects.toMatchObject({
      code: 'DUMP_FAILED',
      message: expect.stringMatching(/^pg_dumpall could not connect: .*Connection refused/),
      retryable: true,
    });
  });
});
