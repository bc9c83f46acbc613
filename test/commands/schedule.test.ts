import { execFile } from 'node:child_process';
import { chmod, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SystemdTimers } from '../../engine/adapters/systemd-timers.ts';
import { planSchedule } from '../../engine/operations/schedule.ts';
import type { Uninstalled } from '../../engine/ports/scheduler.ts';
import { writeConfig } from '../fixtures/config.ts';
import { makeCrontab, type TestCrontab } from '../fixtures/crontab.ts';
import { makeDatabase, type TestDatabase } from '../fixtures/database.ts';
import { expectFailure } from '../fixtures/failure.ts';
import { makeWorkspace, type Workspace } from '../fixtures/holdfast.ts';
import { scheduleConfig, scheduleRequestOf } from '../fixtures/schedule-config.ts';

const run = promisify(execFile);
/** A canary that must never stand in a crontab or a unit. */
const PASSWORD = 'swordfish-4711';

interface Schedule {
  kind: string;
  isInstalled: boolean;
  entries: { name: string; operation: string; command: string; lines: string[] }[];
  files: { path: string; text: string }[];
  notes: string[];
  removed?: string[];
}

/** The zone by which daemons of this machine go. */
const MACHINE_ZONE = new Intl.DateTimeFormat().resolvedOptions().timeZone;
const ELSEWHERE = MACHINE_ZONE === 'Asia/Kathmandu' ? 'Europe/Vienna' : 'Asia/Kathmandu';

describe('holdfast schedule', () => {
  let clinic: TestDatabase;
  let workspace: Workspace;
  let crontab: TestCrontab;
  let env: Record<string, string>;
  let envFile: string;

  beforeAll(async () => {
    clinic = await makeDatabase({
      sql: 'CREATE TABLE patients (id int PRIMARY KEY); INSERT INTO patients SELECT generate_series(1, 20)',
    });
    workspace = await makeWorkspace();
    crontab = await makeCrontab(workspace.folder);
    env = { PATH: `${crontab.bin}:${workspace.env.PATH}` };
    envFile = join(workspace.folder, 'backup 100%.env');
    const brought = {
      HOLDFAST_KEY_FILE: workspace.keyFile,
      DATABASE_URL: clinic.url,
      PGPASSWORD: PASSWORD,
    };
    await writeFile(
      envFile,
      Object.entries(brought)
        .map(([name, value]) => `${name}='${value}'\n`)
        .join(''),
      { mode: 0o600 },
    );
    await scheduled({});
  });
  afterAll(async () => {
    await workspace?.remove();
    await clinic?.drop();
  });

  /** A config with one nightly plan in the machine's zone. */
  async function scheduled(plan: object): Promise<void> {
    await writeConfig(workspace, {
      databases: { clinic: { fromEnvironment: true } },
      plans: { nightly: { schedule: '0 2 * * *', timezone: MACHINE_ZONE, ...plan } },
    });
  }

  async function schedule(...args: string[]): Promise<Schedule> {
    const finished = await workspace.run(
      ['schedule', '--env-file', envFile, '--json', ...args],
      env,
    );
    expect(finished, finished.stderr).toMatchObject({ status: 0 });
    return finished.json<Schedule>();
  }

  async function readCrontab(): Promise<string> {
    return (await run(join(crontab.bin, 'crontab'), ['-l'])).stdout;
  }

  it('prints crontab lines that take a backup, verify, drill and report it with an empty environment, and fill the log', async () => {
    const log = join(workspace.folder, 'logs/of a/hold%fast.log');
    const { entries } = await schedule('--kind', 'cron', '--log', log);
    expect(entries.map(({ operation }) => operation)).toEqual([
      'backup',
      'prune',
      'rotate',
      'check',
      'seal',
      'drill',
      'report',
    ]);
    for (const { operation, lines } of entries) {
      const [line = ''] = lines;
      const command = line.split(' ').slice(5).join(' ').replaceAll('\\%', '%');
      const said = await run('env', ['-i', 'sh', '-c', command], { cwd: '/' }).catch(
        async (error: unknown) => {
          const text = await readFile(log, 'utf8').catch(() => String(error));
          throw new Error(`${operation}: ${text}`);
        },
      );
      // Cron mails what its programs say: progress goes to the log alone.
      expect(said).toMatchObject({ stdout: '', stderr: '' });
    }
    const text = await readFile(log, 'utf8');
    expect(text).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC backup nightly\/clinic\n/);
    expect(text).toMatch(/UTC prune\n[\s\S]*1 kept, 0 released/);
    expect(text).toMatch(/UTC rotate\n[\s\S]*1 of 1 warm sets read back whole/);
    expect(text).toMatch(/UTC check\n.*1 fresh/);
    expect(text).toMatch(/UTC seal\n(?:.*\n)?.*covers 5 new records/);
    expect(text).toMatch(/UTC drill clinic\n[\s\S]*Result: PASS/);
    expect(text).toMatch(/UTC report\n[\s\S]*evidence of \d{4}-\d\d\n/);
    const marks = (await workspace.objects())
      .map((key) => /\/(checked|proven)-/.exec(key)?.[1])
      .filter((mark) => mark !== undefined);
    expect(marks).toEqual(['checked', 'checked', 'proven']);
  });

  it('installs one block into the crontab, replaces it the next time, and leaves every other line', async () => {
    const mine = '# mine\n5 4 * * * /usr/bin/true 100\\%\n';
    await pipeToCrontab(mine);
    const { isInstalled, kind } = await schedule('--kind', 'cron', '--install');
    expect({ isInstalled, kind }).toEqual({ isInstalled: true, kind: 'cron' });
    const first = await readCrontab();
    expect(first.startsWith(mine)).toBe(true);
    expect(first).toContain('# holdfast test begin\n');
    await pipeToCrontab(`${first}# after\n`);
    await scheduled({ schedule: '30 3 * * *' });
    await schedule('--kind', 'cron', '--install');
    const second = await readCrontab();
    expect(second).toBe(`${first}# after\n`.replace(/^0 2 /m, '30 3 '));
    expect(second).not.toContain(PASSWORD);
    await schedule('--kind', 'cron', '--install');
    expect(await readCrontab()).toBe(second);
    await scheduled({});
  });

  it('--uninstall takes its block out of the crontab, and nothing else, as often as it is run', async () => {
    const mine = '# mine\n5 4 * * * /usr/bin/true 100\\%\n';
    const others = '# holdfast test2 begin\n1 1 * * * /usr/bin/true\n# holdfast test2 end\n';
    await pipeToCrontab(mine);
    await schedule('--kind', 'cron', '--install');
    await pipeToCrontab(`${await readCrontab()}${others}`);
    const installed = await readCrontab();
    const { isInstalled, removed = [], notes } = await schedule('--uninstall');
    expect(isInstalled).toBe(false);
    expect(removed).toHaveLength(7);
    for (const line of removed) expect(installed).toContain(line.replace(/^crontab: /, ''));
    expect(notes.at(-1)).toContain('Backups, the config and keys stay');
    expect(await readCrontab()).toBe(`${mine}${others}`);
    expect(await schedule('--uninstall', '--kind', 'cron')).toMatchObject({ removed: [] });
    expect(await readCrontab()).toBe(`${mine}${others}`);
    const both = await workspace.run(['schedule', '--install', '--uninstall', '--json'], env);
    expectFailure(both, { code: 'USAGE', status: 2 });
  });

  it('installs where the user has no crontab yet', async () => {
    const other = await makeWorkspace();
    const fresh = await makeCrontab(other.folder);
    const freshEnv = { PATH: `${fresh.bin}:${workspace.env.PATH}` };
    const { stdout } = await workspace.run(
      ['schedule', '--env-file', envFile, '--kind', 'cron', '--install'],
      freshEnv,
    );
    expect(stdout).toContain('installed; `crontab -l` shows them');
    expect((await run(join(fresh.bin, 'crontab'), ['-l'])).stdout).toMatch(
      /^# holdfast test begin\n[\s\S]*# holdfast test end\n$/,
    );
    const removal = await workspace.run(['schedule', '--uninstall'], freshEnv);
    expect(removal.stdout).toMatch(/^(?:removed: crontab: .*\n){7}$/);
    await expect(run(join(fresh.bin, 'crontab'), ['-l'])).rejects.toThrow('no crontab for');
    const again = await workspace.run(['schedule', '--uninstall'], freshEnv);
    expect(again).toMatchObject({ status: 0, stdout: 'nothing of project test is installed\n' });
    await other.remove();
  });

  it('warns of a plan in another zone, and does not install it into a crontab', async () => {
    await scheduled({ timezone: ELSEWHERE });
    const before = await readCrontab();
    const { notes, entries } = await schedule('--kind', 'cron');
    expect(notes[0]).toContain(`is meant in ${ELSEWHERE}, and cron goes by`);
    expect(entries[0]?.lines).toHaveLength(1);
    const refused = await workspace.run(
      ['schedule', '--env-file', envFile, '--kind', 'cron', '--install', '--json'],
      env,
    );
    expect(expectFailure(refused, { code: 'CONFIG_INVALID', status: 2 }).hint).toContain(
      '--kind systemd',
    );
    expect(await readCrontab()).toBe(before);
    expect((await schedule('--kind', 'systemd')).entries[0]?.lines).toContain(
      `*-*-* 02:00:00 ${ELSEWHERE}`,
    );
    await scheduled({});
  });

  it('does not install what would lack a variable of this shell, and names it without its value', async () => {
    const refused = await workspace.run(['schedule', '--kind', 'cron', '--install', '--json'], {
      ...env,
      DATABASE_URL: clinic.url,
      PGPASSWORD: PASSWORD,
    });
    const { message, hint } = expectFailure(refused, { code: 'CONFIG_INVALID', status: 2 });
    expect(message).toBe(
      'a scheduled run would not have DATABASE_URL, HOLDFAST_KEY_FILE, PGPASSWORD',
    );
    expect(hint).toContain('--env-file');
    expect(refused.stderr).not.toContain(PASSWORD);
  });

  it('leaves the crontab alone when its program fails, and says what it said', async () => {
    const broken = join(workspace.folder, 'broken-bin');
    await mkdir(broken);
    await writeFile(
      join(broken, 'crontab'),
      '#!/bin/sh\necho "you are not allowed to use this program" >&2\nexit 1\n',
    );
    await chmod(join(broken, 'crontab'), 0o755);
    const refused = await workspace.run(
      ['schedule', '--env-file', envFile, '--kind', 'cron', '--install', '--json'],
      {
        PATH: `${broken}:${workspace.env.PATH}`,
      },
    );
    expect(expectFailure(refused, { code: 'SCHEDULE_FAILED' }).message).toBe(
      'crontab -l failed: you are not allowed to use this program',
    );
  });

  it('finds the programs of PostgreSQL that only the PATH of this shell has', async () => {
    const only = join(workspace.folder, 'pg-only');
    await mkdir(only);
    for (const name of ['pg_dump', 'pg_restore']) {
      await writeFile(join(only, name), '#!/bin/sh\necho "pg_dump (PostgreSQL) 99.1"\n');
      await chmod(join(only, name), 0o755);
    }
    const finished = await workspace.run(
      ['schedule', '--env-file', envFile, '--json', '--kind', 'cron'],
      {
        PATH: `${only}:${workspace.env.PATH}`,
      },
    );
    expect(finished.json<Schedule>().entries[0]?.command).toMatch(
      new RegExp(`export HOLDFAST_POSTGRES_BIN=\\S*${only}`),
    );
  });

  it('schedules a nightly backup where the environment alone is the config', async () => {
    const bare = await makeWorkspace();
    const finished = await bare.run([
      'schedule',
      '--env-file',
      envFile,
      '--kind',
      'cron',
      '--json',
    ]);
    const { entries, notes } = finished.json<Schedule>();
    expect(entries[0]?.lines[0]).toMatch(/^0 2 \* \* \* /);
    expect(entries[0]?.command).toContain(`cd ${bare.folder} && `);
    expect(notes).toContainEqual(expect.stringContaining('the environment names no schedule'));
    await bare.remove();
  });

  it('has no secret in units, and writes nothing without --install', async () => {
    const { files, isInstalled } = await schedule('--kind', 'systemd');
    expect(isInstalled).toBe(false);
    expect(files.map(({ path }) => path.split('/').at(-1))).toContain(
      'holdfast.test.backup.nightly.clinic.timer',
    );
    expect(JSON.stringify(files)).not.toContain(PASSWORD);
  });

  it('does not install tasks of Windows elsewhere', async () => {
    const refused = await workspace.run(
      ['schedule', '--env-file', envFile, '--kind', 'schtasks', '--install', '--json'],
      env,
    );
    if (process.platform !== 'win32') expectFailure(refused, { code: 'USAGE', status: 2 });
  });

  /** systemd does not run in a container: what it would be told is written down. */
  it('writes and starts systemd units, takes away those of a plan that is gone, and uninstalls its own', async () => {
    const folder = join(workspace.folder, 'units');
    const calls = join(workspace.folder, 'systemctl.calls');
    const bin = join(workspace.folder, 'systemctl-bin');
    await mkdir(bin);
    await writeFile(join(bin, 'systemctl'), `#!/bin/sh\necho "$@" >> '${calls}'\n`);
    await chmod(join(bin, 'systemctl'), 0o755);
    const install = async (plans: object) => {
      const request = scheduleRequestOf(scheduleConfig({ plans }), { kind: 'systemd' });
      const { rendered } = planSchedule({
        ...request,
        machine: { ...request.machine, units: { folder, isUser: true } },
      });
      await new SystemdTimers({ folder, isUser: true }).install(rendered);
    };
    const path = process.env.PATH;
    process.env.PATH = `${bin}:${path}`;
    let names: string[] = [];
    let told = '';
    let [removal, again]: Uninstalled[] = [];
    try {
      await install({ nightly: { schedule: '0 2 * * *' }, weekly: { schedule: '0 3 * * 0' } });
      await writeFile(join(folder, 'holdfast.clinic2.prune.timer'), '');
      await writeFile(calls, '');
      await install({ nightly: { schedule: '0 2 * * *' } });
      names = await readdir(folder);
      told = await readFile(calls, 'utf8');
      await writeFile(calls, '');
      await writeFile(join(folder, 'holdfast.clinic.mine.timer'), '[Timer]\n');
      await mkdir(join(folder, 'holdfast.clinic.check.service.d'));
      removal = await new SystemdTimers({ folder, isUser: true }).uninstall('clinic');
      again = await new SystemdTimers({ folder, isUser: true }).uninstall('clinic');
    } finally {
      process.env.PATH = path;
    }
    expect(names.filter((name) => name.endsWith('.timer')).sort()).toEqual([
      'holdfast.clinic.backup.nightly.clinic.timer',
      'holdfast.clinic.check.timer',
      'holdfast.clinic.drill.clinic.timer',
      'holdfast.clinic.prune.timer',
      'holdfast.clinic.report.timer',
      'holdfast.clinic.rotate.timer',
      'holdfast.clinic.seal.timer',
      'holdfast.clinic2.prune.timer',
    ]);
    expect(names.filter((name) => !/\.(timer|service)$/.test(name))).toEqual([]);
    const [disabled, reloaded, enabled] = told.split('\n');
    expect(disabled).toBe('--user disable --now holdfast.clinic.backup.weekly.clinic.timer');
    expect(reloaded).toBe('--user daemon-reload');
    expect(enabled).toMatch(
      /^--user enable --now holdfast\.clinic\.backup\.nightly\.clinic\.timer /,
    );
    const left = ['holdfast.clinic.check.service.d', 'holdfast.clinic.mine.timer'];
    expect((await readdir(folder)).sort()).toEqual(
      [...left, 'holdfast.clinic2.prune.timer'].sort(),
    );
    expect(removal?.removed).toHaveLength(14);
    expect(removal?.left).toEqual(left.map((name) => join(folder, name)));
    expect(again).toEqual({ removed: [], left: removal?.left });
    expect((await readFile(calls, 'utf8')).trim().split('\n')).toEqual([
      '--user disable --now holdfast.clinic.backup.nightly.clinic.timer holdfast.clinic.check.timer holdfast.clinic.drill.clinic.timer holdfast.clinic.prune.timer holdfast.clinic.report.timer holdfast.clinic.rotate.timer holdfast.clinic.seal.timer',
      '--user daemon-reload',
    ]);
  });

  async function pipeToCrontab(text: string): Promise<void> {
    const child = run(join(crontab.bin, 'crontab'), ['-']);
    child.child.stdin?.end(text);
    await child;
  }
});
