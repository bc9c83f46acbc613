import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeConfig } from '../fixtures/config.ts';
import { makeDatabase, type TestDatabase } from '../fixtures/database.ts';
import { expectFailure } from '../fixtures/failure.ts';
import { makeWorkspace, type Workspace } from '../fixtures/holdfast.ts';
import { backUp, stateOf } from '../fixtures/set.ts';

interface Report {
  result: string;
  checks: { name: string; passed: boolean; detail: string }[];
  reportKey: string;
  textKey: string;
}

/** Of a row that was that old when it was made: a slow machine may take minutes to the drill. */
function hoursOld(hours: number, more = ''): string {
  return expect.stringMatching(new RegExp(`^newest row ${hours}\\.[0-2] h old${more}$`));
}

describe('a drill', () => {
  let database: TestDatabase;
  let workspace: Workspace;

  const ask = (drill: object) =>
    writeConfig(workspace, { databases: { clinic: { url: database.url, drill } } });
  const lastReport = async () => {
    const key =
      (await workspace.objects())
        .filter((name) => /^drills\/(?!.*\.dsse).*\.json$/.test(name))
        .at(-1) ?? '';
    return JSON.parse(await readFile(join(workspace.backups, key), 'utf8')) as Report;
  };

  beforeAll(async () => {
    database = await makeDatabase({
      sql: `CREATE TABLE users (id int PRIMARY KEY); INSERT INTO users SELECT generate_series(1, 45);
        CREATE TABLE "vitals Samples" (id int REFERENCES users, at timestamptz); INSERT INTO "vitals Samples" SELECT 1, now() - interval '3 hours';
        CREATE TABLE stale (at timestamptz); INSERT INTO stale VALUES (now() - interval '90 days'); CREATE TABLE empty (at timestamptz);
        CREATE TABLE tokyo (at timestamp); INSERT INTO tokyo VALUES (timezone('Asia/Tokyo', now()) - interval '3 hours');
        CREATE TABLE chicago (at timestamp); INSERT INTO chicago VALUES (timezone('America/Chicago', now()) - interval '3 hours');
        CREATE TABLE ahead (at timestamptz); INSERT INTO ahead VALUES (now() + interval '1 year'), ('infinity'), (now() - interval '4 hours');
        CREATE TABLE hopeful (at timestamptz); INSERT INTO hopeful VALUES ('infinity')`,
    });
    await database.query(`ALTER DATABASE ${database.name} SET TimeZone = 'Asia/Tokyo'`);
    workspace = await makeWorkspace();
  });

  afterAll(async () => {
    await workspace.remove();
    await database.drop();
  });

  it('reports all that the guides ask for, as JSON and as a page of text, and the set is PROVEN', async () => {
    await ask({
      recent: [{ table: 'vitals Samples', column: 'at', within: '7d' }],
      assertions: [
        { name: 'there are users', sql: 'SELECT count(*) FROM users' },
        { name: 'no user is below 1', sql: 'SELECT NOT EXISTS (SELECT FROM users WHERE id < 1)' },
      ],
    });
    const id = await backUp(workspace);
    const finished = await workspace.run([
      'drill',
      '--tester',
      'Ada L.',
      '--notes',
      'monthly',
      '--json',
    ]);
    expect(finished).toMatchObject({ status: 0 });
    const report = finished.json<Report>();
    expect(report).toMatchObject({
      date: expect.stringMatching(/^\d{4}-\d\d-\d\d$/),
      tester: 'Ada L.',
      backup: {
        id,
        plan: 'default',
        database: 'clinic',
        storedBytes: expect.any(Number),
        startedAt: expect.any(String),
      },
      testDatabase: database.name,
      restoreSeconds: expect.any(Number),
      tables: expect.arrayContaining([
        { schema: 'public', name: 'users', expected: 45, found: 45, isEqual: true },
      ]),
      result: 'PASS',
      notes: expect.arrayContaining([
        'monthly',
        'constraints that are no foreign keys, validated by the server as it built them: 1',
      ]),
    });
    expect(report.checks.map(({ name }) => name)).not.toContain('Other constraints intact');
    expect(report.checks).toEqual(
      expect.arrayContaining([
        { name: 'Row counts equal', passed: true, detail: '8 of 8 tables, 53 rows' },
        {
          name: 'Recent data present (vitals Samples, within 168 h)',
          passed: true,
          detail: hoursOld(3),
        },
        { name: 'there are users', passed: true, detail: 'count 45' },
        { name: 'no user is below 1', passed: true, detail: 'true' },
        { name: 'Foreign key constraints intact', passed: true, detail: '1 of 1 valid' },
      ]),
    );
    const text = await readFile(join(workspace.backups, report.textKey), 'utf8');
    const shape = [
      /^Restore Test Results\nDate: \d{4}-\d\d-\d\d\nTester: Ada L\. \(on .+\)\n\n/,
      new RegExp(
        `\nBackup File: default/clinic/${id} in .+\nBackup Size: [\\d.]+ kB\nBackup Date: [\\d: -]+ UTC\n\n`,
      ),
      /\nRestore Test Database: t_\w+ .*\nNetwork: .*\nRestore Start Time: .+\nRestore End Time: .+\nRestore Duration: [\d.]+ seconds\n\n/,
      /\nData Verification:\n✓ .*: \d+ rows\n/,
      /\n✓ users: 45 rows\n/,
      /\n✓ Recent data present .*\n/,
      /\n✓ Foreign key constraints intact.*\n/,
      /\n✓ Indexes present.*\n/,
      /\n\nResult: PASS\nNotes: monthly/,
    ];
    for (const part of shape) expect(text).toMatch(part);
    expect(await stateOf(workspace, id)).toBe('PROVEN');
  });

  it.each([
    [
      'an assertion is false',
      { assertions: [{ name: 'mine', sql: 'SELECT false' }] },
      /mine: false/,
    ],
    [
      'a count is nothing',
      { assertions: [{ name: 'mine', sql: 'SELECT count(*) FROM empty' }] },
      /mine: count 0/,
    ],
    [
      'an assertion yields no verdict',
      { assertions: [{ name: 'mine', sql: "SELECT 'yes'" }] },
      /mine: it must yield/,
    ],
    [
      'the newest row is stale',
      { recent: [{ table: 'stale', column: 'at', within: '26h' }] },
      /stale, within 26 h\): newest row 2160\.\d h old/,
    ],
    [
      'no row lies in the past',
      { recent: [{ table: 'hopeful', column: 'at', within: '26h' }] },
      /hopeful, within 26 h\): no row in the past \(1 row in the future\)/,
    ],
    [
      'the table is empty',
      { recent: [{ table: 'empty', column: 'at', within: '26h' }] },
      /the table is empty/,
    ],
  ])('fails when %s: a report, a SUSPECT set, exit 1', async (_what, drill, message) => {
    await ask(drill);
    const id = await backUp(workspace);
    expect(
      expectFailure(await workspace.run(['drill', '--backup', id, '--json']), {
        code: 'DRILL_FAILED',
      }).message,
    ).toMatch(message);
    expect(await lastReport()).toMatchObject({ result: 'FAIL', backup: { id } });
    expect(await stateOf(workspace, id)).toBe('SUSPECT');
  });

  it('measures times without a zone in the zone of the database or of the config, and passes over the future', async () => {
    const recent = (table: string, timezone?: string) => ({
      ...{ table, column: 'at', within: '26h' },
      ...(timezone === undefined ? {} : { timezone }),
    });
    await ask({
      recent: [recent('tokyo'), recent('chicago', 'America/Chicago'), recent('ahead')],
    });
    const id = await backUp(workspace);
    const finished = await workspace.run(['drill', '--backup', id, '--json']);
    expect(finished, finished.stderr).toMatchObject({ status: 0 });
    const ofRecent = finished.json<Report>().checks.filter(({ name }) => name.startsWith('Recent'));
    expect(ofRecent.map(({ detail }) => detail)).toEqual([
      hoursOld(3),
      hoursOld(3),
      hoursOld(4, '; ignored: 2 rows in the future'),
    ]);
  });

  it.each([
    [
      'an assertion is no SQL',
      { assertions: [{ name: 'mine', sql: 'SELEC' }] },
      /mine: .*SQLSTATE 42601/,
    ],
    [
      'a table is not there',
      { recent: [{ table: 'nosuch', column: 'at', within: '26h' }] },
      /there is no table nosuch/,
    ],
    [
      'a column is not there',
      { recent: [{ table: 'stale', column: 'nosuch', within: '26h' }] },
      /SQLSTATE 42703/,
    ],
  ])('says that its config is wrong when %s, and leaves the state', async (_what, drill, message) => {
    await ask(drill);
    const id = await backUp(workspace);
    expect(
      expectFailure(await workspace.run(['drill', '--backup', id, '--json']), {
        code: 'CONFIG_INVALID',
        status: 2,
      }).message,
    ).toMatch(message);
    expect(await stateOf(workspace, id)).toBe('STORED');
  });

  it('needs server programs, and says so without touching the state', async () => {
    await ask({});
    const id = await backUp(workspace);
    const finished = await workspace.run(['drill', '--backup', id, '--json'], {
      HOLDFAST_POSTGRES_BIN: '/nowhere',
    });
    expect(expectFailure(finished, { code: 'TOOLS_MISSING' }).message).toContain('server programs');
    expect(await stateOf(workspace, id)).toBe('STORED');
  });
});
