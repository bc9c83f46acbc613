import { execFile } from 'node:child_process';
import { chmod, copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { resolveConnection } from '../../engine/postgres/connection-resolver.ts';
import {
  libpqConnectionString,
  libpqEnvironment,
} from '../../engine/postgres/libpq-environment.ts';
import {
  type Certificate,
  encryptKey,
  install,
  issue,
  makeAuthority,
  revoke,
} from '../fixtures/certificates.ts';
import { type Asked, askHoldfast, askPsql, oldestAndNewest } from '../fixtures/psql.ts';
import { startTcpServer, type TcpServer } from '../fixtures/tcp-servers.ts';

/** The version of TLS and the name in the client's certificate; `clear` where the session has none. */
const CHANNEL =
  "SELECT CASE WHEN ssl THEN version || coalesce(client_dn, '') ELSE 'clear' END FROM pg_stat_ssl WHERE pid = pg_backend_pid()";
const CLEAR = 'clear';

/** `ann` gets in over TLS only, `bob` in clear too, and `cat` with a certificate in her name. */
const HBA = [
  'local all all trust',
  'host all bob 127.0.0.1/32 trust',
  'hostssl all cat 127.0.0.1/32 cert',
  'hostssl all all 127.0.0.1/32 trust',
].join('\n');

describe('TLS as libpq does it', () => {
  let folder: string;
  let server: TcpServer;
  let authority: Certificate;
  let stranger: Certificate;
  let client: Certificate;
  let revoked: string;
  let others: string;
  let programs: Asked[];
  /** Home directories: without files, and with those that libpq looks for. */
  let bare: string;
  let full: string;
  let withCrl: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'hf-over-tls-'));
    await chmod(folder, 0o755);
    authority = await makeAuthority(folder, 'authority');
    stranger = await makeAuthority(folder, 'stranger');
    const own = await issue(authority, { folder, names: ['DNS:localhost'] });
    client = await issue(authority, {
      ...{ folder, names: ['DNS:client'], file: 'client', commonName: 'cat' },
    });
    await install(own, { folder });
    revoked = await revoke(authority, { folder, revoked: [own] });
    others = await revoke(authority, { folder, revoked: [client] });
    await writeFile(join(folder, 'pg_hba.conf'), `${HBA}\n`);
    const files = {
      ssl_cert_file: 'server.crt',
      ssl_key_file: 'server.key',
      hba_file: 'pg_hba.conf',
    };
    server = await startTcpServer({
      settings: [
        'ssl=on',
        `ssl_ca_file=${authority.certificate}`,
        ...Object.entries(files).map(([name, file]) => `${name}=${folder}/${file}`),
      ],
    });
    for (const role of ['ann', 'bob', 'cat']) await server.query(`CREATE ROLE ${role} LOGIN`);
    bare = await homeWith({});
    const certificates = {
      'root.crt': authority.certificate,
      'postgresql.crt': client.certificate,
      'postgresql.key': client.key,
    };
    full = await homeWith(certificates);
    withCrl = await homeWith({ ...certificates, 'root.crl': revoked });
    programs = await oldestAndNewest();
  });

  afterAll(async () => {
    await server?.stop();
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  });

  async function homeWith(files: Record<string, string>): Promise<string> {
    const home = await mkdtemp(join(folder, 'home-'));
    await mkdir(join(home, '.postgresql'));
    for (const [name, file] of Object.entries(files)) {
      await copyFile(file, join(home, '.postgresql', name));
      await chmod(join(home, '.postgresql', name), 0o600);
    }
    return home;
  }

  const urlOf = (words: string) =>
    `host=localhost hostaddr=127.0.0.1 port=${server.port} dbname=postgres ${words}`;

  /** What psql of each version and Holdfast say, and why Holdfast refuses. */
  async function ask(words: string, home: string) {
    const question = { url: urlOf(words), home, sql: CHANNEL };
    const theirs = await Promise.all(programs.map((program) => askPsql(program, question)));
    let why = '';
    const ours = await askHoldfast(question, (text) => {
      why = text;
    });
    return { theirs, ours, why };
  }

  /** pg_dump as Holdfast runs it; empty where it gets in. */
  async function dump(words: string, home: string): Promise<string> {
    const settings = await resolveConnection({ url: urlOf(words) }, { layers: [{}], home });
    const program = join(inject('postgres').tools.directory, 'pg_dump');
    const args = ['--schema-only', `--dbname=${libpqConnectionString(settings)}`];
    const env = libpqEnvironment(settings, { applicationName: 'test' });
    return promisify(execFile)(program, args, { env, cwd: '/' }).then(
      () => '',
      ({ stderr }: { stderr: string }) => stderr,
    );
  }

  const VERIFIED = () => `user=ann sslmode=verify-full sslrootcert=${authority.certificate}`;
  const IN = 'TLSv1.3';
  const AS_CAT = 'TLSv1.3/CN=cat';

  it.each<[what: string, () => string, () => string, string | undefined]>([
    ['with an authority that is named', VERIFIED, () => bare, IN],
    ['with ~/.postgresql/root.crt', () => 'user=ann sslmode=verify-full', () => full, AS_CAT],
    ['with sslmode=require and a root.crt', () => 'user=ann sslmode=require', () => full, AS_CAT],
    [
      'as the role of ~/.postgresql/postgresql.crt',
      () => 'user=cat sslmode=verify-full',
      () => full,
      AS_CAT,
    ],
    [
      'as the role of a certificate that is named',
      () => `user=cat sslmode=require sslcert=${client.certificate} sslkey=${client.key}`,
      () => bare,
      AS_CAT,
    ],
    [
      'without a certificate where one is needed',
      () => 'user=cat sslmode=require',
      () => bare,
      undefined,
    ],
    [
      'whose certificate sslcrl has',
      () => `${VERIFIED()} sslcrl=${revoked}`,
      () => bare,
      undefined,
    ],
    ['whose certificate sslcrl has not', () => `${VERIFIED()} sslcrl=${others}`, () => bare, IN],
    [
      'whose certificate ~/.postgresql/root.crl has',
      () => 'user=ann sslmode=verify-ca',
      () => withCrl,
      undefined,
    ],
    [
      'below a version of TLS',
      () => `${VERIFIED()} ssl_max_protocol_version=TLSv1.2`,
      () => bare,
      'TLSv1.2',
    ],
    [
      'from a version of TLS on',
      () => `${VERIFIED()} ssl_min_protocol_version=TLSv1.3`,
      () => bare,
      IN,
    ],
    [
      'with authorities of the system, which do not know it',
      () => 'user=ann sslmode=verify-full sslrootcert=system',
      () => bare,
      undefined,
    ],
    [
      'with sslmode=prefer and another authority, over TLS only',
      () => `user=ann sslmode=prefer sslrootcert=${stranger.certificate}`,
      () => bare,
      undefined,
    ],
    [
      'with sslmode=prefer and another authority, in clear',
      () => `user=bob sslmode=prefer sslrootcert=${stranger.certificate}`,
      () => bare,
      CLEAR,
    ],
    ['with sslmode=prefer', () => 'user=bob sslmode=prefer', () => bare, IN],
    ['with sslmode=disable', () => 'user=bob sslmode=disable', () => bare, CLEAR],
  ])('is reached, or not, like by psql: %s', async (_what, words, home, expected) => {
    const { theirs, ours, why } = await ask(words(), home());
    expect(theirs).toEqual(programs.map(() => expected));
    expect(ours, why).toBe(expected);
    if (expected !== undefined) expect(await dump(words(), home())).toBe('');
  });

  it('gives no certificate with sslcertmode=disable', async () => {
    const words = 'user=ann sslmode=require sslcertmode=disable';
    expect((await ask(words, full)).ours).toBe(IN);
    const newest = programs.at(-1);
    if (newest !== undefined && newest.major >= 16)
      expect((await ask(words, full)).theirs.at(-1)).toBe(IN);
  });

  it('finds files by their relative path, for programs in another directory too', async () => {
    const near = (file: string) => relative(process.cwd(), file);
    const words = `user=cat sslmode=verify-full sslrootcert=${near(authority.certificate)} sslcert=${near(client.certificate)} sslkey=${near(client.key)}`;
    const { theirs, ours, why } = await ask(words, bare);
    expect([...theirs, ours], why).toEqual([...programs, ''].map(() => AS_CAT));
    expect(await dump(words, bare)).toBe('');
    expect(await ask(`${VERIFIED()} sslcrl=${near(revoked)}`, bare)).toMatchObject({
      ours: undefined,
      theirs: programs.map(() => undefined),
    });
  });

  it('refuses a key that others may read, and one that a password opens, and names the file', async () => {
    const open = join(folder, 'open.key');
    await copyFile(client.key, open);
    await chmod(open, 0o644);
    const words = `user=cat sslmode=require sslcert=${client.certificate}`;
    const readable = await ask(`${words} sslkey=${open}`, bare);
    expect(readable).toMatchObject({ ours: undefined, theirs: programs.map(() => undefined) });
    expect(readable.why).toContain(`others may read sslkey ${open}`);
    await chmod(open, 0o600);
    expect((await ask(`${words} sslkey=${open}`, bare)).ours).toBe(AS_CAT);

    const encrypted = await encryptKey(client, 'hunter2');
    await chmod(encrypted, 0o600);
    // psql would ask for its password, and wait.
    const url = urlOf(`${words} sslkey=${encrypted}`);
    let why = '';
    const locked = await askHoldfast({ url, home: bare, sql: CHANNEL }, (text) => {
      why = text;
    });
    expect(locked).toBeUndefined();
    expect(why).toContain(`sslkey ${encrypted}`);
    const given = await ask(`${words} sslkey=${encrypted} sslpassword=hunter2`, bare);
    expect(given).toMatchObject({ ours: undefined, theirs: programs.map(() => AS_CAT) });
    expect(given.why).toContain('can not keep sslpassword');
    expect(given.why).not.toContain('hunter2');
  });

  it.each([
    ['sslnegotiation=direct', 'sslnegotiation=postgres'],
    ['sslcertmode=require', 'sslcertmode=allow'],
    ['sslsni=0', 'sslsni=1'],
    ['min_protocol_version=3.2', 'min_protocol_version=3.0'],
    ['gssencmode=require', 'gssencmode=prefer'],
  ])('refuses %s by name, and reaches the server with what the hint says', async (refused, hinted) => {
    const { ours, why } = await ask(`${VERIFIED()} ${refused}`, bare);
    expect(ours).toBeUndefined();
    expect(why).toContain(`can not keep ${refused}`);
    const [name, value] = hinted.split('=');
    expect(why).toMatch(new RegExp(`Leave ${name} out .*make it .*\\b${value}`));
    for (const words of [VERIFIED(), `${VERIFIED()} ${hinted}`])
      expect((await ask(words, bare)).ours).toBe(IN);
  });
});
