import { afterAll, describe, expect, it } from 'vitest';
import type { DrillReport } from '../../engine/domain/drill-report.ts';
import { type DatabaseOptions, makeDatabase, type TestDatabase } from '../fixtures/database.ts';
import { expectFailure } from '../fixtures/failure.ts';
import { makeWorkspace, type Workspace } from '../fixtures/holdfast.ts';
import { backUp } from '../fixtures/set.ts';

describe('a drill', () => {
  const open: { database: TestDatabase; workspace: Workspace }[] = [];

  async function drillOf(sql: string, options: Pick<DatabaseOptions, 'encoding'> = {}) {
    const database = await makeDatabase({ sql, ...options });
    const workspace = await makeWorkspace({ databaseUrl: database.url });
    open.push({ database, workspace });
    await backUp(workspace);
    return workspace.run(['drill', '--json']);
  }

  afterAll(async () => {
    for (const { database, workspace } of open) {
      await workspace.remove();
      await database.drop();
    }
  });

  it('shows the whole structure, the sequences and the large objects of the set', async () => {
    const finished = await drillOf(`
      CREATE TABLE wards (id serial PRIMARY KEY, kind varchar CHECK (kind IN ('a', 'b')));
      INSERT INTO wards (kind) SELECT 'a' FROM generate_series(1, 30);
      CREATE TABLE behind (id serial PRIMARY KEY); INSERT INTO behind VALUES (40);
      CREATE MATERIALIZED VIEW full_view AS SELECT count(*) FROM wards;
      CREATE MATERIALIZED VIEW empty_view AS SELECT count(*) FROM wards WITH NO DATA;
      SELECT lo_from_bytea(0, 'x'), lo_from_bytea(0, 'y');
      CREATE FUNCTION ignore() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';
      CREATE EVENT TRIGGER looks ON ddl_command_end EXECUTE FUNCTION ignore()`);
    expect(finished, finished.stderr).toMatchObject({ status: 0 });
    const { checks, notes } = finished.json<DrillReport>();
    expect(checks).toEqual(
      expect.arrayContaining([
        {
          name: 'Structure equal',
          passed: true,
          detail: expect.stringMatching(/^\d+ definitions$/),
        },
        { name: 'Sequences have their values', passed: true, detail: '2 of 2' },
        { name: 'Large objects present', passed: true, detail: '2 of 2' },
      ]),
    );
    expect(notes).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/after a plain pg_restore of this archive: 1$/),
        'sequences that are behind their column in the source too: public.behind_id_seq',
      ]),
    );
  });

  it('finds a sequence whose name the archive writes with escaped backslashes', async () => {
    const finished = await drillOf(`
      DO $$BEGIN EXECUTE format('ALTER DATABASE %I SET standard_conforming_strings = off', current_database());
      END$$;
      CREATE SCHEMA "back\\slash"; CREATE SEQUENCE "back\\slash"."it's"; SELECT nextval('"back\\slash"."it''s"');
      CREATE TABLE wards (id int); INSERT INTO wards VALUES (1)`);
    expect(finished, finished.stderr).toMatchObject({ status: 0 });
    expect(finished.json<DrillReport>().checks).toContainEqual({
      name: 'Sequences have their values',
      passed: true,
      detail: '1 of 1',
    });
  });

  it('finds a sequence whose name is in another encoding', async () => {
    const finished = await drillOf(
      `CREATE SEQUENCE "größe"; SELECT nextval('größe'); CREATE TABLE "größen" (id int);
       INSERT INTO "größen" VALUES (1)`,
      { encoding: 'LATIN1' },
    );
    expect(finished, finished.stderr).toMatchObject({ status: 0 });
    expect(finished.json<DrillReport>().checks).toContainEqual({
      name: 'Sequences have their values',
      passed: true,
      detail: '1 of 1',
    });
  });

  it('fails when something is missing or has other values, though no statement was refused', async () => {
    const finished = await drillOf(`
      CREATE TABLE wards (id int PRIMARY KEY, name text); INSERT INTO wards VALUES (1);
      CREATE VIEW gone AS SELECT 1 AS one; CREATE SEQUENCE ids; SELECT setval('ids', 77);
      SELECT lo_from_bytea(4711, 'x');
      CREATE FUNCTION spoil() RETURNS int LANGUAGE plpgsql AS $$BEGIN
        DROP VIEW public.gone; PERFORM pg_catalog.setval('public.ids', 5);
        PERFORM pg_catalog.lo_unlink(4711); RETURN 1; END$$;
      CREATE MATERIALIZED VIEW spoiling AS SELECT public.spoil() WITH NO DATA;
      UPDATE pg_class SET relispopulated = true WHERE relname = 'spoiling'`);
    const { message } = expectFailure(finished, { code: 'DRILL_FAILED' });
    expect(message).toContain('Structure equal: VIEW gone is missing');
    expect(message).toContain('Sequences have their values: 0 of 1');
    expect(message).toContain('Large objects present: 0 of 1');
  });

  it('passes where only our own statements meet what expressions depend on or refuse', async () => {
    const finished = await drillOf(`
      CREATE FUNCTION digits(float8) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT length($1::text)';
      DO $$BEGIN EXECUTE format('ALTER DATABASE %I SET extra_float_digits = -5', current_database());
      END$$;
      SET extra_float_digits = -5;
      CREATE TABLE parts (id int PRIMARY KEY, part float8);
      INSERT INTO parts SELECT i, i / 3.0 FROM generate_series(1, 50) i;
      CREATE INDEX ON parts (digits(part));
      CREATE STATISTICS too_large ON (id * 2147483647), part FROM parts`);
    expect(finished, finished.stderr).toMatchObject({ status: 0 });
    const { checks } = finished.json<DrillReport>();
    expect(checks.filter(({ passed }) => !passed)).toEqual([]);
  });
});
