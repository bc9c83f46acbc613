import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { contentsOf } from '../fixtures/contents.ts';
import { databaseNamed, makeDatabase, type TestDatabase } from '../fixtures/database.ts';
import { makeWorkspace, type Workspace } from '../fixtures/holdfast.ts';
import { backUp } from '../fixtures/set.ts';

/** Their names differ in one byte that is not UTF-8 in a dump of this database. */
const SCHEMA = `CREATE TABLE "résumé" (id serial PRIMARY KEY, "prénom" text DEFAULT 'É');
  CREATE TABLE "resumè" (id serial PRIMARY KEY, "prénom" text);
  CREATE TABLE "resumé" (id serial PRIMARY KEY, "prénom" text);
  INSERT INTO "résumé" ("prénom") SELECT 'René ' || g FROM generate_series(1, 30) g;
  INSERT INTO "resumè" ("prénom") SELECT 'Zoë ' || g FROM generate_series(1, 40) g;
  INSERT INTO "resumé" ("prénom") SELECT 'Ünal ' || g FROM generate_series(1, 50) g;`;

describe('restore --table of a database in LATIN1', () => {
  let maintenance: TestDatabase;
  let database: TestDatabase;
  let workspace: Workspace;
  let id: string;
  let whole: Record<string, string>;

  const restore = (...args: string[]) =>
    workspace.run(['restore', id, '--to', database.url, '--json', ...args]);
  const sequences = () =>
    database.query('SELECT sequencename, last_value::int FROM pg_sequences ORDER BY 1');

  beforeAll(async () => {
    maintenance = await makeDatabase();
    const name = `${maintenance.name}_latin1`;
    await maintenance.query(
      `CREATE DATABASE ${name} ENCODING 'LATIN1' TEMPLATE template0 LC_COLLATE 'C' LC_CTYPE 'C'`,
    );
    database = databaseNamed(name);
    await database.query(SCHEMA);
    workspace = await makeWorkspace({ databaseUrl: database.url });
    id = await backUp(workspace);
    whole = await contentsOf(database);
  });
  afterAll(async () => {
    await workspace.remove();
    await database.drop();
    await maintenance.drop();
  });

  it('makes a dropped table with its rows, and moves no sequence but its own', async () => {
    await database.query(
      `DROP TABLE "resumé"; SELECT setval('"resumè_id_seq"', 900), setval('"résumé_id_seq"', 800)`,
    );
    expect(await restore('--table', 'resumé')).toMatchObject({ status: 0 });
    expect(await contentsOf(database)).toEqual(whole);
    expect(await sequences()).toEqual([
      { sequencename: 'resumè_id_seq', last_value: 900 },
      { sequencename: 'resumé_id_seq', last_value: 50 },
      { sequencename: 'résumé_id_seq', last_value: 800 },
    ]);
  });

  it('fills an emptied table', async () => {
    await database.query('TRUNCATE "résumé"');
    expect(await restore('--table', 'résumé')).toMatchObject({ status: 0 });
    expect(await contentsOf(database)).toEqual(whole);
  });

  it('puts the rows beside the table', async () => {
    expect(await restore('--table', 'résumé', '--as', 'à côté')).toMatchObject({ status: 0 });
    const copy = 'SELECT id, "prénom" FROM "à côté" EXCEPT SELECT id, "prénom" FROM "résumé"';
    expect(await database.query(copy)).toEqual([]);
    expect(await database.query('SELECT count(*)::int AS rows FROM "à côté"')).toEqual([
      { rows: 30 },
    ]);
  });
});
