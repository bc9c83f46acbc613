import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { databaseNamed, makeDatabase, type TestDatabase } from '../fixtures/database.ts';
import { expectFailure } from '../fixtures/failure.ts';
import type { Finished } from '../fixtures/holdfast.ts';
import { makeWorkspace, type Workspace } from '../fixtures/holdfast.ts';
import { backUp, stateOf } from '../fixtures/set.ts';

const CANARY = 'canary-of-ward-seven';

/**
 * Three objects that PostgreSQL itself refuses to restore: a generated column whose function finds its
 * helper by the search path, a materialized view that hides a table in a text, a foreign key with a
 * row that has no match.
 */
const SCHEMA = `
  CREATE FUNCTION helper(text) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT lower($1)';
  CREATE FUNCTION slug(v text) RETURNS text LANGUAGE plpgsql IMMUTABLE
    AS 'BEGIN RETURN helper(v); END';
  CREATE TABLE wards (name text, slug text GENERATED ALWAYS AS (slug(name)) STORED);
  INSERT INTO wards (name) VALUES ('${CANARY}');
  CREATE TABLE docs (id int PRIMARY KEY, v tsvector);
  INSERT INTO docs SELECT g, to_tsvector('simple', 'w' || g) FROM generate_series(1, 30) g;
  CREATE MATERIALIZED VIEW words AS SELECT word FROM ts_stat('SELECT v FROM docs');
  CREATE SCHEMA util; CREATE FUNCTION util.touch() RETURNS trigger LANGUAGE plpgsql
    AS 'BEGIN RETURN NEW; END';
  CREATE TABLE "doc notes" (id int, "doc id" int CONSTRAINT "of doc" REFERENCES docs, note text);
  CREATE TRIGGER touched BEFORE UPDATE ON "doc notes" FOR EACH ROW EXECUTE FUNCTION util.touch();
  CREATE PUBLICATION notes FOR TABLE "doc notes";
  ALTER TABLE "doc notes" DISABLE TRIGGER ALL;
  INSERT INTO "doc notes" VALUES (1, 7, 'a'), (2, 99, '${CANARY}'), (3, NULL, 'b');
  ALTER TABLE "doc notes" ENABLE TRIGGER ALL;`;

interface Restored {
  rows: number;
  failures: { type: string; schema: string; name: string; reason: string; query: string | null }[];
  incomplete: string | null;
}

describe('a restore of which the target refuses some objects', () => {
  let database: TestDatabase;
  let workspace: Workspace;
  let id: string;
  const made: TestDatabase[] = [];

  const restoreNew = (suffix: string, option?: string, set = id) => {
    const copy = databaseNamed(`${database.name}_${suffix}`);
    made.push(copy);
    const options = ['--create', '--json', ...(option === undefined ? [] : [option])];
    const command = ['restore', set, '--to', copy.url, ...options];
    return workspace.run(command).then((finished) => ({ finished, copy }));
  };
  const isThere = async ({ name }: TestDatabase) =>
    (await database.query('SELECT FROM pg_database WHERE datname = $1', [name])).length > 0;

  beforeAll(async () => {
    database = await makeDatabase({ sql: SCHEMA });
    workspace = await makeWorkspace({ databaseUrl: database.url });
    id = await backUp(workspace);
  });
  afterAll(async () => {
    for (const copy of made) await copy.drop();
    await workspace.remove();
    await database.drop();
  });

  it('fails with the object by name and the ways on, and leaves nothing', async () => {
    const { finished, copy } = await restoreNew('plain');
    const { message, hint } = expectFailure(finished, { code: 'RESTORE_FAILED' });
    expect(message).toMatch(/^TABLE DATA wards could not be restored: /);
    expect(hint).toContain('--keep-going');
    expect(finished.stderr).not.toContain(CANARY);
    expect(await isThere(copy)).toBe(false);
  });

  it('has ways on that work when they are typed', async () => {
    const { finished } = await restoreNew('hint');
    const command = /`holdfast (export [^`]+)`/.exec(finished.error().hint ?? '')?.[1] ?? '';
    const file = join(workspace.folder, 'way on');
    const words = command.split(' ').map((word) => (word === 'FILE' ? file : word));
    expect(await workspace.run(words)).toMatchObject({ status: 0 });
    expect((await readFile(file)).subarray(0, 5).toString()).toBe('PGDMP');
    const { finished: definitions } = await restoreNew('schema', '--schema-only');
    expect(definitions.error().message).toMatch(/words/);
  });

  describe('with --keep-going', () => {
    let finished: Finished;
    let copy: TestDatabase;
    let restored: Restored;

    beforeAll(async () => {
      ({ finished, copy } = await restoreNew('going', '--keep-going'));
      restored = finished.json<Restored>();
      expect(await isThere(copy)).toBe(false);
      copy = databaseNamed(restored.incomplete ?? '');
      made.push(copy);
    });

    it('leaves a database whose name says that it is incomplete, and SQL that names it', async () => {
      const wanted = `${database.name}_going`;
      expect(restored.incomplete).toMatch(new RegExp(`^${wanted}_incomplete_[0-9a-f]{8}$`));
      const hint = finished.error().hint ?? '';
      const rename = /until you rename it: (ALTER DATABASE .*;)$/.exec(hint)?.[1] ?? '';
      await database.query(rename);
      copy = databaseNamed(wanted);
      expect(await isThere(copy)).toBe(true);
    });

    it('restores everything else, lists what failed, and exits with 1', async () => {
      expect(finished).toMatchObject({ status: 1 });
      expect(finished.error()).toMatchObject({ code: 'RESTORE_INCOMPLETE', exitStatus: 1 });
      expect(restored.failures.map(({ type, schema, name }) => [type, schema, name])).toEqual([
        ['TABLE DATA', 'public', 'wards'],
        ['FK CONSTRAINT', 'public', 'doc notes of doc'],
        ['MATERIALIZED VIEW DATA', 'public', 'words'],
      ]);
      expect(
        await copy.query(
          'SELECT (SELECT count(*)::int FROM docs) AS docs, (SELECT count(*)::int FROM "doc notes") AS notes',
        ),
      ).toEqual([{ docs: 30, notes: 3 }]);
      expect(
        await copy.query("SELECT conname FROM pg_constraint WHERE conname = 'docs_pkey'"),
      ).toEqual([{ conname: 'docs_pkey' }]);
    });

    it('keeps the rows of a foreign key that does not hold, and gives the query that finds them', async () => {
      const query = restored.failures.find(({ type }) => type === 'FK CONSTRAINT')?.query ?? '';
      expect(await copy.query(query)).toMatchObject([{ id: 2 }]);
      expect(await database.query(query)).toMatchObject([{ id: 2 }]);
    });

    it('says nothing of rows', () => {
      expect(`${finished.stdout}${finished.stderr}`).not.toContain(CANARY);
    });

    it('is recorded as failed, and proves nothing', async () => {
      const key = (await workspace.objects()).filter((path) =>
        /audit\/.*-restore\.json$/.test(path),
      );
      const records = await Promise.all(
        key.map(async (path) => JSON.parse(await readFile(join(workspace.backups, path), 'utf8'))),
      );
      expect(records).toContainEqual(
        expect.objectContaining({
          status: 'failed',
          error: expect.objectContaining({ code: 'RESTORE_INCOMPLETE' }),
        }),
      );
      expect(await stateOf(workspace, id)).toBe('STORED');
    });
  });

  it('prints the list for people', async () => {
    const text = await workspace.run([
      ...['restore', id, '--to', `${database.url.replace(database.name, `${database.name}_text`)}`],
      ...['--create', '--keep-going'],
    ]);
    const incomplete = /called (\S+) until you rename it/.exec(text.stderr)?.[1] ?? '';
    made.push(databaseNamed(incomplete));
    expect(text.stdout).toMatch(/not restored:\n {2}TABLE DATA wards: /);
    expect(text.stdout).toMatch(
      /FK CONSTRAINT of doc of table "doc notes": .*violates foreign key/,
    );
  });

  it('goes on without a role that the target lacks', async () => {
    const role = `${database.name}_role`;
    const source = await makeDatabase({
      sql: `CREATE ROLE ${role}; CREATE TABLE owned (id int); INSERT INTO owned VALUES (1), (2);
        ALTER TABLE owned OWNER TO ${role}`,
    });
    const env = { DATABASE_URL: source.url };
    const taken = (await workspace.run(['backup', '--json'], env)).json<{ id: string }>();
    await source.query(`DROP OWNED BY ${role}; DROP ROLE ${role}`);
    const { finished, copy } = await restoreNew('roles', '--keep-going', taken.id);
    await source.drop();
    expect(finished).toMatchObject({ status: 1 });
    expect(finished.json<Restored>().failures).toMatchObject([
      { type: 'TABLE', name: 'owned', reason: `role "${role}" does not exist` },
    ]);
    const left = databaseNamed(finished.json<Restored>().incomplete ?? '');
    made.push(left, copy);
    expect(await left.query('SELECT count(*)::int AS rows FROM owned')).toEqual([{ rows: 2 }]);
  });

  it('is refused with --overwrite', async () => {
    const finished = await workspace.run([
      ...['restore', id, '--to', database.url, '--json'],
      ...['--overwrite', database.name, '--keep-going'],
    ]);
    expectFailure(finished, { code: 'USAGE', status: 2 });
  });

  describe('of one table', () => {
    const restore = (...args: string[]) =>
      workspace.run([
        ...['restore', id, '--to', database.url, '--json', '--table', 'doc notes', ...args],
      ]);
    beforeAll(() =>
      database.query('DROP TABLE "doc notes"; DROP PUBLICATION notes; DROP SCHEMA util CASCADE'),
    );

    it('fails with the object by name, and leaves no table', async () => {
      const { message, hint } = expectFailure(await restore(), { code: 'RESTORE_FAILED' });
      expect(message).toContain('TRIGGER touched of table "doc notes" could not be restored');
      expect(hint).toContain('--keep-going');
      expect(await database.query(`SELECT to_regclass('"doc notes"')::text AS found`)).toEqual([
        { found: null },
      ]);
    });

    it('comes back without it with --keep-going, and without a publication that is gone', async () => {
      const finished = await restore('--keep-going');
      expect(finished).toMatchObject({ status: 1 });
      const { failures, notes } = finished.json<Restored & { notes: string[] }>();
      expect(failures.map(({ name }) => name)).toEqual(['doc notes touched', 'doc notes of doc']);
      expect(notes.join()).toContain('the publication is not on the target');
      expect(await database.query('SELECT count(*)::int AS rows FROM "doc notes"')).toEqual([
        { rows: 3 },
      ]);
    });
  });
});
