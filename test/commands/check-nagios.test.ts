import { spawnSync } from 'node:child_process';
import { chmod, mkdir, readdir, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeConfig } from '../fixtures/config.ts';
import { makeDatabase, type TestDatabase } from '../fixtures/database.ts';
import { codeBlocks, readDocument, sectionOf } from '../fixtures/document.ts';
import { makeWorkspace, type Workspace } from '../fixtures/holdfast.ts';
import { type Hook, startHook } from '../fixtures/hook.ts';
import { parsePluginOutput } from '../fixtures/plugin-output.ts';
import { backUp } from '../fixtures/set.ts';

const NAGIOS = ['check', '--format', 'nagios'];

describe('holdfast check --format nagios', () => {
  let database: TestDatabase;
  let workspace: Workspace;
  let hook: Hook;

  const configure = (parts: object = {}) =>
    writeConfig(workspace, {
      databases: { clinic: { url: database.url } },
      plans: { nightly: { maxAge: '26h' } },
      ...parts,
    });
  const alerting = () => ({
    alerts: { webhook: { url: hook.url }, stateFolder: './state' },
    heartbeatUrl: hook.url,
  });
  const unknown = async (args: readonly string[]) => {
    const { status, stdout, stderr } = await workspace.run(args);
    expect({ status, stderr }, args.join(' ')).toEqual({ status: 3, stderr: '' });
    const shown = parsePluginOutput(stdout);
    expect(shown).toMatchObject({ status: 'UNKNOWN', metrics: [] });
    return [shown.summary, ...shown.details].join('\n');
  };

  beforeAll(async () => {
    hook = await startHook();
    database = await makeDatabase({ sql: 'CREATE TABLE t AS SELECT 1 AS i' });
    workspace = await makeWorkspace();
    await configure();
    await backUp(workspace);
  });

  afterAll(async () => {
    await hook.stop();
    await workspace.remove();
    await database.drop();
  });

  it('prints the status line first, with the ages behind it', async () => {
    await configure();
    const { status, stdout, stderr } = await workspace.run(NAGIOS);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(parsePluginOutput(stdout)).toMatchObject({
      status: 'OK',
      summary: '1 fresh',
      details: [
        expect.stringContaining('[OK] clinic/nightly in local: fresh'),
        expect.stringContaining('[OK] repository local: disk'),
      ],
      metrics: [{ label: 'clinic/nightly/local/age', uom: 's', critical: '93600', min: '0' }],
    });
  });

  it('prints what is worst, and exits with its status', async () => {
    await configure({ plans: { nightly: { maxAge: '26h' }, weekly: {} } });
    const { status, stdout } = await workspace.run(NAGIOS);
    expect(status).toBe(2);
    expect(parsePluginOutput(stdout)).toMatchObject({
      status: 'CRITICAL',
      summary: '1 missing, 1 fresh; clinic/weekly in local: no backup set',
    });
  });

  it('prints every failure of its own as UNKNOWN, on stdout', async () => {
    await configure();
    expect(await unknown([...NAGIOS, '--repository', 'nosuch'])).toContain('nosuch');
    expect(await unknown([...NAGIOS, '--config', 'absent.yaml'])).toContain('absent.yaml');
    expect(await unknown([...NAGIOS, '--nonsense'])).toContain("unknown option '--nonsense'");
    expect(await unknown(['check', '--format', 'nagis'])).toContain('Allowed choices are');
    expect(await unknown(['check', '--format=nagios', '--json'])).toContain('exclude each other');
    await configure({ projct: 'x', plans: { nightly: { kep: '1d' } } });
    const wrong = await unknown(NAGIOS);
    expect(wrong).toContain('projct');
    expect(wrong).toContain('kep');
  });

  it('says below the status line that an alert could not be delivered', async () => {
    await configure({ ...alerting(), plans: { weekly: {} } });
    hook.answers(404);
    const { status, stdout, stderr } = await workspace.run([...NAGIOS, '--quiet']);
    hook.answers(200);
    expect({ status, stderr }).toEqual({ status: 2, stderr: '' });
    expect(parsePluginOutput(stdout)).toMatchObject({ status: 'CRITICAL' });
    expect(stdout).toMatch(
      /\nwarning: an alert could not be delivered to the webhook: HTTP 404\n$/,
    );
  });

  it('with --no-alerts sends nothing and records nothing, whatever it finds', async () => {
    hook.requests.length = 0;
    await rm(join(workspace.folder, 'state'), { recursive: true, force: true });
    await configure(alerting());
    expect(await workspace.run([...NAGIOS, '--no-alerts'])).toMatchObject({ status: 0 });
    await configure({ ...alerting(), plans: { weekly: {} } });
    expect(await workspace.run(['check', '--no-alerts'])).toMatchObject({ status: 2 });
    await unknown([...NAGIOS, '--no-alerts', '--repository', 'nosuch']);
    expect(hook.requests).toEqual([]);
    expect(await readdir(workspace.folder)).not.toContain('state');
    expect(await workspace.run(['check'])).toMatchObject({ status: 2 });
    expect(hook.requests).toHaveLength(1);
  });

  describe('as a status file for a user who may not read the repository', () => {
    const NOBODY = 65_534;
    let folder: string;

    /** The scripts of docs/MONITORING.md, with the paths of this test. */
    const install = async () => {
      const document = await readDocument('docs/MONITORING.md');
      const recipe = sectionOf(document, '#### A monitoring user who may not read the repository');
      const scripts = codeBlocks(recipe).filter(({ text }) => text.startsWith('#!'));
      folder = join(workspace.folder, 'status-folder');
      await mkdir(folder, { recursive: true });
      const root = join(import.meta.dirname, '../..');
      const [writer, plugin] = await Promise.all(
        scripts.map(async ({ text }, index) => {
          const path = join(folder, `script-${index}`);
          const adapted = text
            .replaceAll('/run/holdfast-status', folder)
            .replaceAll('/usr/local/bin/holdfast', `"${process.execPath}" ${root}/bin/holdfast.ts`)
            .replaceAll('/etc/holdfast', workspace.folder);
          await writeFile(path, adapted);
          await chmod(path, 0o755);
          return path;
        }),
      );
      return { writer: writer ?? '', plugin: plugin ?? '' };
    };
    const start = (path: string, user?: number) => {
      const env = { ...workspace.env, PATH: process.env.PATH ?? '' };
      const identity = user === undefined ? {} : { uid: user, gid: user };
      const { status, stdout } = spawnSync(path, { env, cwd: '/', encoding: 'utf8', ...identity });
      return { status, stdout };
    };

    it('shows that user the same output and status, and UNKNOWN when it is old', async () => {
      const { writer, plugin } = await install();
      await configure({ plans: { weekly: {} } });
      const user = process.getuid?.() === 0 ? NOBODY : undefined;
      await chmod(workspace.backups, 0o700);
      await chmod(workspace.folder, 0o711);
      expect(start(plugin, user)).toMatchObject({
        status: 3,
        stdout: expect.stringMatching(/^HOLDFAST UNKNOWN: .* is absent or older/),
      });
      expect(start(writer)).toEqual({ status: 0, stdout: '' });
      const status = join(folder, 'status');
      expect((await stat(status)).mode & 0o777).toBe(0o644);
      const shown = start(plugin, user);
      expect(shown.status).toBe(2);
      expect(parsePluginOutput(shown.stdout)).toMatchObject({
        status: 'CRITICAL',
        summary: '1 missing; clinic/weekly in local: no backup set',
      });
      const old = new Date(Date.now() - 3_700_000);
      await utimes(status, old, old);
      expect(start(plugin, user)).toMatchObject({ status: 3 });
    });
  });
});
