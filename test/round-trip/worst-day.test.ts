import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { clinicRows } from '../../demo/clinic-rows.ts';
import { clinicSchema } from '../../demo/clinic-schema.ts';
import { codeBlocks, readDocument, sectionOf, tableRows } from '../fixtures/document.ts';
import { type GuardedServer, startGuardedServer } from '../fixtures/guarded-server.ts';
import { type Finished, makeWorkspace, type Workspace } from '../fixtures/holdfast.ts';
import { backUp } from '../fixtures/set.ts';

const README = await readDocument('README.md');
/** What a person on the worst day finds: what happened, and the commands for it. */
const ROWS = tableRows(sectionOf(README, '## On the worst day')).map(([what = '', typed = '']) => ({
  what,
  commands: [...typed.matchAll(/(?:^|`)holdfast ([^`]+)/g)].map(([, words = '']) => words),
  options: [...typed.matchAll(/`(--[^`]+)`/g)].map(([, words = '']) => words),
}));
/** How README has the two roles made. */
const ROLES = codeBlocks(sectionOf(README, '## Your own database'))
  .filter(({ language }) => language === 'sql')
  .map(({ text }) => text)
  .join('\n');
const PASSWORDS = {
  backup: 'reads-only',
  clinic_restore: 'restores',
  postgres: 'of-the-new-server',
};
/** Rows that other tests follow: they need AWS, or no Holdfast at all. */
const ELSEWHERE = ['a set of the stack in AWS is to be restored there', 'Holdfast is gone'];

const VITALS = 800;
const PASSPHRASE = 'six words that nobody has guessed';

/** An administrator as a managed service gives one: no superuser, and it may pass on the rights of README's roles. */
const ADMINISTRATOR = (major: number) => `
  CREATE ROLE admin CREATEDB CREATEROLE;
  ${major < 16 ? '' : 'GRANT pg_read_all_data, pg_signal_backend TO admin WITH ADMIN OPTION;'}
  SET SESSION AUTHORIZATION admin;
  CREATE ROLE clinic_owner; CREATE ROLE clinic_app LOGIN; ${major < 16 ? '' : 'GRANT clinic_owner TO admin;'}`;

const CLINIC = `SET ROLE clinic_owner; ${clinicSchema};${clinicRows({ vitals: VITALS })}
  CREATE FUNCTION stamp() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
  CREATE TRIGGER stamp BEFORE INSERT ON vitals_samples FOR EACH ROW EXECUTE FUNCTION stamp();
  GRANT SELECT ON ALL TABLES IN SCHEMA public TO clinic_app`;

const majors = inject('postgres').majors.filter(({ major }) => major === 15 || major === 17);

describe.each(majors)('On the worst day, on PostgreSQL $major', (tools) => {
  /** One major follows README without a config file, the other with README's own. */
  const hasConfig = tools.major === 17;
  let server: GuardedServer;
  let newServer: GuardedServer;
  let workspace: Workspace;
  let breakGlass: string;

  beforeAll(async () => {
    server = await startGuardedServer({ tools });
    newServer = await startGuardedServer({ tools, overTcp: 'scram-sha-256' });
    await server.query(ADMINISTRATOR(tools.major));
    await server.query('CREATE DATABASE clinic OWNER clinic_owner');
    await server.query(CLINIC, 'clinic');
    await server.query(`SET SESSION AUTHORIZATION admin; ${ROLES}`, 'clinic');
    await server.query(passwordsFor(['backup', 'clinic_restore']));
    await newServer.query(`CREATE ROLE postgres SUPERUSER LOGIN; ${passwordsFor(['postgres'])}`);
    workspace = await makeWorkspace({ env: { HOLDFAST_KEY_FILE: '' } });
    await writeHome();
    breakGlass = await makeBreakGlass();
    await backUp(workspace, hasConfig ? ['--plan', 'nightly'] : []);
    const drilled = await workspace.run(['drill']);
    expect(drilled.status, drilled.stderr + drilled.stdout).toBe(0);
  });
  afterAll(async () => {
    await workspace?.remove();
    await newServer?.stop();
    await server?.stop();
  });

  /** What README has a person write down: the address, and passwords in ~/.pgpass. */
  async function writeHome(): Promise<void> {
    const { folder, env } = workspace;
    const url = (user: string) => `postgresql://${user}@/clinic?host=${server.host}`;
    const lines = [
      `${server.host}:5432:*:backup:${PASSWORDS.backup}`,
      `${server.host}:5432:*:clinic_restore:${PASSWORDS.clinic_restore}`,
      `localhost:${newServer.port}:*:postgres:${PASSWORDS.postgres}`,
    ];
    await writeFile(join(folder, '.pgpass'), `${lines.join('\n')}\n`, { mode: 0o600 });
    if (hasConfig) await writeFile(join(folder, 'holdfast.yaml'), await configOf(url('backup')));
    else
      Object.assign(env, {
        DATABASE_URL: url('backup'),
        RESTORE_DATABASE_URL: url('clinic_restore'),
      });
  }

  /** README's own, with the places of this machine. */
  async function configOf(url: string): Promise<string> {
    const [text = ''] = codeBlocks(README).flatMap(({ language, text: code }) =>
      language === 'yaml' ? [code] : [],
    );
    const { alerts: _alerts, ...config } = parse(text);
    config.databases.clinic.url = url;
    config.repositories = { local: { folder: './backups' }, cloud: { folder: './cloud' } };
    return stringify(config);
  }

  async function makeBreakGlass(): Promise<string> {
    if (!hasConfig) return '';
    const made = await workspace.run(['keygen', '--break-glass', '--json'], {
      HOLDFAST_PASSPHRASE: PASSPHRASE,
    });
    expect(made.status, made.stderr).toBe(0);
    return made.json<{ privatePath: string }>().privatePath;
  }

  const type = async (words: string, more: readonly string[] = []): Promise<Finished> => {
    const here = words.replace('@newhost', `@localhost:${newServer.port}`).split(' ');
    const finished = await workspace.run([...here, ...more], { HOLDFAST_PASSPHRASE: PASSPHRASE });
    expect(finished.status, `holdfast ${words} ${more.join(' ')}: ${finished.stderr}`).toBe(0);
    return finished;
  };
  /** Types what a row says, as it stands there. */
  const follow = async (what: string, more: readonly string[] = []): Promise<void> => {
    for (const command of rowOf(what).commands) await type(command, more);
  };
  const count = async (table: string, at = server): Promise<unknown> =>
    at.query(`SELECT count(*)::int AS rows FROM ${table}`, 'clinic');
  const all = [{ rows: VITALS }];
  const databases = async () =>
    (await server.query('SELECT datname FROM pg_database ORDER BY 1')) as { datname: string }[];

  it.each(
    ROWS.map(({ what }) => what).filter((what) => !ELSEWHERE.includes(what)),
  )('the row "%s" is followed by a test', (what) => {
    expect(Object.keys(SCENES)).toContain(what);
  });

  const SCENES: Record<string, () => Promise<void>> = {
    'a table was wiped or dropped': async () => {
      const what = 'a table was wiped or dropped';
      for (const disaster of ['TRUNCATE vitals_samples', 'DROP TABLE vitals_samples']) {
        await server.query(disaster, 'clinic');
        await follow(what);
        expect(await count('vitals_samples'), disaster).toEqual(all);
      }
      const [{ owner } = { owner: '' }] = (await server.query(
        "SELECT tableowner AS owner FROM pg_tables WHERE tablename = 'vitals_samples'",
        'clinic',
      )) as { owner: string }[];
      expect(owner).toBe('clinic_owner');
    },
    'rows are wrong, and the table is still in use': async () => {
      await follow('rows are wrong, and the table is still in use');
      expect(await count('users_restored')).toEqual(await count('users'));
      await server.query('DROP TABLE users_restored', 'clinic');
    },
    'the database is broken': async () => {
      await server.query('TRUNCATE patients CASCADE', 'clinic');
      const application = await server.connect('clinic_app', 'clinic');
      await follow('the database is broken');
      await application.end().catch(() => undefined);
      expect(await count('vitals_samples')).toEqual(all);
      expect(
        (await databases()).filter(({ datname }) => /clinic_replaced/.test(datname)),
      ).toHaveLength(1);
    },
    'the database is gone': async () => {
      await server.query('DROP DATABASE clinic WITH (FORCE)');
      await follow('the database is gone');
      expect(await count('vitals_samples')).toEqual(all);
    },
    'the server is gone': async () => {
      await follow('the server is gone');
      expect(await count('vitals_samples', newServer)).toEqual(all);
    },
    'what would it do?': async () => {
      const [option = ''] = rowOf('what would it do?').options;
      await server.query('TRUNCATE vitals_samples', 'clinic');
      for (const what of [
        'a table was wiped or dropped',
        'rows are wrong, and the table is still in use',
        'the database is broken',
      ])
        await follow(what, [option]);
      expect(await count('vitals_samples')).toEqual([{ rows: 0 }]);
      await follow('a table was wiped or dropped');
    },
    'the disk with the backups is gone': async () => {
      if (!hasConfig) return;
      await rm(workspace.backups, { recursive: true });
      await server.query('TRUNCATE vitals_samples', 'clinic');
      await follow('the disk with the backups is gone');
      expect(await count('vitals_samples')).toEqual(all);
      expect(await workspace.objects()).toContainEqual(expect.stringContaining('/manifest.json'));
      await type('drill');
    },
    'the rows lie in a cold storage class': async () => {
      const [option = ''] = rowOf('the rows lie in a cold storage class').options;
      await server.query('TRUNCATE vitals_samples', 'clinic');
      await follow('a table was wiped or dropped', option.split(' '));
      expect(await count('vitals_samples')).toEqual(all);
    },
    'the key is gone': async () => {
      if (!hasConfig) return;
      const [option = ''] = rowOf('the key is gone').options;
      await rm(join(workspace.folder, '.config/holdfast/key'));
      await server.query('TRUNCATE vitals_samples', 'clinic');
      const here = option.replace('break-glass.pem', breakGlass);
      await follow('a table was wiped or dropped', here.split(' '));
      expect(await count('vitals_samples')).toEqual(all);
    },
  };

  it.each(Object.keys(SCENES))('README helps: %s', async (what) => {
    await SCENES[what]?.();
  });
});

function rowOf(what: string): (typeof ROWS)[number] {
  const found = ROWS.find((row) => row.what === what);
  if (found === undefined) throw new Error(`README has no row "${what}"`);
  return found;
}

function passwordsFor(roles: readonly (keyof typeof PASSWORDS)[]): string {
  return roles.map((role) => `ALTER ROLE ${role} PASSWORD '${PASSWORDS[role]}'`).join('; ');
}
