import { mkdir } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { ConnectionHome } from '../fixtures/connection-home.ts';

const home = ConnectionHome.forEachTest();

describe('the place of a database', () => {
  const url = 'postgresql://url@url.example:1/url?sslmode=require';
  const parameters = {
    host: 'parameter.example',
    port: '2',
    user: 'parameter',
    dbname: 'parameter',
    sslmode: 'verify-ca',
    sslrootcert: '/ca',
  };
  const env = {
    PGHOST: 'pg.example',
    PGPORT: '4',
    PGUSER: 'pg',
    PGDATABASE: 'pg',
    PGSSLMODE: 'disable',
  };
  const guides = {
    DB_HOST: 'guide.example',
    DB_PORT: '5',
    DB_USER: 'guide',
    DB_NAME: 'guide',
    DB_PASSWORD: 'secret',
  };

  beforeEach(() => home.put('.pg_service.conf', SERVICES));

  it('is what the parameters say, before the URL, the service and the environment', async () => {
    const found = await home.resolve({ url, parameters, service: 'ward' }, { ...env, ...guides });
    const { dbname, ...rest } = parameters;
    expect(found).toMatchObject({ ...rest, port: 2, database: dbname });
  });

  it('is what the URL says, before the service and the environment', async () => {
    expect(await home.resolve({ url, service: 'ward' }, env)).toMatchObject({
      ...placeOf('url', 1),
      sslmode: 'require',
    });
  });

  it('is what the service says, before the environment', async () => {
    expect(await home.resolve({ service: 'ward' }, env)).toMatchObject({
      ...placeOf('service', 3),
      sslmode: 'prefer',
    });
  });

  it('is what the PG variables say, before the DB variables of the guides', async () => {
    expect(await home.resolve({}, { ...guides, ...env })).toMatchObject({
      ...placeOf('pg', 4),
      sslmode: 'disable',
    });
    expect(await home.resolve({}, { ...guides, PGSSLMODE: 'disable' })).toMatchObject(
      placeOf('guide', 5),
    );
  });

  it('is put together from all of them, each filling what the ones before left open', async () => {
    const found = await home.resolve(
      { url: 'postgresql://url@/', parameters: { dbname: 'parameter' }, service: 'half' },
      { ...env, PGPORT: '' },
    );
    expect(found).toMatchObject({
      user: 'url',
      database: 'parameter',
      host: 'service.example',
      port: 5432,
      sslmode: 'disable',
    });
  });

  it('takes an empty value for none', async () => {
    const found = await home.resolve(
      { parameters: { host: 'db.example', port: '' } },
      { PGUSER: 'pg', PGPORT: '4', PGSSLMODE: 'disable', PGHOST: '', DB_NAME: 'guide' },
    );
    expect(found).toMatchObject({ host: 'db.example', user: 'pg', port: 4, database: 'guide' });
  });

  it('is the default where a connection string has an empty value, which keeps the environment out as for libpq', async () => {
    const found = await home.resolve(
      { url: "host='' port='' dbname=clinic user=ann" },
      { PGHOST: 'pg.example', PGPORT: '4' },
    );
    expect(found).toMatchObject({ port: 5432, database: 'clinic' });
    expect(found.host).toMatch(/^(\/var\/run\/postgresql|localhost)$/);
  });

  it('is port 5432 and a database named like the user, who is the user of this machine, where nothing says otherwise', async () => {
    const name = userInfo().username;
    expect(await home.resolve({ url: 'host=127.0.0.1' })).toMatchObject({
      port: 5432,
      user: name,
      database: name,
      connectTimeoutSeconds: 15,
    });
    expect(await home.resolve({ url: 'host=127.0.0.1 user=ann' })).toMatchObject({
      user: 'ann',
      database: 'ann',
    });
    expect((await home.resolve({})).host).toMatch(/^(\/var\/run\/postgresql|localhost)$/);
  });

  it('carries options, certificates and the time-out along', async () => {
    const text = "host=localhost options='-c a=b' sslcert=/cert sslkey=/key connect_timeout=7";
    expect(await home.resolve({ url: text })).toMatchObject({
      options: '-c a=b',
      sslcert: '/cert',
      sslkey: '/key',
      connectTimeoutSeconds: 7,
    });
  });

  it('takes without effect what Holdfast sets itself', async () => {
    const text = 'host=localhost application_name=x client_encoding=LATIN1 keepalives_idle=9';
    expect(await home.resolve({ url: text })).toMatchObject({ host: 'localhost' });
  });

  it.each([
    'target_session_attrs=any',
    'channel_binding=prefer',
    'channel_binding=disable',
    'gssencmode=prefer',
    'gssencmode=disable',
    'sslnegotiation=postgres',
  ])('takes %s, which is how it is anyway', async (wish) => {
    expect(await home.resolve({ url: `host=localhost ${wish}` })).toMatchObject({
      host: 'localhost',
    });
  });

  it.each([
    'gssencmode=require',
    'sslnegotiation=direct',
    'sslcertmode=require',
    'sslsni=0',
    'min_protocol_version=3.2',
    'replication=database',
  ])('is refused with %s, which would be promised and not kept', async (wish) => {
    const refusal = await home.refusalOf({ url: `postgresql://localhost/clinic?${wish}` });
    const [name] = wish.split('=');
    expect(refusal).toContain(`can not keep ${wish}`);
    expect(refusal).toContain(`Leave ${name} out`);
  });

  it('may be in a service file that the connection string names', async () => {
    const file = await home.put('own.conf', '[ward]\nhost=/own\n');
    const url = `service=ward servicefile=${file}`;
    expect(await home.resolve({ url })).toMatchObject({ host: '/own' });
  });

  it('is refused where it has something that a connection can not take', async () => {
    expect(await home.refusalOf({ url: 'postgresql://localhost/clinic?schema=public' })).toMatch(
      /can not take schema It takes host, hostaddr, port/,
    );
  });

  it.each(['0', '65536', '54 32', 'x', '-1'])('is refused with port %j', async (port) => {
    expect(await home.refusalOf({ parameters: { host: 'localhost', port } })).toContain(
      `the port is "${port}"`,
    );
  });
});

describe('a service', () => {
  it('is looked for in PGSERVICEFILE, and else in the home directory', async () => {
    const other = await home.put('other.conf', '[ward]\nhost=/other\n');
    await home.put('.pg_service.conf', '[ward]\nhost=/home\n');
    expect(await home.resolve({ service: 'ward' }, { PGSERVICEFILE: other })).toMatchObject({
      host: '/other',
    });
    expect(await home.resolve({ service: 'ward' })).toMatchObject({ host: '/home' });
  });

  it('is looked for in PGSYSCONFDIR where the own file lacks it', async () => {
    await mkdir(join(home.path, 'etc'));
    await home.put('etc/pg_service.conf', '[ward]\nhost=/system\n');
    await home.put('.pg_service.conf', '[other]\nhost=/home\n');
    expect(
      await home.resolve({ service: 'ward' }, { PGSYSCONFDIR: join(home.path, 'etc') }),
    ).toMatchObject({ host: '/system' });
  });

  it('may be named by PGSERVICE or in the connection string', async () => {
    await home.put('.pg_service.conf', SERVICES);
    expect(await home.resolve({}, { PGSERVICE: 'ward' })).toMatchObject({ port: 3 });
    expect(await home.resolve({ url: 'service=ward' }, { PGSERVICE: 'half' })).toMatchObject({
      port: 3,
    });
  });

  it('ends where the next one begins; comments, blanks and spaces do not count', async () => {
    await home.put('.pg_service.conf', SERVICES);
    expect(await home.resolve({ service: 'half' }, { PGSSLMODE: 'disable' })).toMatchObject({
      host: 'service.example',
      port: 5432,
    });
  });

  it.each([
    'host = db.example',
    'ldap://ldap.example/dc=x',
    'service=other',
    'host',
  ])('with the line %j is refused with its number, because libpq would not read it', async (line) => {
    await home.put('.pg_service.conf', `[ward]\nport=3\n${line}\n`);
    expect(await home.refusalOf({ service: 'ward' })).toMatch(
      /line 3 of the service file .*pg_service.conf is not/,
    );
  });

  it('is refused where PGSERVICEFILE names no file, instead of being looked for elsewhere', async () => {
    await home.put('.pg_service.conf', SERVICES);
    const refusal = await home.refusalOf({ service: 'ward' }, { PGSERVICEFILE: '/none.conf' });
    expect(refusal).toContain('the service file /none.conf can not be read');
  });

  it('that is nowhere is refused with the files that were searched', async () => {
    const refusal = await home.refusalOf({ service: 'ward' });
    expect(refusal).toContain(
      `there is no service "ward" in ${join(home.path, '.pg_service.conf')} or `,
    );
  });
});

describe('TLS', () => {
  it.each([
    'localhost',
    '127.0.0.1',
    '127.8.9.1',
    '::1',
  ])('is wished for but not demanded on %s', async (host) => {
    expect(await home.resolve({ parameters: { host } })).toMatchObject({
      sslmode: 'prefer',
      sslrootcert: undefined,
    });
  });

  it.each([
    'db.example',
    '10.0.0.7',
    '2001:db8::7',
    'localhost.example',
    '128.0.0.1',
  ])('is verified in full on %s', async (host) => {
    await mkdir(join(home.path, '.postgresql'));
    const own = await home.put('.postgresql/root.crt', '');
    expect(await home.resolve({ parameters: { host } })).toMatchObject({
      sslmode: 'verify-full',
      sslrootcert: own,
    });
  });

  it('is never spoken through a socket, whatever was asked for', async () => {
    expect(await home.resolve({ url: 'host=/run/pg sslmode=verify-full' })).toMatchObject({
      sslmode: 'disable',
      sslrootcert: undefined,
    });
  });

  it.each([
    'disable',
    'prefer',
    'require',
  ] as const)('is as weak as sslmode=%s where somebody asks for that', async (sslmode) => {
    expect(await home.resolve({ parameters: { host: 'db.example', sslmode } })).toMatchObject({
      sslmode,
      sslrootcert: undefined,
    });
  });

  it('checks the authority with sslmode=require where one is named, as libpq does', async () => {
    expect(await home.resolve({ url: 'host=db sslmode=require sslrootcert=/ca' })).toMatchObject({
      sslmode: 'verify-ca',
      sslrootcert: '/ca',
    });
  });

  it('takes allow for prefer, and no word that libpq does not know', async () => {
    expect(await home.resolve({ url: 'host=db sslmode=allow' })).toMatchObject({
      sslmode: 'prefer',
    });
    expect(await home.refusalOf({ url: 'host=db sslmode=verify' })).toMatch(
      /the sslmode is "verify" .*verify-ca, verify-full/,
    );
  });

  it('trusts the named authorities, before root.crt of the home directory, before those of the system', async () => {
    await mkdir(join(home.path, '.postgresql'));
    await home.put('.postgresql/root.crt', '');
    expect(await home.resolve({ url: 'host=db sslrootcert=/ca' })).toMatchObject({
      sslrootcert: '/ca',
    });
    const { sslrootcert } = await home.resolve({ url: 'host=db sslrootcert=system' });
    expect(sslrootcert).toMatch(/^\/etc\//);
  });
});

const SERVICES = `
# servers of the hospital
[half]
host=service.example

[ward]
 host=service.example
 # port=9
 port= 3
user=service
dbname=service
sslmode=prefer
port=9
[after]
port=9
`;

function placeOf(name: string, port: number) {
  return { host: `${name}.example`, port, user: name, database: name };
}
