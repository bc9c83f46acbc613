import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeConfig } from '../fixtures/config.ts';
import { makeDatabase, type TestDatabase } from '../fixtures/database.ts';
import { expectFailure } from '../fixtures/failure.ts';
import { makeWorkspace, type Workspace } from '../fixtures/holdfast.ts';
import { backUp } from '../fixtures/set.ts';

describe('latest, in a repository of two databases', () => {
  let databases: TestDatabase[];
  let workspace: Workspace;
  let ids: string[];

  beforeAll(async () => {
    databases = [
      await makeDatabase({ sql: 'CREATE TABLE t (i int)' }),
      await makeDatabase({ sql: 'CREATE TABLE u (i int)' }),
    ];
    workspace = await makeWorkspace();
    const [one, other] = databases;
    await writeConfig(workspace, {
      databases: { clinic: { url: one?.url }, lab: { url: other?.url } },
    });
    ids = [await backUp(workspace, ['clinic']), await backUp(workspace, ['lab'])];
  });

  afterAll(async () => {
    await workspace.remove();
    for (const database of databases) await database.drop();
  });

  it('is a usage error that lists the choices', async () => {
    const { message, hint } = expectFailure(await workspace.run(['verify', 'latest', '--json']), {
      code: 'SET_AMBIGUOUS',
      status: 2,
    });
    for (const choice of ['clinic', 'lab', ...ids]) expect(`${message} ${hint}`).toContain(choice);
  });

  it('is clear once the database is named', async () => {
    expect((await workspace.run(['verify', 'lab/latest', '--json'])).json()).toMatchObject({
      set: ids[1],
    });
    expect((await workspace.run(['show', 'clinic/default/latest', '--json'])).json()).toMatchObject(
      { manifest: { id: ids[0] } },
    );
  });

  it('makes a backup ask for the database too', async () => {
    const { hint } = expectFailure(await workspace.run(['backup', '--json']), {
      code: 'USAGE',
      status: 2,
    });
    expect(hint).toContain('clinic, lab');
  });
});
