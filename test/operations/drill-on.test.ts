import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { DRILL_DATABASE_PATTERN } from '../../engine/domain/drill/drill-database-name.ts';
import type { DrillReport } from '../../engine/domain/drill-report.ts';
import { writeConfig } from '../fixtures/config.ts';
import { databaseNamed, makeDatabase, type TestDatabase } from '../fixtures/database.ts';
import { makeWorkspace, type Workspace } from '../fixtures/holdfast.ts';
import { type MortalServer, startMortalServer } from '../fixtures/mortal-server.ts';
import { backUp } from '../fixtures/set.ts';

const PASSWORD = 'hunter2-of-the-restorer';
const LEFT = 'holdfast_drill_20261101T020304Z_7f3a';

describe('a drill on a named server', () => {
  let server: MortalServer;
  let source: TestDatabase;
  let workspace: Workspace;

  beforeAll(async () => {
    server = await startMortalServer();
    source = await makeDatabase({
      sql: `CREATE ROLE owner_of_${process.pid} NOLOGIN; CREATE ROLE reader_of_${process.pid} NOLOGIN;
        CREATE TABLE visits (id int PRIMARY KEY, note text);
        INSERT INTO visits SELECT n, 'x' FROM generate_series(1, 500) n;
        CREATE VIEW recent AS SELECT * FROM visits WHERE id > 400;
        ALTER TABLE visits OWNER TO owner_of_${process.pid};
        GRANT SELECT ON visits TO reader_of_${process.pid}`,
    });
  });
  afterAll(async () => {
    await server.stop();
    await source.drop();
    await databaseNamed('postgres').query(
      `DROP ROLE owner_of_${process.pid}, reader_of_${process.pid}`,
    );
  });
  beforeEach(async () => {
    workspace = await makeWorkspace();
    await write({});
    await backUp(workspace, ['clinic']);
  });
  afterEach(() => workspace.remove());

  const write = (drill: object, user = 'holdfast_drill') =>
    writeConfig(workspace, {
      databases: {
        clinic: { url: source.url, drill },
        spare: {
          host: server.host,
          database: 'postgres',
          user: 'nobody',
          restoreAs: { user, passwordEnv: 'RESTORER' },
        },
      },
      plans: { default: { databases: ['clinic'], keep: '30d' } },
    });
  const drill = () =>
    workspace.run(['drill', 'clinic', '--on', 'spare', '--json'], { RESTORER: PASSWORD });
  const databases = async (pattern: string) =>
    (
      await databaseNamed('postgres', server).query<{ datname: string }>(
        'SELECT datname FROM pg_database WHERE datname ~ $1',
        [pattern],
      )
    ).map(({ datname }) => datname);

  it('proves the set in a new database of it, drops that, and names the server and no secret', async () => {
    const finished = await drill();
    expect(finished, finished.stderr).toMatchObject({ status: 0 });
    const report = finished.json<DrillReport>();
    expect(report).toMatchObject({ result: 'PASS', server: `${server.host}:5432` });
    expect(report.testDatabase).toMatch(new RegExp(DRILL_DATABASE_PATTERN));
    expect(report.tables).toMatchObject([{ name: 'visits', found: 500, isEqual: true }]);
    expect(report.checks.map(({ name }) => name)).toContain('Structure equal');
    expect(report.exceptions).toMatchObject([{ type: 'ACL' }]);
    expect(await databases('^holdfast_')).toEqual([]);
    expect((await workspace.run(['show', 'latest-proven', '--json'])).status).toBe(0);
    const [record = ''] = (await workspace.objects()).filter((key) => key.endsWith('-drill.json'));
    const text = await readFile(join(workspace.backups, record), 'utf8');
    expect(JSON.parse(text)).toMatchObject({ operation: 'drill', target: `${server.host}:5432` });
    for (const key of await workspace.objects())
      expect(await readFile(join(workspace.backups, key), 'latin1')).not.toContain(PASSWORD);
  });

  it('proves the set with a login that may not create amcheck, and notes what was not compared', async () => {
    await databaseNamed('postgres', server).query('CREATE ROLE modest LOGIN CREATEDB');
    await write({}, 'modest');
    const finished = await drill();
    expect(finished, finished.stderr).toMatchObject({ status: 0 });
    const { result, checks, notes } = finished.json<DrillReport>();
    expect(result).toBe('PASS');
    expect(checks.map(({ name }) => name)).not.toContain('Indexes hold every row (amcheck)');
    expect(notes).toContain(
      'the login may not create the extension amcheck, so indexes were not compared with their tables',
    );
    expect(await databases('^holdfast_drill_')).toEqual([]);
  });

  it('that went away in the midst leaves a database, which the next drill drops, and no other one', async () => {
    await write({ assertions: [{ name: 'slow', sql: 'SELECT pg_sleep(60) IS NOT NULL' }] });
    const first = workspace.start(['drill', 'clinic', '--on', 'spare'], { RESTORER: PASSWORD });
    let left: string[] = [];
    while (left.length === 0 || left.some((name) => name.includes('unfinished'))) {
      await sleep(50);
      left = await databases(DRILL_DATABASE_PATTERN);
    }
    await server.shutDownAtOnce();
    expect((await first.finished).status).not.toBe(0);
    await server.start();
    expect(await databases(DRILL_DATABASE_PATTERN)).toEqual(left);
    const others = ['holdfast_drill', 'holdfast_drill_mine', `${LEFT}_of_mine`, `x${LEFT}`];
    for (const name of others) await makeDatabase({ ...server, name });
    await write({});
    const next = await drill();
    expect(next, next.stderr).toMatchObject({ status: 0 });
    expect(next.json<DrillReport>().notes.join()).toContain(`dropped database ${left[0]}`);
    expect((await databases('holdfast_drill')).toSorted()).toEqual(others.toSorted());
    for (const name of others) await databaseNamed(name, server).drop();
  });

  it('leaves alone a database that a session is in, and one whose drill still has a session elsewhere', async () => {
    const [entered, awaited] = [LEFT, LEFT.replace('7f3a', '7f3b')] as const;
    for (const name of [entered, awaited]) await makeDatabase({ ...server, name });
    const inside = await databaseNamed(entered, server).connect();
    const beside = await databaseNamed('postgres', server).connect();
    await beside.query(`SET application_name = '${awaited}'`);
    const during = await drill();
    expect(during, during.stderr).toMatchObject({ status: 0 });
    expect(during.json<DrillReport>().notes.filter((note) => /still runs/.test(note))).toHaveLength(
      2,
    );
    expect(await databases(DRILL_DATABASE_PATTERN)).toEqual([entered, awaited]);
    await inside.end();
    await beside.end();
    const after = await drill();
    expect(after, after.stderr).toMatchObject({ status: 0 });
    expect(await databases(DRILL_DATABASE_PATTERN)).toEqual([]);
  });
});
