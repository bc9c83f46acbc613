import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeDatabase, type TestDatabase } from '../fixtures/database.ts';
import { expectFailure } from '../fixtures/failure.ts';
import { makeWorkspace, type Workspace } from '../fixtures/holdfast.ts';
import { backUp } from '../fixtures/set.ts';

describe('latest, in a folder with sets of another database too', () => {
  let clinic: TestDatabase;
  let other: TestDatabase;
  let workspace: Workspace;

  beforeAll(async () => {
    clinic = await makeDatabase({ sql: 'CREATE TABLE t AS SELECT 1 AS i' });
    other = await makeDatabase({ sql: 'CREATE TABLE t AS SELECT 1 AS i' });
    workspace = await makeWorkspace({ databaseUrl: other.url });
    await backUp(workspace);
  });

  afterAll(async () => {
    await workspace?.remove();
    await Promise.all([clinic?.drop(), other?.drop()]);
  });

  const asClinic = () => ({ DATABASE_URL: clinic.url });

  it('is refused where the database of the config has no set, with the name of the other one', async () => {
    for (const args of [['drill'], ['verify', 'latest'], ['show', 'latest']]) {
      const finished = await workspace.run([...args, '--json'], asClinic());
      const { message, hint } = expectFailure(finished, { code: 'SET_NOT_FOUND', status: 2 });
      expect(message).toContain(`no backup set of ${clinic.name} is latest`);
      expect(hint).toContain(`${other.name}/latest`);
    }
    const named = await workspace.run(['verify', `${other.name}/latest`], asClinic());
    expect(named).toMatchObject({ status: 0 });
  });

  it('is refused where the newest set has a time in the future, because another one may be later', async () => {
    const fixture = join(import.meta.dirname, '../fixtures/clock-20-minutes-behind.js');
    const behind = { NODE_OPTIONS: `--import=${fixture}` };
    const verified = await workspace.run(['verify', 'latest', '--json']);
    const { set: id } = verified.json<{ set: string }>();
    for (const args of [
      ['show', 'latest'],
      ['verify', 'latest'],
      ['restore', 'latest', '--to', other.name, '--dry-run'],
    ]) {
      const finished = await workspace.run([...args, '--json'], behind);
      const { message, hint } = expectFailure(finished, { code: 'SET_AMBIGUOUS', status: 2 });
      expect(message).toContain(`set ${id} of ${other.name} has a time in the future`);
      expect(hint).toContain('by its id');
    }
    expect(await workspace.run(['show', id], behind)).toMatchObject({ status: 0 });
  });

  it('is the one of the database of the config, for drill, verify and restore', async () => {
    const { id } = (await workspace.run(['backup', '--json'], asClinic())).json<{ id: string }>();
    await backUp(workspace);
    const verified = await workspace.run(['verify', 'latest', '--json'], asClinic());
    expect(verified.json()).toMatchObject({ set: id });
    const drilled = await workspace.run(['drill', '--json'], asClinic());
    expect(drilled.json()).toMatchObject({ backup: { id, database: clinic.name } });
    const copy = clinic.url.replace(clinic.name, `${clinic.name}_copy`);
    const to = ['restore', 'latest', '--to', copy, '--create', '--dry-run', '--json'];
    expect((await workspace.run(to, asClinic())).json()).toMatchObject({ set: id });
  });
});
