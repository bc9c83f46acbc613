import { copyFile, cp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { writeConfig } from '../fixtures/config.ts';
import { databaseNamed, makeDatabase, type TestDatabase } from '../fixtures/database.ts';
import { expectFailure } from '../fixtures/failure.ts';
import { makeWorkspace, type Workspace } from '../fixtures/holdfast.ts';
import { backUp } from '../fixtures/set.ts';

interface Listing {
  name: string;
  sets: { id: string; state: string }[];
}

/** Two PROVEN sets of one database in two repositories, made once; each test gets a workspace with copies of them. */
describe('a set that is SUSPECT', () => {
  let database: TestDatabase;
  let template: Workspace;
  let workspace: Workspace;
  let older: string;
  let newer: string;

  const configure = (to: Workspace, drill: object = {}) =>
    writeConfig(to, {
      databases: { clinic: { url: database.url, drill } },
      repositories: { here: { folder: './here' }, there: { folder: './there' } },
      plans: { default: { repositories: ['here'] } },
    });

  beforeAll(async () => {
    database = await makeDatabase({
      sql: 'CREATE TABLE t AS SELECT n, repeat(md5(n::text), 20) AS x FROM generate_series(1, 2000) n',
    });
    template = await makeWorkspace();
    await configure(template);
    older = await backUp(template);
    newer = await backUp(template);
    for (const id of [older, newer]) {
      await template.run(['verify', id]);
      await template.run(['drill', '--backup', id]);
    }
  });
  afterAll(async () => {
    await template.remove();
    await database.drop();
  });

  beforeEach(async () => {
    workspace = await makeWorkspace();
    await configure(workspace);
    await cp(join(template.folder, 'here'), join(workspace.folder, 'here'), { recursive: true });
    await copyFile(template.keyFile, workspace.keyFile);
  });
  afterEach(() => workspace.remove());

  const json = async <T>(args: string[]): Promise<T> => {
    const finished = await workspace.run([...args, '--json']);
    expect(finished, `${args.join(' ')}: ${finished.stderr}`).toMatchObject({ status: 0 });
    return finished.json<T>();
  };
  const fails = async (args: string[], code: Parameters<typeof expectFailure>[1]['code']) =>
    expectFailure(await workspace.run([...args, '--json']), { code });
  const fileOf = (id: string, repository = 'here') =>
    join(workspace.folder, repository, 'default/clinic', id, 'data.dump.zst.esdk');
  const statesIn = async (name: string) => {
    const { repositories } = await json<{ repositories: Listing[] }>(['list']);
    const listing = repositories.find((one) => one.name === name);
    return Object.fromEntries(listing?.sets.map(({ id, state }) => [id, state]) ?? []);
  };
  const latest = async (name: string) =>
    (await json<{ manifest: { id: string } }>(['show', name])).manifest.id;
  const checkVerdicts = async () => {
    const { stdout } = await workspace.run(['check', '--json']);
    const { findings } = JSON.parse(stdout) as { findings: { verdict: string }[] };
    return findings.map(({ verdict }) => verdict);
  };
  const frozen = async (id: string) => {
    const { repositories } = await json<{
      repositories: { sets: { id: string; reasons: { code: string }[] }[] }[];
    }>(['prune']);
    const set = repositories[0]?.sets.find((one) => one.id === id);
    return set?.reasons.some(({ code }) => code === 'frozen');
  };
  /** As a disk does it: the size stays. */
  const rot = async (id: string, repository = 'here') => {
    const path = fileOf(id, repository);
    const bytes = await readFile(path);
    bytes.writeUInt8(bytes.readUInt8(bytes.length >> 1) ^ 1, bytes.length >> 1);
    await writeFile(path, bytes);
  };

  it('of damage stays SUSPECT when it is accepted, for every command, and freezes retention no longer', async () => {
    expect(await statesIn('here')).toEqual({ [older]: 'PROVEN', [newer]: 'PROVEN' });
    await rot(newer);
    await fails(['verify', newer], 'OBJECT_DAMAGED');
    expect(await frozen(older)).toBe(true);
    const accepted = await json(['accept', newer, '--reason', 'the disk was replaced']);
    expect(accepted).toMatchObject({ repositories: ['here'], stillSuspect: ['here'] });
    expect(await statesIn('here')).toEqual({ [older]: 'PROVEN', [newer]: 'SUSPECT' });
    expect(await latest('latest')).toBe(older);
    expect(await latest('latest-proven')).toBe(older);
    expect(await checkVerdicts()).toContain('suspect');
    expect(await frozen(older)).toBe(false);
    const { message } = await fails(['accept', newer], 'SET_NOT_SUSPECT');
    expect(message).toContain('accepted before');
    await fails(['verify', newer], 'OBJECT_DAMAGED');
    expect(await frozen(older), 'what is known does not freeze again').toBe(false);
  });

  it('of damage is CHECKED by a later verification that reads the object that was put back, and PROVEN by a later drill', async () => {
    await rot(newer);
    await fails(['verify', newer], 'OBJECT_DAMAGED');
    await copyFile(
      join(template.folder, 'here/default/clinic', newer, 'data.dump.zst.esdk'),
      fileOf(newer),
    );
    const drilled = await workspace.run(['drill', '--backup', newer]);
    expect(drilled).toMatchObject({ status: 0 });
    expect(drilled.stdout).toContain(`${newer} passed, and stays SUSPECT`);
    expect(await json(['verify', newer])).toMatchObject({
      copies: [{ state: 'PROVEN', suspicion: null }],
    });
    expect(await latest('latest-proven')).toBe(newer);
  });

  it('of damage is CHECKED and not PROVEN when only the verification is later', async () => {
    await rot(newer);
    await fails(['verify', newer], 'OBJECT_DAMAGED');
    await rot(newer);
    expect(await json(['verify', newer])).toMatchObject({ copies: [{ state: 'CHECKED' }] });
    expect(await latest('latest-proven')).toBe(older);
  });

  it('of a failed drill stays SUSPECT when it is read back or accepted, and is PROVEN by a drill that passes', async () => {
    await configure(workspace, {
      assertions: [{ name: 'no row at all', sql: 'SELECT NOT EXISTS (SELECT FROM t)' }],
    });
    const failed = await workspace.run(['drill', '--backup', newer]);
    expect(failed.status).toBe(1);
    expect(failed.stderr).toMatch(/Restore Test Results[\s\S]*no row at all[\s\S]*Result: FAIL/);
    expect(failed.stderr).toMatch(/The report is .*\/drills\/clinic\/\S+\.txt/);
    expect((await workspace.run(['show', newer])).stdout).toMatch(/drill found .*no row at all/);
    await json(['accept', newer]);
    expect(await json(['verify', newer])).toMatchObject({
      copies: [{ state: 'SUSPECT', suspicion: 'drill' }],
    });
    expect((await workspace.run(['verify', newer])).stdout).toContain(
      `holdfast drill --backup ${newer}`,
    );
    await configure(workspace);
    await json(['drill', '--backup', newer]);
    expect(await statesIn('here')).toEqual({ [older]: 'PROVEN', [newer]: 'PROVEN' });
  });

  it('for an older version, whose mark says no kind, is CHECKED or SUSPECT by what the mark says', async () => {
    const plant = (id: string, content: object) =>
      writeFile(
        join(workspace.folder, 'here/default/clinic', id, 'suspect-20991122T020000Z.json'),
        JSON.stringify(content),
      );
    await plant(older, { code: 'OBJECT_DAMAGED', reason: 'it was damaged' });
    await plant(newer, { tester: 'ada', failedChecks: ['Row counts equal'] });
    expect(await statesIn('here')).toEqual({ [older]: 'SUSPECT', [newer]: 'SUSPECT' });
    expect(await json(['verify', older])).toMatchObject({ copies: [{ state: 'CHECKED' }] });
    expect(await json(['verify', newer])).toMatchObject({
      copies: [{ state: 'SUSPECT', suspicion: 'drill' }],
    });
  });

  it('becomes SUSPECT when a restore meets damage, and the error names the next good set', async () => {
    await rot(newer);
    const copy = databaseNamed(`${database.name}_copy`);
    const { hint } = await fails(
      ['restore', newer, '--to', copy.url, '--create'],
      'OBJECT_DAMAGED',
    );
    expect(hint).toContain(`The next good set is ${older} (PROVEN, in here)`);
    expect(await statesIn('here')).toEqual({ [older]: 'PROVEN', [newer]: 'SUSPECT' });
  });

  it('becomes SUSPECT when an export meets damage', async () => {
    await rot(newer);
    await fails(
      ['export', newer, '--sql', '--out', join(workspace.folder, 'out.sql')],
      'OBJECT_DAMAGED',
    );
    expect(await statesIn('here')).toMatchObject({ [newer]: 'SUSPECT' });
  });

  it('becomes SUSPECT when a copy meets damage, in the repository whose bytes are bad', async () => {
    await json(['copy', newer, '--to', 'there']);
    expect(await statesIn('there')).toEqual({ [newer]: 'PROVEN' });
    await rot(newer, 'there');
    await fails(['copy', newer, '--to', 'there'], 'COPY_DIFFERS');
    expect(await statesIn('there')).toEqual({ [newer]: 'SUSPECT' });
    expect(await statesIn('here')).toEqual({ [older]: 'PROVEN', [newer]: 'PROVEN' });
    await rm(fileOf(newer, 'there'));
    await json(['copy', newer, '--to', 'there']);
    expect(await statesIn('there'), 'every object was read back there').toEqual({
      [newer]: 'PROVEN',
    });
    await rot(older);
    const { hint } = await fails(['copy', older, '--to', 'there'], 'OBJECT_DAMAGED');
    expect(hint).toContain(`The next good set is ${newer}`);
    expect(await statesIn('here')).toMatchObject({ [older]: 'SUSPECT' });
    expect(await statesIn('there')).toEqual({ [newer]: 'PROVEN' });
  });

  it('names the other copy of the same set before any older set', async () => {
    await json(['copy', newer, '--to', 'there']);
    await rot(newer);
    const { hint } = await fails(['verify', newer], 'OBJECT_DAMAGED');
    expect(hint).toContain(`Another copy of ${newer} is PROVEN in there: give --repository there.`);
    expect(await latest('latest')).toBe(newer);
  });

  it.each([
    ['is gone', (path: string) => rm(path)],
    ['was cut', (path: string) => writeFile(path, 'x')],
  ])('is so by the listing alone when an object %s, and not when it is back', async (_what, harm) => {
    await harm(fileOf(newer));
    expect(await statesIn('here')).toEqual({ [older]: 'PROVEN', [newer]: 'SUSPECT' });
    expect((await workspace.run(['list'])).stdout).toMatch(
      /data\.dump\.zst\.esdk (is absent|has 1)/,
    );
    expect([await latest('latest'), await latest('latest-proven')]).toEqual([older, older]);
    expect(await checkVerdicts()).toEqual(expect.arrayContaining(['corrupt', 'fresh']));
    await copyFile(
      join(template.folder, 'here/default/clinic', newer, 'data.dump.zst.esdk'),
      fileOf(newer),
    );
    expect(await statesIn('here')).toEqual({ [older]: 'PROVEN', [newer]: 'PROVEN' });
  });

  it('says why it is SUSPECT, in show and in check', async () => {
    await rot(newer);
    await fails(['verify', newer], 'OBJECT_DAMAGED');
    const why = /verify found damage on \d{4}-\d\d-\d\d \d\d:\d\d UTC \(\S+ on \S+\): .*data/;
    const shown = await workspace.run(['show', newer]);
    expect(shown.stdout).toMatch(why);
    expect(shown.stdout).toContain(`\`holdfast verify ${newer}\``);
    expect(await json(['show', newer])).toMatchObject({
      suspicions: [{ kind: 'damage', operation: 'verify', isAccepted: false }],
    });
    const checked = await workspace.run(['check', '--json']);
    const { findings } = JSON.parse(checked.stdout) as {
      findings: { verdict: string; detail: string; hint: string }[];
    };
    const [suspect, frozen] = ['suspect', 'frozen'].map((verdict) =>
      findings.find((one) => one.verdict === verdict),
    );
    expect(suspect?.detail).toMatch(why);
    expect(suspect?.hint).toContain(`\`holdfast verify ${newer}\``);
    expect(frozen?.detail).toContain('keeps 2 sets whatever their age');
    expect(findings.find(({ verdict }) => verdict === 'absent')?.detail).toContain(
      `there are no sets in ${join(workspace.folder, 'there')}, which does not exist`,
    );
  });

  it('is restored by its id with a warning that says why it is SUSPECT', async () => {
    await configure(workspace, {
      assertions: [{ name: 'no row at all', sql: 'SELECT NOT EXISTS (SELECT FROM t)' }],
    });
    expect(await workspace.run(['drill', '--backup', newer])).toMatchObject({ status: 1 });
    const copy = databaseNamed(`${database.name}_suspect`);
    for (const more of [['--dry-run'], []]) {
      const finished = await workspace.run([
        ...['restore', newer, '--to', copy.url, '--create', ...more],
      ]);
      expect(finished, finished.stderr).toMatchObject({ status: 0 });
      expect(finished.stderr).toMatch(
        new RegExp(`set ${newer} is SUSPECT: drill found .*no row at all`),
      );
      expect(finished.stderr).toContain(`\`holdfast drill --backup ${newer}\``);
    }
    await copy.drop();
  });

  it('has one mark for each thing that was found, with who found it and how', async () => {
    await rot(newer);
    await fails(['verify', newer], 'OBJECT_DAMAGED');
    const folder = join(workspace.folder, 'here/default/clinic', newer);
    const [name = '', ...others] = (await readdir(folder)).filter((one) =>
      one.startsWith('suspect-'),
    );
    expect(others).toEqual([]);
    expect(name).toMatch(/^suspect-\d{8}T\d{6}Z-damage\.json$/);
    expect(JSON.parse(await readFile(join(folder, name), 'utf8'))).toMatchObject({
      operation: 'verify',
      code: 'OBJECT_DAMAGED',
      reason: expect.stringMatching(/\w/),
      by: { type: 'user' },
    });
  });
});
