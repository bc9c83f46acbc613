import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeDatabase, type TestDatabase, urlOf } from '../fixtures/database.ts';
import { makeWorkspace, type Workspace } from '../fixtures/holdfast.ts';

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

  it('is verified and proven', async () => {
    expect((await workspace.run(['verify', 'latest', '--json'])).json()).toMatchObject({
      copies: [{ state: 'CHECKED' }],
    });
    const drill = await workspace.run(['drill', '--json']);
    expect(drill).toMatchObject({ status: 0 });
    expect(drill.json()).toMatchObject({ result: 'PASS', tables: [] });
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
