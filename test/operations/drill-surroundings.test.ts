import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DrillReport } from '../../engine/domain/drill-report.ts';
import { makeDatabase, type TestDatabase } from '../fixtures/database.ts';
import { expectFailure } from '../fixtures/failure.ts';
import { makeWorkspace, type Workspace } from '../fixtures/holdfast.ts';
import { backUp, fileOf, stateOf } from '../fixtures/set.ts';

const ROWS =
  'CREATE TABLE wards (id int PRIMARY KEY); INSERT INTO wards SELECT generate_series(1, 30);';

/** As of an operating system with other locales. */
const LOST_LOCALE = (collation: string) =>
  `UPDATE pg_collation SET collcollate = 'xx_XX.utf8', collctype = 'xx_XX.utf8' WHERE collname = '${collation}';`;

describe('a drill on a machine that lacks', () => {
  const open: { database: TestDatabase; workspace: Workspace }[] = [];

  async function sceneOf(sql: string) {
    const database = await makeDatabase({ sql: `${ROWS} ${sql}` });
    const workspace = await makeWorkspace({ databaseUrl: database.url });
    open.push({ database, workspace });
    const id = await backUp(workspace);
    return { database, workspace, id, finished: await workspace.run(['drill', '--json']) };
  }

  async function reportIn(workspace: Workspace): Promise<DrillReport> {
    const key =
      (await workspace.objects()).find((name) => /^drills\/(?!.*\.dsse).*\.json$/.test(name)) ?? '';
    return JSON.parse(await readFile(join(workspace.backups, key), 'utf8')) as DrillReport;
  }

  async function markOf(workspace: Workspace, { id, mark }: { id: string; mark: string }) {
    const key = (await workspace.objects()).find((name) => name.includes(`${id}/${mark}-`)) ?? '';
    const file = await fileOf(workspace, { id, name: key.split('/').at(-1) ?? '' });
    return JSON.parse(await readFile(file, 'utf8')) as Record<string, unknown>;
  }

  afterAll(async () => {
    for (const { database, workspace } of open) {
      await workspace.remove();
      await database.drop();
    }
  });

  describe('what single objects need', () => {
    let scene: Awaited<ReturnType<typeof sceneOf>>;

    beforeAll(async () => {
      scene = await sceneOf(`
        CREATE EXTENSION postgres_fdw; CREATE EXTENSION dblink;
        CREATE SERVER far FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '127.0.0.1', port '1', dbname 'postgres');
        CREATE USER MAPPING FOR holdfast_drill SERVER far OPTIONS (user 'fdw', password 'x');
        CREATE FOREIGN TABLE rates (id int) SERVER far;
        CREATE MATERIALIZED VIEW rate_copy AS SELECT * FROM rates WITH NO DATA;
        UPDATE pg_class SET relispopulated = true WHERE relname = 'rate_copy';
        CREATE VIEW of_copy AS SELECT * FROM rate_copy;
        CREATE FUNCTION price(int) RETURNS int IMMUTABLE LANGUAGE sql
          AS $$SELECT n FROM public.dblink('host=127.0.0.1 port=1', 'SELECT 1') AS t(n int)$$;
        CREATE TABLE prices (id int); CREATE INDEX priced ON prices (public.price(id));
        INSERT INTO pg_seclabel VALUES ('wards'::regclass, 'pg_class'::regclass, 0, 'anon', 'MASKED');
        CREATE COLLATION lost (locale = 'C'); ${LOST_LOCALE('lost')}
        CREATE FUNCTION no_ddl() RETURNS event_trigger LANGUAGE plpgsql AS $$BEGIN RAISE 'no DDL'; END$$;
        CREATE EVENT TRIGGER guard ON ddl_command_start EXECUTE FUNCTION no_ddl()`);
    });

    it('proves the set, and lists those objects as exceptions', async () => {
      const { workspace, id, finished } = scene;
      expect(finished, finished.stderr).toMatchObject({ status: 0 });
      const named = finished
        .json<DrillReport>()
        .exceptions.map(({ type, name, lacks }) => `${type} ${name}: ${lacks}`);
      expect(named.sort()).toEqual([
        'COLLATION lost: a locale',
        'MATERIALIZED VIEW DATA rate_copy: another server, which a drill never reaches',
        'SECURITY LABEL TABLE wards: a security label provider',
      ]);
      expect(await stateOf(workspace, id)).toBe('PROVEN');
    });

    it('keeps the exceptions in the mark and in the report for people', async () => {
      const { workspace, id, finished } = scene;
      const { exceptions, textKey } = finished.json<DrillReport & { textKey: string }>();
      expect(await markOf(workspace, { id, mark: 'proven' })).toMatchObject({ exceptions });
      const text = await readFile(join(workspace.backups, textKey), 'utf8');
      expect(text).toContain('MATERIALIZED VIEW DATA rate_copy: needs another server');
    });

    it('names the exceptions in list, show and check', async () => {
      const { workspace, finished } = scene;
      const { exceptions } = finished.json<DrillReport>();
      const list = await workspace.run(['list', '--json']);
      expect(list.json()).toMatchObject({ repositories: [{ sets: [{ exceptions }] }] });
      expect((await workspace.run(['list'])).stdout).toContain('proven but for 3 objects');
      expect((await workspace.run(['show', 'latest', '--json'])).json()).toMatchObject({
        exceptions,
      });
      expect((await workspace.run(['show', 'latest'])).stdout).toContain(
        'not shown   COLLATION lost: needs a locale',
      );
      const { status, findings } = (await workspace.run(['check', '--json'])).json<{
        status: string;
        findings: { verdict: string; detail: string; severity: string }[];
      }>();
      expect(status).toBe('ok');
      expect(findings.find(({ verdict }) => verdict === 'exceptions')).toMatchObject({
        severity: 'ok',
        detail: expect.stringMatching(
          /was shown but for .*MATERIALIZED VIEW DATA rate_copy: needs/,
        ),
      });
    });
  });

  it('an extension, shows nothing: a report, a mark, exit 1, and the state stays', async () => {
    const { workspace, id, finished } = await sceneOf(
      "INSERT INTO pg_extension SELECT 99999, 'of_another_vendor', 10, oid, false, '1.0' FROM pg_namespace WHERE nspname = 'public'",
    );
    const { message, hint } = expectFailure(finished, { code: 'DRILL_NOT_SHOWN' });
    expect(message).toContain('this machine has no extension of_another_vendor');
    expect(hint).toContain('drill: {off: <reason>}');
    expect(await stateOf(workspace, id)).toBe('STORED');
    expect(await reportIn(workspace)).toMatchObject({ result: 'NOT SHOWN' });
    expect(await markOf(workspace, { id, mark: 'notshown' })).toMatchObject({
      unshownChecks: ['Extensions of the source'],
    });
  });

  it('the locale that a table needs, does not call the set SUSPECT', async () => {
    const { workspace, id, finished } = await sceneOf(`
      CREATE COLLATION ours (locale = 'C'); ${LOST_LOCALE('ours')}
      CREATE TABLE names (name text COLLATE ours); INSERT INTO names VALUES ('x')`);
    expectFailure(finished, { code: 'DRILL_NOT_SHOWN' });
    expect(await stateOf(workspace, id)).toBe('STORED');
  });

  it('nothing, names the object that does not come back, and the set is SUSPECT', async () => {
    const { workspace, id, finished } = await sceneOf(`
      CREATE FUNCTION slug(id int) RETURNS int IMMUTABLE LANGUAGE plpgsql AS $$BEGIN RETURN (SELECT count(*) FROM wards); END$$;
      CREATE TABLE slugs (id int, slug int GENERATED ALWAYS AS (slug(id)) STORED); INSERT INTO slugs VALUES (1)`);
    const { message } = expectFailure(finished, { code: 'DRILL_FAILED' });
    expect(message).toContain('TABLE DATA slugs: refused with SQLSTATE 42P01');
    expect(await stateOf(workspace, id)).toBe('SUSPECT');
  });
});
