import { describe, expect, it } from 'vitest';
import { resolveConnection } from '../../engine/postgres/connection-resolver.ts';
import { ConnectionHome } from '../fixtures/connection-home.ts';

const home = ConnectionHome.forEachTest();

describe('a connection with an env file over the environment', () => {
  type Variables = Record<string, string>;
  const resolve = (file: Variables, ambient: Variables) =>
    resolveConnection(
      {},
      { layers: [file, { PGSSLMODE: 'disable', ...ambient }], home: home.path },
    );

  const production = { host: 'prod.example', port: 5432, database: 'clinic', user: 'ann' };
  const FILES: [string, Variables][] = [
    ['DB', { DB_HOST: 'prod.example', DB_NAME: 'clinic', DB_USER: 'ann' }],
    ['PG', { PGHOST: 'prod.example', PGDATABASE: 'clinic', PGUSER: 'ann' }],
    ['URL', { DATABASE_URL: 'postgresql://ann@prod.example/clinic' }],
  ];
  const AMBIENT: [string, Variables][] = [
    ['a port of libpq', { PGPORT: '6000' }],
    ['a port of the guides', { DB_PORT: '6000', DB_HOST: 'other.example' }],
    ['a host of libpq', { PGHOST: 'other.example', PGPORT: '6000', PGDATABASE: 'other' }],
    ['an address', { PGHOSTADDR: '10.9.9.9', PGPORT: '6000' }],
    ['a URL', { DATABASE_URL: 'postgresql://eve:other@other.example:6000/other' }],
    ['a service', { PGSERVICE: 'other' }],
    ['a kind of server', { PGTARGETSESSIONATTRS: 'standby', PGLOADBALANCEHOSTS: 'random' }],
  ];

  it.each(
    FILES.flatMap(([one, file]) =>
      AMBIENT.map(([what, ambient]) => ({ one, file, what, ambient })),
    ),
  )('goes to the server that the $one variables of the file name, whatever $what of the environment says', async ({
    file,
    ambient,
  }) => {
    await home.put('.pg_service.conf', '[other]\nhost=other.example\nport=6000\nuser=eve\n');
    const found = await resolve(file, ambient);
    expect(found).toMatchObject(production);
    const { hostaddr, targetSession, password } = found;
    expect({ hostaddr, targetSession, password }).toEqual({});
  });

  it('takes from the environment what the file leaves open and that is not of a server', async () => {
    const ambient = {
      PGUSER: 'ann',
      PGDATABASE: 'clinic',
      PGPASSWORD: 'x',
      PGCONNECT_TIMEOUT: '7',
    };
    const found = await resolve({ DB_HOST: 'prod.example' }, ambient);
    expect(found).toMatchObject({ ...production, connectTimeoutSeconds: 7 });
    expect(found.password?.reveal()).toBe('x');
  });

  it('keeps the server of the environment where the file names none, with what the file says of it', async () => {
    const url = 'postgresql://eve:other@prod.example:6000/other';
    const file = { DB_NAME: 'clinic', DB_USER: 'ann', DB_PASSWORD: 'own' };
    const found = await resolve(file, { DATABASE_URL: url });
    expect(found).toMatchObject({ ...production, port: 6000 });
    expect(found.password?.reveal()).toBe('own');
  });

  it('looks the password up in the passfile of the file before a password of the environment', async () => {
    const passfile = await home.put('own', 'prod.example:*:*:*:of the file\n');
    const file = { PGHOST: 'prod.example', PGPASSFILE: passfile };
    expect((await resolve(file, { PGPASSWORD: 'other' })).password?.reveal()).toBe('of the file');
  });

  it('is of the PG variables before the DB variables within one file, and never half of each', async () => {
    const file = {
      DB_HOST: 'db.example',
      DB_PORT: '6000',
      PGHOST: 'prod.example',
      DB_NAME: 'clinic',
    };
    expect(await resolve(file, {})).toMatchObject({ host: 'prod.example', port: 5432 });
    const url = { ...file, DATABASE_URL: 'postgresql://url.example/clinic' };
    expect(await resolve(url, {})).toMatchObject({ host: 'url.example', port: 5432 });
  });

  it('means the default by an empty line of the file', async () => {
    const found = await resolve(
      { PGHOST: '', PGPORT: '' },
      { PGHOST: 'other.example', PGPORT: '1' },
    );
    expect(found).toMatchObject({ port: 5432, host: expect.stringMatching(/^(\/|localhost$)/) });
  });

  it.each([
    'PGHOST',
    'DB_HOST',
    'PGPORT',
    'PGDATABASE',
    'PGSERVICE',
  ])('is refused where %s ends with a line break, which names the variable', async (name) => {
    const refused = resolve({ [name]: '5432\n' }, {});
    await expect(refused).rejects.toMatchObject({ message: `${name} holds a line break` });
  });
});

describe('several servers', () => {
  const listOf = async (url: string) => {
    const { others = [], ...first } = await home.resolve({ url: `${url} sslmode=disable` });
    return [first, ...others].map(({ host, hostaddr, port }) => [host, hostaddr, port]);
  };

  it('are those of the lists, each with its own port, or one port for all', async () => {
    expect(await listOf('host=a,b port=1,2')).toEqual([
      ['a', undefined, 1],
      ['b', undefined, 2],
    ]);
    expect(await listOf('host=a,b port=7')).toEqual([
      ['a', undefined, 7],
      ['b', undefined, 7],
    ]);
    expect(await listOf('host=a,b port=1,')).toEqual([
      ['a', undefined, 1],
      ['b', undefined, 5432],
    ]);
  });

  it('have the addresses of hostaddr, which stand for a host that is not named', async () => {
    expect(await listOf('host=a,b hostaddr=10.0.0.1,10.0.0.2')).toEqual([
      ['a', '10.0.0.1', 5432],
      ['b', '10.0.0.2', 5432],
    ]);
    expect(await listOf('hostaddr=10.0.0.1,::1')).toEqual([
      ['10.0.0.1', '10.0.0.1', 5432],
      ['::1', '::1', 5432],
    ]);
  });

  it.each([
    ['host=a,b,c port=1,2', '2 ports and 3 hosts'],
    ['host=a,b hostaddr=10.0.0.1', '2 hosts and 1 hostaddr'],
    ['hostaddr=db.example', 'not an IP address'],
  ])('%s is refused', async (url, words) => {
    expect(await home.refusalOf({ url })).toContain(words);
  });

  it('have each the password of their own line in the passfile', async () => {
    await home.put('.pgpass', 'a:*:*:*:of a\nb:*:*:*:of b\n');
    const { password, others = [] } = await home.resolve({ url: 'host=a,b sslmode=disable' });
    expect([password, others[0]?.password].map((one) => one?.reveal())).toEqual(['of a', 'of b']);
  });

  it('are verified in full where the address is not of this machine, whatever the host is called', async () => {
    const url = 'host=localhost hostaddr=10.0.0.1';
    expect(await home.resolve({ url })).toMatchObject({ sslmode: 'verify-full' });
  });
});
