import { describe, expect, it } from 'vitest';
import { parseConnectionString } from '../../engine/domain/connection-url.ts';
import { isHoldfastError } from '../../engine/errors.ts';

const CANARY = 'hunter2';

function refusalOf(text: string): string {
  try {
    parseConnectionString(text);
  } catch (error) {
    if (isHoldfastError(error, 'CONFIG_INVALID')) return `${error.message} ${error.hint}`;
    throw error;
  }
  throw new Error('it was taken');
}

describe('a postgresql:// URL', () => {
  it.each([
    [
      'postgresql://ann@db.example:5433/clinic',
      { user: 'ann', host: 'db.example', port: '5433', dbname: 'clinic' },
    ],
    [
      'postgres://ann:secret@db/clinic',
      { user: 'ann', password: 'secret', host: 'db', dbname: 'clinic' },
    ],
    ['postgresql://', {}],
    ['postgresql:///clinic', { dbname: 'clinic' }],
    ['postgresql://db', { host: 'db' }],
    ['postgresql://db/', { host: 'db' }],
    ['postgresql://ann@', { user: 'ann' }],
    [
      'postgresql://ann@/clinic?host=/var/run/postgresql',
      { user: 'ann', dbname: 'clinic', host: '/var/run/postgresql' },
    ],
    [
      'postgresql://[2001:db8::7]:5433/clinic',
      { host: '2001:db8::7', port: '5433', dbname: 'clinic' },
    ],
    [
      'postgresql://db/clinic?sslmode=require&sslrootcert=/etc/ca.pem',
      sslOf('db', 'require', '/etc/ca.pem'),
    ],
    [
      'postgresql://db/clinic?user=ann%40ward&port=6000',
      { host: 'db', dbname: 'clinic', user: 'ann@ward', port: '6000' },
    ],
  ])('%s is taken apart', (text, parameters) => {
    expect(parseConnectionString(text)).toEqual(parameters);
  });

  it('is decoded where it is %-encoded, in every place', () => {
    expect(
      parseConnectionString('postgresql://an%20n:p%40ss%2F%3A%25%3F@%2Frun%2Fpg/z%C3%BCri%2Fch'),
    ).toEqual({
      user: 'an n',
      password: 'p@ss/:%?',
      host: '/run/pg',
      dbname: 'züri/ch',
    });
  });

  it('keeps a + in a parameter, as libpq does', () => {
    expect(parseConnectionString('postgresql://db/clinic?options=-c%20a%3D1+2')).toMatchObject({
      options: '-c a=1+2',
    });
  });

  it('takes the ssl=true of other drivers as require', () => {
    expect(parseConnectionString('postgresql://db/clinic?ssl=true')).toEqual({
      host: 'db',
      dbname: 'clinic',
      sslmode: 'require',
    });
  });

  it.each([
    ['postgresql://a,b/clinic', { host: 'a,b', port: ',' }],
    ['postgresql://a:1,b:2/clinic', { host: 'a,b', port: '1,2' }],
    ['postgresql://ann@a:1,[::1]/clinic', { user: 'ann', host: 'a,::1', port: '1,' }],
  ])('%s lists servers, as libpq does', (text, parameters) => {
    expect(parseConnectionString(text)).toEqual({ ...parameters, dbname: 'clinic' });
  });

  it.each([
    ['an @', `postgresql://ann:${CANARY}@${CANARY}@db/clinic`],
    ['an @ and a colon', `postgresql://ann:a@${CANARY}:1@db/clinic`],
    ['a slash', `postgresql://ann:${CANARY}/x@db/clinic`],
    ['digits and a slash', `postgresql://ann:12/${CANARY}@db/clinic`],
    ['digits and a question mark', `postgresql://ann:12?${CANARY}@db/clinic`],
    ['a percent sign', `postgresql://ann:${CANARY}%zz@db/clinic`],
    ['a percent sign in a parameter', `postgresql://ann@db/clinic?password=${CANARY}%zz`],
  ])('is refused, without a word of it, where the password holds %s that is not encoded', (_what, text) => {
    const refusal = refusalOf(text);
    expect(refusal).toContain('%-encod');
    expect(refusal).not.toContain(CANARY);
    expect(refusal).not.toMatch(/\b12\b/);
  });

  it.each([
    ['postgresql://db?user=ann@other', '%-encod'],
    ['postgresql://db:5432?application_name=a@other', '%-encod'],
    ['postgresql://db/cli nic', 'a blank'],
    ['postgresql://db/clinic\n', 'a line break'],
    ['postgresql://db/clinic?host=other\t', 'a blank'],
    ['postgresql://db/cli%00nic', '%00'],
    ['postgresql://db/cli%FFnic', 'UTF-8'],
  ])('%j is refused, because versions of libpq read it otherwise or not at all', (text, why) => {
    expect(refusalOf(text)).toContain(why);
  });

  it('takes the last value of a name, as libpq does', () => {
    expect(
      parseConnectionString('postgresql://db:1/x?sslmode=disable&sslmode=require&host=b'),
    ).toEqual({ host: 'b', port: '1', dbname: 'x', sslmode: 'require' });
  });
});

describe('a list of key=value', () => {
  it.each([
    ['host=db port=5433 dbname=clinic', { host: 'db', port: '5433', dbname: 'clinic' }],
    ["  host = db  user='ann of ward'\n", { host: 'db', user: 'ann of ward' }],
    [String.raw`user='it\'s' password=a\ b\\c`, { user: "it's", password: String.raw`a b\c` }],
    ["host=db password=''", { host: 'db', password: '' }],
    ['host=a host=b', { host: 'b' }],
    ['host= port=5433', { host: 'port=5433' }],
    ['dbname=\u00a0a host=b', { dbname: '\u00a0a', host: 'b' }],
  ])('%j is taken apart', (text, parameters) => {
    expect(parseConnectionString(text)).toEqual(parameters);
  });

  it.each([
    '',
    'clinic',
    'db.example:5432/clinic',
    `host=db password='${CANARY}`,
    "host= port='5433'",
    `host=db ${CANARY}`,
    'mysql://ann@db/clinic',
  ])('%j is none, and is refused without a word of it', (text) => {
    const refusal = refusalOf(text);
    expect(refusal).toContain('neither a postgresql:// URL nor a list of key=value');
    expect(refusal).not.toContain(CANARY);
  });
});

function sslOf(host: string, sslmode: string, sslrootcert: string) {
  return { host, dbname: 'clinic', sslmode, sslrootcert };
}
