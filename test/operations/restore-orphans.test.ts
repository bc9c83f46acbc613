import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { databaseNamed, makeDatabase, type TestDatabase } from '../fixtures/database.ts';
import { makeWorkspace, type Workspace } from '../fixtures/holdfast.ts';
import { backUp } from '../fixtures/set.ts';

/** Each table has the row 9 without a match, in a way that its foreign key forbids. */
const SCHEMA = `
  CREATE TABLE parents (id int PRIMARY KEY, "a, b" text, UNIQUE (id, "a, b"));
  INSERT INTO parents VALUES (1, 'x'), (2, 'y');
  CREATE TABLE plain (id int, parent int CONSTRAINT plain_fk REFERENCES parents);
  CREATE TABLE "Two ""columns" (id int, p int, t text,
    CONSTRAINT two_fk FOREIGN KEY (p, t) REFERENCES parents (id, "a, b"));
  CREATE TABLE inherited (id int, parent int CONSTRAINT inherited_fk REFERENCES parents);
  CREATE TABLE heir () INHERITS (inherited);
  CREATE TABLE parted (id int, parent int CONSTRAINT parted_fk REFERENCES parents)
    PARTITION BY RANGE (id);
  CREATE TABLE part PARTITION OF parted FOR VALUES FROM (0) TO (100);
  CREATE TABLE parted_parents (id int PRIMARY KEY) PARTITION BY RANGE (id);
  CREATE TABLE part_of_parents PARTITION OF parted_parents FOR VALUES FROM (0) TO (100);
  INSERT INTO parted_parents VALUES (1), (2);
  CREATE TABLE of_parted (id int, parent int CONSTRAINT of_parted_fk REFERENCES parted_parents);
  SET session_replication_role = replica;
  INSERT INTO plain VALUES (1, 1), (2, NULL), (9, 77);
  INSERT INTO "Two ""columns" VALUES (1, 1, 'x'), (2, 1, NULL), (9, 1, 'y');
  INSERT INTO inherited VALUES (1, 1), (9, 77);
  INSERT INTO heir VALUES (8, 88);
  INSERT INTO parted VALUES (1, 1), (9, 77);
  INSERT INTO of_parted VALUES (1, 2), (9, 77);`;

interface Restored {
  failures: { name: string; query: string | null }[];
  incomplete: string;
}

describe('rows that a foreign key does not allow', () => {
  let database: TestDatabase;
  let workspace: Workspace;
  let copy: TestDatabase;
  let failures: Restored['failures'];

  beforeAll(async () => {
    database = await makeDatabase({ sql: SCHEMA });
    workspace = await makeWorkspace({ databaseUrl: database.url });
    const id = await backUp(workspace);
    const to = databaseNamed(`${database.name}_copy`).url;
    const restore = ['restore', id, '--create', '--to', to, '--keep-going', '--json'];
    const restored = (await workspace.run(restore)).json<Restored>();
    copy = databaseNamed(restored.incomplete);
    failures = restored.failures;
  });
  afterAll(async () => {
    await copy.drop();
    await workspace.remove();
    await database.drop();
  });

  it.each([
    'plain plain_fk',
    'Two "columns two_fk',
    'inherited inherited_fk',
    'parted parted_fk',
    'of_parted of_parted_fk',
  ])('are what the query of the failed key finds, and no others (%s)', async (name) => {
    const query = failures.find((failure) => failure.name === name)?.query ?? '';
    expect((await copy.query<{ id: number }>(query)).map(({ id }) => id)).toEqual([9]);
  });
});
