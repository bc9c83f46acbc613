import {
  appendFile,
  chmod,
  mkdir,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { writeConfig } from '../fixtures/config.ts';
import { makeDatabase, type TestDatabase } from '../fixtures/database.ts';
import { type Finished, makeWorkspace, type Workspace } from '../fixtures/holdfast.ts';
import { backUp, fileOf } from '../fixtures/set.ts';
import { canMount, mountSmallDisk } from '../fixtures/small-disk.ts';

interface FoundJson {
  status: string;
  findings: {
    plan: string | null;
    repository: string;
    verdict: string;
    severity: string;
    detail: string;
    set: string | null;
    hint: string | null;
  }[];
}

describe('holdfast check', () => {
  let database: TestDatabase;
  let workspace: Workspace;
  let id: string;

  const configure = (parts: object = {}) =>
    writeConfig(workspace, {
      databases: { clinic: { url: database.url } },
      plans: {
        nightly: { schedule: '0 2 * * *', timezone: 'Europe/Vienna', repositories: ['local'] },
      },
      ...parts,
    });
  const check = (args: readonly string[] = [], env: Record<string, string> = {}) =>
    workspace.run(['check', '--json', ...args], env);
  const verdictsOf = (finished: Finished) =>
    finished.json<FoundJson>().findings.map(({ verdict, severity }) => `${verdict} ${severity}`);

  beforeAll(async () => {
    database = await makeDatabase({ sql: 'CREATE TABLE t (i int); INSERT INTO t VALUES (1)' });
  });

  beforeEach(async () => {
    workspace = await makeWorkspace();
    await configure();
    id = await backUp(workspace);
  });

  afterEach(() => workspace.remove());

  afterAll(() => database.drop());

  it('exits with 0 after a backup, in text and in JSON', async () => {
    const finished = await check();
    expect(finished).toMatchObject({ status: 0, stderr: '' });
    expect(finished.json<FoundJson>()).toMatchObject({
      status: 'ok',
      findings: [{ verdict: 'fresh', set: id, maxAgeSeconds: 27 * 3600 }, { verdict: 'disk' }],
    });
    const { status, stdout } = await workspace.run(['check']);
    expect({ status, first: stdout.split('\n')[0] }).toEqual({ status: 0, first: 'OK: 1 fresh' });
  });

  it.skipIf(!canMount)(
    'exits with 1 when a disk is fuller than the config allows (a disk is mounted by root on Linux only)',
    async () => {
      const folder = join(workspace.folder, 'small');
      const disk = await mountSmallDisk(folder, 'size=10m,mode=700');
      try {
        await configure({ repositories: { local: { folder } }, diskFull: 0.6 });
        await backUp(workspace);
        await writeFile(join(folder, 'ballast'), Buffer.alloc(5e6));
        expect(await check()).toMatchObject({ status: 0 });
        await writeFile(join(folder, 'ballast'), Buffer.alloc(7e6));
        const finished = await check();
        expect([finished.status, verdictsOf(finished)]).toEqual([1, ['disk warning', 'fresh ok']]);
      } finally {
        await disk.eject();
      }
    },
  );

  it('exits with 2 when the newest set is too old', async () => {
    await configure({ plans: { nightly: { maxAge: '1s' } } });
    while (
      Date.now() <
      new Date(
        id.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z.*/, '$1-$2-$3T$4:$5:$6Z'),
      ).getTime() +
        3_000
    )
      await new Promise((resolve) => setTimeout(resolve, 50));
    const finished = await check();
    expect([finished.status, verdictsOf(finished)]).toEqual([2, ['late critical', 'disk ok']]);
    const { stdout } = await workspace.run(['check']);
    expect(stdout.split('\n')[0]).toBe('CRITICAL: 1 late');
    expect(stdout).toContain('holdfast backup clinic --plan nightly');
  });

  it('exits with 2 where a plan has no set at all', async () => {
    await configure({ plans: { nightly: {}, weekly: {} } });
    const finished = await check();
    expect([finished.status, verdictsOf(finished)]).toEqual([
      2,
      ['missing critical', 'fresh ok', 'disk ok'],
    ]);
  });

  it('exits with 2 where the newest sets hold less than the plan takes', async () => {
    await database.query('CREATE TABLE kept AS SELECT 1 AS i');
    await configure({ plans: { nightly: {}, weekly: { excludeTables: ['t'] } } });
    const takeWeekly = (...args: string[]) => backUp(workspace, ['--plan', 'weekly', ...args]);
    await takeWeekly('--schema-only');
    const finished = await check();
    expect([finished.status, verdictsOf(finished)]).toEqual([
      2,
      ['missing critical', 'fresh ok', 'disk ok'],
    ]);
    expect(finished.json<FoundJson>().findings[0]).toMatchObject({
      plan: 'weekly',
      detail: expect.stringContaining('1 with less than the plan takes'),
    });
    const whole = await takeWeekly();
    await takeWeekly('--data-only');
    const weekly = (await check()).json<FoundJson>().findings.find(({ plan }) => plan === 'weekly');
    expect(weekly).toMatchObject({ verdict: 'fresh', set: whole });
    await database.query('DROP TABLE kept');
  });

  it.each([
    [
      'cut short',
      async (file: string) => writeFile(file, 'x'),
      /data.dump.zst.esdk has 1 bytes instead of \d+/,
    ],
    [
      'longer',
      async (file: string) => appendFile(file, 'x'),
      /data.dump.zst.esdk has \d+ bytes instead of \d+/,
    ],
    ['away', async (file: string) => rm(file), /data.dump.zst.esdk is absent/],
  ])('exits with 2 when an object is %s, and then no plan is fresh by that set', async (_how, damage, detail) => {
    await damage(await fileOf(workspace, { id, name: 'data.dump.zst.esdk' }));
    const finished = await check();
    expect([finished.status, verdictsOf(finished)]).toEqual([
      2,
      ['missing critical', 'corrupt critical', 'disk ok'],
    ]);
    expect(finished.json<FoundJson>().findings[1]).toMatchObject({
      set: id,
      detail: expect.stringMatching(detail),
    });
  });

  it('exits with 2 when a verification has found the newest set damaged, and with 1 while that freezes retention', async () => {
    const file = await fileOf(workspace, { id, name: 'data.dump.zst.esdk' });
    const bytes = await readFile(file);
    bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
    await chmod(file, 0o600);
    await writeFile(file, bytes);
    expect((await workspace.run(['verify', id])).status).toBe(1);
    const finished = await check();
    expect([finished.status, verdictsOf(finished)]).toEqual([
      2,
      ['missing critical', 'suspect critical', 'frozen warning', 'disk ok'],
    ]);
    expect((await backUp(workspace)) > id).toBe(true);
    expect(await check()).toMatchObject({ status: 1 });
    expect(await workspace.run(['accept', id])).toMatchObject({ status: 0 });
    expect(await check()).toMatchObject({ status: 0 });
  });

  it('exits with 3 when a repository does not answer, judges the others, and --repository leaves it out', async () => {
    const loop = join(workspace.folder, 'loop');
    await symlink(loop, loop);
    await configure({
      repositories: { offsite: { folder: loop }, local: { folder: workspace.backups } },
      plans: { nightly: { repositories: ['local', 'offsite'] } },
    });
    const finished = await check();
    expect([finished.status, verdictsOf(finished)]).toEqual([
      3,
      ['unreachable unknown', 'fresh ok', 'disk ok'],
    ]);
    expect(finished.json<FoundJson>().findings[0]).toMatchObject({
      repository: 'offsite',
      plan: 'nightly',
      hint: expect.stringMatching(/\w/),
    });
    expect(await check(['--repository', 'local'])).toMatchObject({ status: 0 });
  });

  it('needs no key and no database, and writes nothing', async () => {
    await rename(workspace.keyFile, `${workspace.keyFile}.away`);
    await configure({ databases: { clinic: { url: 'postgresql:///clinic?host=/nonexistent' } } });
    const before = await stateOfFiles(workspace.backups);
    expect(await check([], { HOLDFAST_KEY_FILE: '' })).toMatchObject({ status: 0 });
    expect(await stateOfFiles(workspace.backups)).toEqual(before);
    const named = await check();
    expect(named).toMatchObject({ status: 2 });
    expect(named.stdout).toContain('On a machine that only checks, name no key file');
  });

  it('exits with 3 when it fails itself: its options, its config, its repository, nothing to check', async () => {
    for (const args of [
      ['--nonsense'],
      ['clinic'],
      ['--config', 'absent.yaml'],
      ['--repository', 'absent'],
    ]) {
      const finished = await check(args);
      expect(finished, args.join(' ')).toMatchObject({ status: 3, stdout: '' });
      expect(finished.error()).toMatchObject({ exitStatus: 3 });
    }
    await rm(join(workspace.folder, 'holdfast.yaml'));
    expect((await check()).error()).toMatchObject({
      code: 'CONFIG_INVALID',
      exitStatus: 3,
      message: expect.stringContaining('nothing to check'),
    });
    expect(await workspace.run(['check', '--help'])).toMatchObject({ status: 0 });
  });

  it('works from the environment alone, where a set of any age will do', async () => {
    await rm(join(workspace.folder, 'holdfast.yaml'));
    await rm(workspace.backups, { recursive: true });
    await mkdir(workspace.backups);
    const env = { DATABASE_URL: database.url };
    expect((await check([], env)).status).toBe(2);
    expect((await workspace.run(['backup'], env)).status).toBe(0);
    expect((await check([], env)).status).toBe(0);
  });
});

/** Names, sizes and times of all that lies there. */
async function stateOfFiles(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true });
  return Promise.all(
    entries.sort().map(async (name) => {
      const { size, mtimeMs } = await stat(join(folder, name));
      return `${name} ${size} ${mtimeMs}`;
    }),
  );
}
