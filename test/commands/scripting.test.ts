import { execFile } from 'node:child_process';
import { appendFile, chmod, mkdir, readFile, symlink, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { awsEnvironment, makeBucket } from '../fixtures/aws.ts';
import { writeConfig } from '../fixtures/config.ts';
import { makeCrontab } from '../fixtures/crontab.ts';
import { makeDatabase, type TestDatabase, urlOf } from '../fixtures/database.ts';
import { codeBlocks, ROOT, readDocument, sectionOf, tableRows } from '../fixtures/document.ts';
import { type Finished, makeWorkspace, type Workspace } from '../fixtures/holdfast.ts';
import { compareWithPromise, promisedFields } from '../fixtures/promised-fields.ts';
import { fileOf } from '../fixtures/set.ts';

const CLINIC = `
  CREATE EXTENSION hstore;
  CREATE TABLE patients (id int PRIMARY KEY, name text);
  CREATE TABLE samples (id int, patient int REFERENCES patients) PARTITION BY RANGE (id);
  CREATE TABLE samples_1 PARTITION OF samples FOR VALUES FROM (0) TO (1000);
  CREATE TABLE sessions (id int);
  INSERT INTO patients SELECT n, 'x' FROM generate_series(1, 20) n;
  INSERT INTO samples SELECT n, 1 FROM generate_series(1, 300) n;
  INSERT INTO sessions VALUES (1)`;

/** A collation that this machine can not make, as a drill lists it among its exceptions. */
const OF_ANOTHER_SYSTEM = `
  CREATE COLLATION other (locale = 'C');
  UPDATE pg_collation SET collcollate = 'xx_XX.utf8', collctype = 'xx_XX.utf8' WHERE collname = 'other'`;

describe('docs/SCRIPTING.md, held against the real command line', () => {
  let document: string;
  let clinic: TestDatabase;
  let empty: TestDatabase;
  let workspace: Workspace;
  const outputs = new Map<string, unknown[]>();
  const lines: Record<string, unknown>[] = [];

  /** Runs a command with --json, and keeps what it wrote. */
  async function record(args: readonly string[], status = 0): Promise<Finished> {
    const finished = await workspace.run([...args, '--json']);
    expect(finished, `${args.join(' ')}: ${finished.stderr}`).toMatchObject({ status });
    const [command = ''] = args;
    if (finished.stdout !== '')
      outputs.set(command, [...(outputs.get(command) ?? []), finished.json()]);
    for (const line of finished.stderr.split('\n').filter((text) => text !== ''))
      lines.push(JSON.parse(line));
    return finished;
  }

  /** From a crontab of this test, and from no other. */
  async function uninstallSchedule(): Promise<void> {
    const { bin } = await makeCrontab(workspace.folder);
    const removal = await workspace.run(
      ['schedule', '--uninstall', '--kind', 'cron', '--config', 'other.yaml', '--json'],
      { PATH: `${bin}:${workspace.env.PATH}` },
    );
    expect(removal, removal.stderr).toMatchObject({ status: 0 });
    outputs.set('schedule', [...(outputs.get('schedule') ?? []), removal.json()]);
  }

  /** Every command in every shape of its output. */
  async function runEverything(): Promise<void> {
    const to = ['--to', empty.url];
    // No extension of PostgreSQL itself has a configuration table.
    await clinic.query(
      `CREATE TABLE conf (id int); ALTER EXTENSION hstore ADD TABLE conf;
       UPDATE pg_extension SET extconfig = ARRAY['conf'::regclass::oid], extcondition = ARRAY['']
       WHERE extname = 'hstore'`,
    );
    await record(['backup']);
    await record(['show', 'clinic/default/latest']);
    await clinic.query(
      `UPDATE pg_extension SET extconfig = NULL, extcondition = NULL WHERE extname = 'hstore';
       ALTER EXTENSION hstore DROP TABLE conf; DROP TABLE conf;
       CREATE TABLE leaves AS SELECT 1 AS n;
       CREATE TABLE empties AS SELECT n FROM generate_series(1, 20000) n`,
    );
    await record(['backup']);
    await record(['init', '--config', 'other.yaml']);
    await record(['init', '--config', 'bucket.yaml', '--bucket', (await makeBucket()).name]);
    await record(['doctor', '--env-file', 'none'], 2);
    await record(['doctor']);
    await record(['keygen', '--out', 'another-key']);
    await record(['keygen', '--break-glass', '--out', 'break-glass.pem']);
    const { id } = (
      await record(['backup', '--exclude-table', 'sessions', '--label', 'for show', '--hold'])
    ).json<{ id: string }>();
    await record(['backup', '--table', 'samples']);
    await record(['show', 'clinic/default/latest']);
    await record(['verify', id]);
    await record(['drill', '--notes', 'of the test']);
    await record(['show', id]);
    await record(['list']);
    await record(['restore', 'latest', ...to, '--dry-run']);
    await record(['restore', 'latest', ...to]);
    await record(['restore', 'latest', ...to, '--table', 'patients', '--as', 'patients_restored']);
    await record(['restore', 'latest', ...to], 1);
    await record(['restore', 'latest', ...to, '--overwrite', empty.name, '--end-sessions']);
    await empty.query(
      'DROP TABLE patients CASCADE; CREATE TABLE other (id int); CREATE INDEX patients_pkey ON other (id)',
    );
    await record(['restore', 'latest', ...to, '--table', 'patients', '--keep-going'], 1);
    await record(['export', 'latest', '--out', 'clinic.sql']);
    await record(['export', 'latest', '--archive', '--out', 'clinic.dump']);
    await record(['export', 'latest'], 2);
    await record(['schedule', '--kind', 'cron', '--config', 'other.yaml']);
    await record(['schedule', '--kind', 'systemd', '--config', 'other.yaml']);
    await record(['schedule', '--kind', 'cron', '--config', 'other.yaml', '--install'], 2);
    await uninstallSchedule();
    await record(['prune']);
    await record(['hold', id, '--reason', 'for show']);
    await record(['unhold', id]);
    await record(['accept', id], 1);
    await record(['copy', 'latest', '--to', 'offsite']);
    await record(['check']);
    await record(['report']);
    await record(['report', 'verify']);
    await record(['check', '--nonsense'], 3);
    await record(['backup', '--nonsense'], 2);
    await clinic.query(`DROP TABLE leaves; ${OF_ANOTHER_SYSTEM}`);
    await record(['backup']);
    await record(['verify', 'clinic/default/latest']);
    await record(['drill', '--rehearsal', '--notes', 'of the test']);
    await record(['show', 'clinic/default/latest']);
    await clinic.query('DROP COLLATION other; TRUNCATE empties');
    const unlike = (await record(['backup'])).json<{ id: string }>().id;
    await record(['verify', unlike], 1);
    await record(['accept', unlike]);
    await appendFile(await fileOf(workspace, { id, name: 'data.dump.zst.esdk' }), 'x');
    await record(['verify', id], 1);
    await record(['show', id]);
    await record(['accept', id, '--reason', 'for show']);
    await record(['hold', id]);
    await writeFile(await fileOf(workspace, { id, name: 'manifest.json' }), '{}');
    const away = join(workspace.backups, 'weekly');
    await symlink('/nowhere/at/all', away);
    await record(['list']);
    await record(['check'], 2);
    await unlink(away);
  }

  beforeAll(async () => {
    document = await readDocument('docs/SCRIPTING.md');
    clinic = await makeDatabase({ sql: CLINIC });
    empty = await makeDatabase();
    workspace = await makeWorkspace({
      databaseUrl: clinic.url,
      env: { ...awsEnvironment(), HOLDFAST_PASSPHRASE: 'six words of a long summer night' },
    });
    await writeConfig(workspace, {
      databases: { clinic: { fromEnvironment: true } },
      repositories: {
        local: { folder: workspace.backups },
        offsite: { folder: join(workspace.folder, 'offsite') },
      },
      plans: { default: { keep: '30d', repositories: ['local'] } },
      diskFull: 1,
    });
    await runEverything();
  });

  afterAll(async () => {
    await workspace?.remove();
    await clinic?.drop();
    for (const { datname } of (await empty?.query<{ datname: string }>(
      `SELECT datname FROM pg_database WHERE datname LIKE '${empty.name}%_'`,
    )) ?? [])
      await empty.query(`DROP DATABASE "${datname}" WITH (FORCE)`);
    await empty?.drop();
  });

  it('documents every command of `holdfast --help`, and the options that all of them have', async () => {
    const { stdout } = await workspace.run(['--help']);
    const commands = [...stdout.slice(stdout.indexOf('Commands:')).matchAll(/^ {2}([\w-]+)/gm)].map(
      ([, name]) => name,
    );
    const documented = [...sectionOf(document, '## Commands').matchAll(/^### ([\w-]+)$/gm)].map(
      ([, name]) => name,
    );
    expect(documented).toEqual(commands.filter((name) => name !== 'help'));
    const options = [...stdout.matchAll(/^ {2}(?:-\w, )?(--[\w-]+)/gm)]
      .map(([, name]) => name)
      .filter((name) => name !== '--version');
    const rows = tableRows(sectionOf(document, '## Options of every command'));
    expect(rows.map(([option = '']) => option.split(' ')[0]).sort()).toEqual(options.sort());
  });

  it.each([
    'init',
    'keygen',
    'doctor',
    'backup',
    'list',
    'show',
    'verify',
    'drill',
    'restore',
    'export',
    'prune',
    'hold',
    'unhold',
    'accept',
    'check',
    'copy',
    'schedule',
    'report',
  ])('promises exactly what %s writes, and all of it was seen here', (command) => {
    const fields = promisedFields(sectionOf(document, `### ${command}`));
    const found = (outputs.get(command) ?? []).map((output) => compareWithPromise(output, fields));
    expect(found.flatMap(({ complaints }) => complaints)).toEqual([]);
    const shown = new Set(found.flatMap((one) => [...one.shown]));
    expect(fields.map(({ path }) => path).filter((path) => !shown.has(path))).toEqual([]);
  });

  it.each(['progress', 'note', 'error'])('promises exactly what a line of type %s has', (type) => {
    const fields = promisedFields(sectionOf(document, `### ${type}`));
    const ours = lines.filter((line) => line.type === type);
    expect(ours.length).toBeGreaterThan(0);
    const found = ours.map((line) => compareWithPromise(line, fields));
    expect(found.flatMap(({ complaints }) => complaints)).toEqual([]);
    const shown = new Set(found.flatMap((one) => [...one.shown]));
    expect(fields.map(({ path }) => path).filter((path) => !shown.has(path))).toEqual([]);
  });

  it('knows no other type of line', () => {
    expect(new Set(lines.map(({ type }) => type))).toEqual(new Set(['progress', 'note', 'error']));
  });

  it('prints the id of a backup alone with --quiet', async () => {
    const { stdout, stderr } = await workspace.run(['backup', '--quiet']);
    expect(stderr).toBe('');
    expect(stdout).toMatch(/^\d{8}T\d{6}Z-[0-9a-f]{4}\n$/);
  });

  it('leaves only the error with --quiet', async () => {
    expect(await workspace.run(['backup', '--json', '--quiet'])).toMatchObject({
      status: 0,
      stderr: '',
    });
    const { stdout, stderr } = await workspace.run([
      'show',
      '20200101T000000Z-0000',
      '--json',
      '--quiet',
    ]);
    expect(stdout).toBe('');
    expect(JSON.parse(stderr)).toMatchObject({ type: 'error', code: 'SET_NOT_FOUND' });
  });

  it('has findings of doctor on stdout, and exit status 1, where one failed', async () => {
    const { status, stdout, stderr } = await workspace.run(['doctor', '--json'], {
      DATABASE_URL: urlOf('/nonexistent', 'clinic'),
    });
    expect({ status, stderr }).toEqual({ status: 1, stderr: '' });
    const { complaints } = compareWithPromise(
      JSON.parse(stdout),
      promisedFields(sectionOf(document, '### doctor')),
    );
    expect(complaints).toEqual([]);
    expect(JSON.parse(stdout)).toMatchObject({ isWell: false });
  });

  describe('its examples', () => {
    let folder: string;
    let env: Record<string, string>;

    beforeAll(async () => {
      folder = join(workspace.folder, 'srv/clinic');
      await mkdir(folder, { recursive: true });
      const program = join(workspace.folder, 'bin/holdfast');
      await mkdir(join(workspace.folder, 'bin'));
      await writeFile(
        program,
        `#!/bin/sh\nexec '${process.execPath}' -- '${join(ROOT, 'bin/holdfast.ts')}' "$@"\n`,
      );
      await chmod(program, 0o755);
      await writeFile(
        join(folder, '.env'),
        `DATABASE_URL='${clinic.url}'\nHOLDFAST_KEY_FILE=${workspace.keyFile}\n`,
      );
      env = {
        HOME: workspace.folder,
        PATH: '/usr/bin:/bin',
        TMPDIR: workspace.env.TMPDIR ?? '/tmp',
      };
      const { HOLDFAST_POSTGRES_BIN } = process.env;
      if (HOLDFAST_POSTGRES_BIN !== undefined)
        await appendFile(join(folder, '.env'), `HOLDFAST_POSTGRES_BIN=${HOLDFAST_POSTGRES_BIN}\n`);
    });

    it('run in cron as they stand, and fill the log', async () => {
      const [crontab] = codeBlocks(sectionOf(document, '## In cron'));
      const entries = (crontab?.text ?? '').trim().split('\n');
      expect(entries).toHaveLength(2);
      for (const entry of entries) {
        const command = entry
          .split(' ')
          .slice(5)
          .join(' ')
          .replaceAll('/usr/local', workspace.folder)
          .replaceAll('/srv/clinic', folder)
          .replaceAll('/var/log', workspace.folder);
        await promisify(execFile)('/bin/sh', ['-c', command], { cwd: '/', env });
      }
      const log = await readFile(join(workspace.folder, 'holdfast.log'), 'utf8');
      expect(log).toMatch(/^\d{8}T\d{6}Z-\w{4}\n/);
      expect(log).toMatch(/Result: PASS/);
    });

    it('run in a shell as they stand', async () => {
      const script = codeBlocks(sectionOf(document, '## In a shell script'))[0]?.text ?? '';
      const copy = await makeDatabase();
      await copy.drop();
      const from = {
        HOLDFAST_KEY_FILE: workspace.keyFile,
        DATABASE_URL: clinic.url,
        STAGING: copy.url,
      };
      const settings = {
        ...env,
        ...workspace.env,
        ...from,
        PATH: `${join(workspace.folder, 'bin')}:${workspace.env.PATH}`,
      };
      await promisify(execFile)('/bin/sh', ['-c', script], { cwd: folder, env: settings });
      expect(await copy.query('SELECT count(*)::int FROM samples')).toEqual([{ count: 300 }]);
      await copy.drop();
      const failing = promisify(execFile)('/bin/sh', ['-c', script], {
        cwd: folder,
        env: { ...settings, DATABASE_URL: urlOf('/nonexistent', 'x') },
      });
      await expect(failing).rejects.toMatchObject({
        code: 75,
        stderr: expect.stringContaining('"code":"CONNECTION_FAILED"'),
      });
    });
  });
});
