import { chmod, cp } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeDatabase, type TestDatabase } from '../fixtures/database.ts';
import { makeWorkspace, type Workspace } from '../fixtures/holdfast.ts';

const GOLDEN = join(import.meta.dirname, '../golden/set-0.1.0');

/** The database that the set was taken of, which is not the one of the environment. */
const DATABASE = 't_71f174f7ff';

describe('a set that version 0.1.0 took', () => {
  let workspace: Workspace;
  let database: TestDatabase;
  let target: TestDatabase;

  beforeAll(async () => {
    [database, target] = [await makeDatabase(), await makeDatabase()];
    workspace = await makeWorkspace({ databaseUrl: database.url });
    await cp(join(GOLDEN, 'repository'), workspace.backups, { recursive: true });
    await cp(join(GOLDEN, 'key'), workspace.keyFile);
    await chmod(workspace.keyFile, 0o600);
  });
  afterAll(async () => {
    await workspace.remove();
    await target.drop();
    await database.drop();
  });

  it('opens, is verified and comes back', async () => {
    const { id } = (await workspace.run(['show', `${DATABASE}/latest`, '--json'])).json<{
      manifest: { id: string };
    }>().manifest;
    expect(await workspace.run(['verify', id, '--json'])).toMatchObject({ status: 0 });
    const restored = await workspace.run(['restore', id, '--to', target.url, '--json']);
    expect(restored, restored.stderr).toMatchObject({ status: 0 });
    expect(await target.query('SELECT * FROM visits ORDER BY id')).toEqual([
      { id: 1, note: 'größer 😀' },
      { id: 2, note: null },
    ]);
  });
});
