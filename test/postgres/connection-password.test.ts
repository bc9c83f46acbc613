import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import type { ConnectionSource } from '../../engine/postgres/connection-resolver.ts';
import { libpqEnvironment } from '../../engine/postgres/libpq-environment.ts';
import { ConnectionHome } from '../fixtures/connection-home.ts';

const CANARY = 'hunter2';

const home = ConnectionHome.forEachTest();

describe('the password', () => {
  const place = 'postgresql://ann@db.example/clinic?sslmode=require';

  async function passwordOf(
    source: ConnectionSource,
    env: Record<string, string> = {},
  ): Promise<string | undefined> {
    return (await home.resolve(source, env)).password?.reveal();
  }

  it('is of the URL, then of PGPASSWORD, then of DB_PASSWORD, then of the passfile', async () => {
    await home.put('.pgpass', 'db.example:5432:clinic:ann:of the passfile\n');
    const env = { DB_PASSWORD: 'of the guide', PGPASSWORD: 'of the environment' };
    expect(await passwordOf({ url: place.replace('ann', 'ann:of%20the%20URL') }, env)).toBe(
      'of the URL',
    );
    expect(await passwordOf({ url: place }, env)).toBe('of the environment');
    expect(await passwordOf({ url: place }, { DB_PASSWORD: env.DB_PASSWORD })).toBe('of the guide');
    expect(await passwordOf({ url: place })).toBe('of the passfile');
  });

  it('is of the first line of the passfile that fits, with its wildcards and backslashes', async () => {
    await home.put(
      '.pgpass',
      String.raw`# comment
other.example:5432:clinic:ann:no
db.example:*:clinic:bob:no
*:5432:*:ann:with \: and \\
db.example:5432:clinic:ann:too late
`,
    );
    expect(await passwordOf({ url: place })).toBe(String.raw`with : and \\`.replace('\\\\', '\\'));
    expect(await passwordOf({ url: place.replace('ann', 'eve') })).toBeUndefined();
  });

  it('may be in the passfile that PGPASSFILE or passfile names', async () => {
    const file = await home.put('pass', '*:*:*:*:of another file');
    expect(await passwordOf({ url: place }, { PGPASSFILE: file })).toBe('of another file');
    expect(await passwordOf({ url: `${place}&passfile=${file}` })).toBe('of another file');
  });

  it('of a socket stands in the passfile below its directory or localhost, as for libpq', async () => {
    await home.put(
      '.pgpass',
      '/run/pg:5432:clinic:ann:of the directory\nlocalhost:5432:clinic:bob:of localhost\n',
    );
    expect(await passwordOf({ url: 'host=/run/pg dbname=clinic user=ann' })).toBe(
      'of the directory',
    );
    expect(await passwordOf({ url: 'host=/var/run/postgresql dbname=clinic user=bob' })).toBe(
      'of localhost',
    );
  });

  it.skipIf(process.platform === 'win32')(
    'is not read from a passfile that others may read',
    async () => {
      const file = await home.put('.pgpass', `*:*:*:*:${CANARY}`, 0o640);
      const refusal = await home.refusalOf({ url: place });
      expect(refusal).toContain(`chmod 600 '${file}'`);
      expect(refusal).not.toContain(CANARY);
    },
  );

  it('is in no JSON, no inspection and no text of the settings, and reaches libpq by its environment', async () => {
    const settings = await home.resolve({ url: place.replace('ann', `ann:${CANARY}`) });
    const texts = [
      JSON.stringify(settings),
      inspect(settings, { depth: 9, showHidden: true }),
      String(settings.password),
      `${settings.password}`,
    ];
    for (const text of texts) expect(text).not.toContain(CANARY);
    expect(libpqEnvironment(settings, { applicationName: 'test' })).toMatchObject({
      PGPASSWORD: CANARY,
      PGPASSFILE: '/dev/null',
    });
  });

  it.each([
    { url: `postgresql://ann:${CANARY}@localhost:99999/clinic` },
    { url: `postgresql://ann:${CANARY}@a,b:1,c/clinic?port=1,2` },
    { url: `postgresql://ann:${CANARY}@localhost/clinic?sslmode=no` },
    { url: `postgresql://ann:${CANARY}@localhost/clinic?nonsense=1` },
    { url: `postgresql://ann:${CANARY}@localhost/clinic?service=none` },
    { url: `host=localhost password=${CANARY} port=x` },
    { parameters: { host: 'a,b', port: '1,2,3', password: CANARY } },
  ])('is in no refusal (%#)', async (source) => {
    expect(await home.refusalOf(source)).not.toContain(CANARY);
  });
});
