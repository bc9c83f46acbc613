import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { connectionOf, connectionOfTarget } from '../../engine/composition/connections.ts';
import { loadConfig } from '../../engine/composition/load-config.ts';

const ELSEWHERE = {
  PGHOST: '/other',
  PGPORT: '9',
  PGUSER: 'other',
  PGDATABASE: 'other',
  DB_HOST: '/guide',
  DB_USER: 'guide',
  DB_PORT: '8',
};

describe('the connection of a database in the config', () => {
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'hf-config-'));
    await writeFile(
      join(folder, '.env'),
      'DB_HOST="/from/file"\nDB_NAME=ward # of the guide\nDB_PASSWORD="p@ss word"\nPGUSER=file\n',
    );
  });

  afterAll(() => rm(folder, { recursive: true }));

  async function load(database: object, env: Record<string, string> = {}) {
    const config = {
      project: 'p',
      databases: { clinic: database },
      repositories: { local: { folder: 'r' } },
      plans: {},
    };
    await writeFile(join(folder, 'holdfast.yaml'), stringify(config));
    return loadConfig({ env: { PGPASSFILE: '/nonexistent', ...env }, cwd: folder });
  }

  it('that names a server gets no part of the one that DATABASE_URL or DB variables name, fromEnvironment or not', async () => {
    const places = [
      { host: '/run/pg' },
      { url: 'host=/run/pg' },
      { url: 'postgresql:///?host=/run/pg' },
    ];
    const environments = [
      { DB_HOST: '/guide', DB_PORT: '8' },
      { DATABASE_URL: 'postgresql://no:9/clinic?hostaddr=10.9.9.9' },
      { DATABASE_URL: 'host=no port=9 target_session_attrs=standby service=none' },
    ];
    for (const place of places)
      for (const env of environments) {
        const loaded = await load({ ...place, user: 'ann', fromEnvironment: true }, env);
        const { host, hostaddr, port, targetSession } = await connectionOf(loaded, 'clinic');
        expect({ host, hostaddr, port, targetSession }).toEqual({ host: '/run/pg', port: 5432 });
      }
  });

  it.each([
    'constructor',
    'toString',
    '__proto__',
  ])('is not the database %s, which no config has', async (name) => {
    const loaded = await load({ host: '/run/pg', user: 'ann' });
    for (const connection of [
      () => connectionOf(loaded, name),
      () => connectionOfTarget(loaded, name),
    ])
      await expect(async () => connection()).rejects.toMatchObject({ code: 'USAGE' });
  });

  it('gets no half of another place from the environment, but its password and time-out', async () => {
    const env = {
      ...ELSEWHERE,
      PGHOSTADDR: '10.9.9.9',
      PGTARGETSESSIONATTRS: 'standby',
      PGLOADBALANCEHOSTS: 'random',
      PGSERVICE: 'other',
      PGPASSWORD: 'secret',
      DB_PASSWORD: 'no',
      PGCONNECT_TIMEOUT: '3',
      DATABASE_URL: 'postgresql://no@no/no',
    };
    const settings = await connectionOf(
      await load({ host: '/run/pg', user: 'ann' }, env),
      'clinic',
    );
    expect(settings).toMatchObject({
      host: '/run/pg',
      port: 5432,
      user: 'ann',
      database: 'ann',
      hostaddr: undefined,
      targetSession: undefined,
      isShuffled: false,
      connectTimeoutSeconds: 3,
    });
    expect(settings.password?.reveal()).toBe('secret');
  });

  it('takes its envFile, whose lines win over the environment', async () => {
    const settings = await connectionOf(
      await load({ envFile: '.env', port: 7 }, { ...ELSEWHERE, PGHOST: '', PGDATABASE: '' }),
      'clinic',
    );
    expect(settings).toMatchObject({ host: '/from/file', port: 7, user: 'file', database: 'ward' });
    expect(settings.password?.reveal()).toBe('p@ss word');
  });

  it('takes the environment where the config says so, and the URL of the config before DATABASE_URL', async () => {
    const env = { ...ELSEWHERE, DATABASE_URL: 'postgresql://ann@/ward?host=/url' };
    expect(await connectionOf(await load({ fromEnvironment: true }, env), 'clinic')).toMatchObject({
      host: '/url',
      port: 9,
      user: 'ann',
    });
    const own = { fromEnvironment: true, url: 'postgresql:///own' };
    expect(await connectionOf(await load(own, env), 'clinic')).toMatchObject({
      host: '/other',
      database: 'own',
    });
  });

  it('takes the password from the variable that passwordEnv names, and fails where that is empty', async () => {
    const database = { host: '/run/pg', passwordEnv: 'WARD_PASSWORD' };
    const settings = await connectionOf(
      await load(database, { WARD_PASSWORD: 'secret', PGPASSWORD: 'no' }),
      'clinic',
    );
    expect(settings.password?.reveal()).toBe('secret');
    await expect(
      connectionOf(await load(database, { WARD_PASSWORD: '' }), 'clinic'),
    ).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
  });

  it('says why a service that is there can not be taken for a target, and that another name is none', async () => {
    const services = join(folder, 'services.conf');
    await writeFile(services, '[dr]\nhost=/run/pg\nport=abc\n[good]\nhost=/run/pg\n');
    const loaded = await load({ host: '/run/pg' }, { PGSERVICEFILE: services });
    await expect(connectionOfTarget(loaded, 'dr')).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: 'the port is "abc"',
    });
    await expect(connectionOfTarget(loaded, 'dt')).rejects.toMatchObject({
      code: 'USAGE',
      message: 'there is no database "dt"',
    });
    expect(await connectionOfTarget(loaded, 'good')).toMatchObject({ host: '/run/pg', port: 5432 });
  });

  it('takes one host with iam, because a token is made for it', async () => {
    const several = { host: 'a.example,b.example', user: 'ann', iam: true, region: 'eu-central-1' };
    await expect(connectionOf(await load(several), 'clinic')).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining('IAM authentication takes one host'),
    });
  });

  it('finds sslrootcert beside the config', async () => {
    const settings = await connectionOf(
      await load({ host: 'db', sslrootcert: 'ca.pem' }),
      'clinic',
    );
    expect(settings.sslrootcert).toBe(join(folder, 'ca.pem'));
  });

  it.each([
    'postgresql://ann:hunter2@db/x',
    'postgresql://db/x?password=hunter2',
    'host=db password=hunter2',
  ])('refuses a password in url and in --to, and does not repeat it (%#)', async (url) => {
    const refused = { code: 'CONFIG_INVALID', message: expect.not.stringContaining('hunter2') };
    await expect(load({ url })).rejects.toMatchObject(refused);
    const loaded = await load({ host: '/run/pg' });
    await expect(connectionOfTarget(loaded, url)).rejects.toMatchObject({
      ...refused,
      code: 'USAGE',
    });
  });
});
