import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { connectionOf } from '../../engine/composition/connections.ts';
import { loadConfig } from '../../engine/composition/load-config.ts';
import { restoreTarget } from '../../engine/composition/restore-target.ts';

const URL = 'postgresql://backup@/clinic?host=/run/pg';

describe('the login of a restore', () => {
  let folder: string;
  let passfile: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'hf-restore-login-'));
    passfile = join(folder, 'pgpass');
    await writeFile(passfile, '/run/pg:5432:clinic:restorer:from-passfile\n', { mode: 0o600 });
    await writeFile(join(folder, '.env'), `DATABASE_URL=${URL}\nRESTORE_DATABASE_URL=${urlOf()}\n`);
  });
  afterAll(() => rm(folder, { recursive: true }));

  async function load(database: object, env: Record<string, string> = {}) {
    const config = {
      project: 'p',
      databases: { clinic: database },
      repositories: { local: { folder: 'r' } },
      plans: {},
    };
    const configPath = join(folder, 'holdfast.yaml');
    await writeFile(configPath, stringify(config));
    return loadConfig({ configPath, env: { PGPASSFILE: passfile, ...env }, cwd: folder });
  }

  it('is the role of restoreAs with its password of the passfile, whatever password backups have', async () => {
    const loaded = await load({ url: URL, restoreAs: { user: 'restorer' } }, { PGPASSWORD: 'no' });
    const settings = await restoreTarget(loaded, 'clinic');
    expect(settings).toMatchObject({ host: '/run/pg', database: 'clinic', user: 'restorer' });
    expect(settings.password?.reveal()).toBe('from-passfile');
    const own = await connectionOf(loaded, 'clinic');
    expect(own).toMatchObject({ user: 'backup' });
    expect(own.password?.reveal()).toBe('no');
  });

  it('makes databases from the maintenance database of the config, for an address too', async () => {
    const loaded = await load({ url: URL, maintenanceDatabase: 'defaultdb' });
    for (const to of ['clinic', 'postgresql://backup@/copy?host=/run/pg'])
      expect(await restoreTarget(loaded, to)).toMatchObject({ maintenanceDatabase: 'defaultdb' });
  });

  it('has no password where only that of backups is known', async () => {
    const loaded = await load({ url: URL, restoreAs: { user: 'other' } }, { PGPASSWORD: 'no' });
    const settings = await restoreTarget(loaded, 'clinic');
    expect(settings.password).toBeUndefined();
    expect(settings.passwordHint).toContain(
      `PGPASSWORD is not used for the role that restores. Add a line to ${passfile} (mode 600): /run/pg:5432:*:other:PASSWORD;`,
    );
  });

  it('needs nothing of the login of backups', async () => {
    const database = {
      url: URL,
      passwordEnv: 'GONE',
      restoreAs: { user: 'restorer', passwordEnv: 'RESTORE_PASSWORD' },
    };
    const loaded = await load(database, { RESTORE_PASSWORD: 'secret' });
    expect((await restoreTarget(loaded, 'clinic')).password?.reveal()).toBe('secret');
    await expect(restoreTarget(await load(database), 'clinic')).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: 'the environment has no RESTORE_PASSWORD, which restoreAs.passwordEnv names',
    });
  });

  it.each([
    ['nobody', {}],
    ['two logins', { user: 'restorer', passwordEnv: 'A', iam: true }],
    ['a password', { user: 'restorer', password: 'hunter2' }],
  ])('is refused with %s', async (_what, restoreAs) => {
    await expect(load({ url: URL, restoreAs })).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
  });

  it.each([
    [
      'the environment',
      { fromEnvironment: true },
      { DATABASE_URL: URL, RESTORE_DATABASE_URL: urlOf() },
    ],
    ['the env file of the database', { envFile: '.env' }, {}],
  ])('is RESTORE_DATABASE_URL of %s', async (_what, database, env) => {
    const settings = await restoreTarget(await load(database, env), 'clinic');
    expect(settings).toMatchObject({ host: '/run/pg', user: 'restorer', database: 'clinic' });
    expect(settings.password?.reveal()).toBe('hunter2');
  });

  it('is not RESTORE_DATABASE_URL where the config says itself where the database is', async () => {
    const loaded = await load({ url: URL }, { RESTORE_DATABASE_URL: urlOf() });
    expect(await restoreTarget(loaded, 'clinic')).toMatchObject({ user: 'backup' });
  });

  it.each([
    '/elsewhere',
    '/run/pg&port=5433',
    '/run/pg&dbname=other',
  ])('refuses a RESTORE_DATABASE_URL that leads to another database than --to: host=%s', async (host) => {
    const env = { DATABASE_URL: URL, RESTORE_DATABASE_URL: urlOf(host) };
    const loaded = await load({ fromEnvironment: true }, env);
    await expect(restoreTarget(loaded, 'clinic')).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.not.stringContaining('hunter2'),
    });
  });
});

function urlOf(host = '/run/pg'): string {
  return `postgresql://restorer:hunter2@/clinic?host=${host}`;
}
