import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeConfig } from '../fixtures/config.ts';
import { makeDatabase, type TestDatabase, urlOf } from '../fixtures/database.ts';
import { expectFailure } from '../fixtures/failure.ts';
import { makeWorkspace, type Workspace } from '../fixtures/holdfast.ts';
import { backUp } from '../fixtures/set.ts';

describe('an empty database', () => {
  let database: TestDatabase;
  let workspace: Workspace;

  beforeAll(async () => {
    database = await makeDatabase();
    workspace = await makeWorkspace({ databaseUrl: database.url });
  });

  afterAll(async () => {
    await workspace.remove();
    await database.drop();
  });

  it('is backed up, with a note that it is empty', async () => {
    const finished = await workspace.run(['backup', '--json']);
    expect(finished).toMatchObject({ status: 0 });
    expect(finished.json()).toMatchObject({
      rows: 0,
      tables: 0,
      notes: ['the database holds no tables'],
    });
  });

  it('is verified, and a drill of it shows nothing', async () => {
    expect((await workspace.run(['verify', 'latest', '--json'])).json()).toMatchObject({
      copies: [{ state: 'CHECKED' }],
    });
    const { message } = expectFailure(await workspace.run(['drill', '--json']), {
      code: 'DRILL_NOT_SHOWN',
    });
    expect(message).toContain('no table has a row, and there is no large object');
  });

  it('is warned of by check, and by doctor', async () => {
    const { findings } = (await workspace.run(['check', '--json'])).json<{
      findings: { verdict: string; severity: string }[];
    }>();
    expect(findings).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ verdict: 'empty', severity: 'warning' }),
        expect.objectContaining({ verdict: 'unproven', severity: 'warning' }),
      ]),
    );
    const doctor = (await workspace.run(['doctor', '--json'])).json<{
      findings: { name: string; status: string }[];
    }>();
    expect(doctor.findings).toContainEqual(
      expect.objectContaining({ name: 'rows', status: 'warning' }),
    );
  });

  it('is proven where the config expects it to be empty', async () => {
    await writeConfig(workspace, {
      databases: { [database.name]: { url: database.url, expectEmpty: true } },
    });
    await backUp(workspace);
    const drill = await workspace.run(['drill', '--json']);
    expect(drill, drill.stderr).toMatchObject({ status: 0 });
    expect(drill.json()).toMatchObject({ result: 'PASS', tables: [] });
    const { findings } = (await workspace.run(['check', '--json'])).json<{
      findings: { verdict: string }[];
    }>();
    expect(findings.map(({ verdict }) => verdict)).not.toContain('empty');
  });

  it('is restored', async () => {
    const name = `${database.name}_again`;
    const finished = await workspace.run([
      'restore',
      'latest',
      '--to',
      urlOf(database.host, name),
      '--create',
      '--json',
    ]);
    expect(finished).toMatchObject({ status: 0 });
    expect(await database.query('SELECT FROM pg_database WHERE datname = $1', [name])).toHaveLength(
      1,
    );
    await database.query(`DROP DATABASE ${name}`);
  });
});

describe('a database that lost all tables of the set before', () => {
  let database: TestDatabase;
  let workspace: Workspace;

  beforeAll(async () => {
    database = await makeDatabase({
      sql: 'CREATE TABLE wards (id int); INSERT INTO wards SELECT 1',
    });
    workspace = await makeWorkspace({ databaseUrl: database.url });
    await backUp(workspace);
    await database.query('DROP TABLE wards');
    await database.query('CREATE TABLE films AS SELECT 1 AS id');
    await backUp(workspace);
  });

  afterAll(async () => {
    await workspace.remove();
    await database.drop();
  });

  const LOST = /it does not have the one table of the set before it, \d{8}T\d{6}Z-\w{4}/;

  it('is named by verify', async () => {
    const finished = await workspace.run(['verify', 'latest', '--json']);
    expect(finished.json()).toMatchObject({
      copies: [{ state: 'CHECKED', empty: expect.stringMatching(LOST) }],
    });
    expect((await workspace.run(['verify', 'latest'])).stdout).toMatch(LOST);
  });

  it('is warned of by check, and a drill of it shows nothing', async () => {
    const { findings } = (await workspace.run(['check', '--json'])).json<{
      findings: { verdict: string; severity: string; detail: string }[];
    }>();
    expect(findings.find(({ verdict }) => verdict === 'empty')).toMatchObject({
      severity: 'warning',
      detail: expect.stringMatching(LOST),
    });
    const drill = await workspace.run(['drill', '--json']);
    const { message } = expectFailure(drill, { code: 'DRILL_NOT_SHOWN' });
    expect(message).toMatch(LOST);
  });

  it('is nothing to speak of where the config expects it', async () => {
    const url = database.url;
    const databases = { [database.name]: { url, expectEmpty: true } };
    await writeConfig(workspace, {
      databases,
      plans: { default: { databases: [database.name] } },
    });
    const finished = await workspace.run(['verify', 'latest', '--json']);
    expect(finished.json()).toMatchObject({ copies: [{ empty: null }] });
    const drill = await workspace.run(['drill', '--json']);
    expect(drill, drill.stderr).toMatchObject({ status: 0 });
    const { findings } = (await workspace.run(['check', '--json'])).json<{
      findings: { verdict: string }[];
    }>();
    expect(findings.map(({ verdict }) => verdict)).not.toContain('empty');
  });
});
