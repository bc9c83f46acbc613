import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeConfig } from '../fixtures/config.ts';
import { contentsOf } from '../fixtures/contents.ts';
import { databaseNamed, makeDatabase, type TestDatabase } from '../fixtures/database.ts';
import { expectFailure } from '../fixtures/failure.ts';
import { makeWorkspace, type Workspace } from '../fixtures/holdfast.ts';
import { backUp, countManifests, listSets } from '../fixtures/set.ts';

interface Shown {
  isHeld: boolean;
  manifest: {
    label: string | null;
    leftOut: { what: string }[];
    tables: { name: string; rows: number | null }[];
  };
}

describe('a plan that takes a part', () => {
  let database: TestDatabase;
  let workspace: Workspace;

  const rowsIn = async (id: string) => {
    const { manifest } = (await workspace.run(['show', id, '--json'])).json<Shown>();
    return Object.fromEntries(manifest.tables.map(({ name, rows }) => [name, rows]));
  };
  const restoreNew = async (id: string) => {
    const copy = databaseNamed(`${database.name}_copy`);
    const finished = await workspace.run(['restore', id, '--to', copy.url, '--create', '--json']);
    expect(finished).toMatchObject({ status: 0 });
    const contents = Object.fromEntries(
      Object.entries(await contentsOf(copy)).map(([name, text]) => [
        name.split('"').at(-2),
        Number(text.split(' ')[0]),
      ]),
    );
    const keys = await copy.query<{ conname: string }>(
      "SELECT conname FROM pg_constraint WHERE contype = 'f' ORDER BY 1",
    );
    await copy.drop();
    return {
      contents,
      keys: keys.map(({ conname }) => conname),
      notes: finished.json<{ notes: string[] }>().notes.join('\n'),
    };
  };

  beforeAll(async () => {
    database = await makeDatabase({
      sql: `CREATE TABLE users (id int PRIMARY KEY); INSERT INTO users SELECT generate_series(1, 5);
        CREATE TABLE patients (id int PRIMARY KEY, u int REFERENCES users); INSERT INTO patients SELECT i, i FROM generate_series(1, 4) i;
        CREATE TABLE logs (id int, p int REFERENCES patients, u int REFERENCES users); INSERT INTO logs SELECT i, 1, 1 FROM generate_series(1, 9) i;
        CREATE VIEW seen AS SELECT * FROM patients; SELECT lo_from_bytea(0, 'scan')`,
    });
    workspace = await makeWorkspace();
    await writeConfig(workspace, {
      databases: { clinic: { url: database.url } },
      plans: {
        whole: {},
        critical: { tables: ['users', 'patients'], label: 'critical tables' },
        lean: { excludeTables: ['patients'] },
        shape: { contents: 'schema' },
        rows: { contents: 'data' },
      },
    });
  });

  afterAll(async () => {
    await workspace.remove();
    await database.drop();
  });

  it('takes named tables with the whole schema, restores and proves them', async () => {
    const id = await backUp(workspace, ['--plan', 'critical']);
    expect(await rowsIn(id)).toEqual({ users: 5, patients: 4, logs: null });
    const { contents, keys, notes } = await restoreNew(id);
    expect(contents).toEqual({ users: 5, patients: 4, logs: 0 });
    expect(keys).toEqual(['logs_p_fkey', 'logs_u_fkey', 'patients_u_fkey']);
    expect(notes).toBe('');
    expect((await workspace.run(['drill', '--backup', id, '--json'])).json()).toMatchObject({
      result: 'PASS',
    });
    expect(await listSets(workspace)).toMatchObject([
      { id, label: 'critical tables', state: 'PROVEN' },
    ]);
  });

  it('leaves tables out, and the foreign keys that can not hold without their rows, by name', async () => {
    const id = await backUp(workspace, ['--plan', 'lean']);
    expect(await rowsIn(id)).toEqual({ users: 5, patients: null, logs: 9 });
    const { contents, keys, notes } = await restoreNew(id);
    expect(contents).toEqual({ users: 5, patients: 0, logs: 9 });
    expect(keys).toEqual(['logs_u_fkey', 'patients_u_fkey']);
    expect(notes).toMatch(/^foreign key left out.*logs_p_fkey.*$/);
    expect((await workspace.run(['drill', '--backup', id, '--json'])).json()).toMatchObject({
      result: 'PASS',
    });
  });

  it('is named by its plan or id, never by latest alone', async () => {
    expectFailure(await workspace.run(['show', 'latest', '--json']), {
      code: 'SET_NOT_FOUND',
      status: 2,
    });
    expect(await workspace.run(['show', 'clinic/critical/latest', '--json'])).toMatchObject({
      status: 0,
    });
  });

  it('refuses to give rows back that it does not have', async () => {
    const { message } = expectFailure(
      await workspace.run([
        'restore',
        'clinic/lean/latest',
        '--to',
        'clinic',
        '--table',
        'patients',
        '--json',
      ]),
      { code: 'NOTHING_TO_DUMP', status: 2 },
    );
    expect(message).toContain('holds no rows of patients');
  });

  it('takes the schema only', async () => {
    const id = await backUp(workspace, ['--plan', 'shape']);
    expect(
      (await workspace.objects())
        .filter((key) => key.includes(id))
        .some((key) => key.includes('data.dump')),
    ).toBe(false);
    const { contents, keys } = await restoreNew(id);
    expect(contents).toEqual({ users: 0, patients: 0, logs: 0 });
    expect(keys).toEqual(['logs_p_fkey', 'logs_u_fkey', 'patients_u_fkey']);
    expect(await workspace.run(['verify', id])).toMatchObject({ status: 0 });
    expect((await workspace.run(['drill', '--backup', id, '--json'])).json()).toMatchObject({
      result: 'PASS',
    });
  });

  it('takes the data only, which goes into tables that are there and empty', async () => {
    const id = await backUp(workspace, ['--plan', 'rows']);
    expect(await workspace.run(['verify', id])).toMatchObject({ status: 0 });
    expectFailure(await workspace.run(['drill', '--backup', id, '--json']), {
      code: 'USAGE',
      status: 2,
    });
    const target = await makeDatabase();
    const fill = () => workspace.run(['restore', id, '--to', target.url, '--data-only', '--json']);
    expect(expectFailure(await fill(), { code: 'TARGET_NOT_EMPTY' }).message).toContain(
      'has no table',
    );
    expect(
      await workspace.run(['restore', 'clinic/shape/latest', '--to', target.url, '--json']),
    ).toMatchObject({ status: 0 });
    expect(await fill()).toMatchObject({ status: 0 });
    expect(await contentsOf(target)).toEqual(await contentsOf(database));
    expect(
      await target.query(
        "SELECT convert_from(lo_get(oid), 'UTF8') AS text FROM pg_largeobject_metadata",
      ),
    ).toEqual([{ text: 'scan' }]);
    expect(expectFailure(await fill(), { code: 'TARGET_NOT_EMPTY' }).message).toContain('has rows');
    await target.drop();
  });

  it('is overruled by the command line, with a label and a hold', async () => {
    const id = await backUp(workspace, [
      '--plan',
      'critical',
      '--exclude-table',
      'logs',
      '--label',
      'before the move',
      '--hold',
    ]);
    expect(await rowsIn(id)).toEqual({ users: 5, patients: 4, logs: null });
    const shown = (await workspace.run(['show', id, '--json'])).json<Shown>();
    expect(shown).toMatchObject({ isHeld: true, manifest: { label: 'before the move' } });
    expect(shown.manifest.leftOut.map(({ what }) => what)).toContain('rows of logs');
    expect((await workspace.run(['show', id])).stdout).toContain('held');
  });

  it.each([
    '--table',
    '--exclude-table',
  ])('writes nothing when %s names a table that is not there', async (option) => {
    const before = await countManifests(workspace);
    const { message, hint } = expectFailure(
      await workspace.run([
        'backup',
        '--plan',
        'whole',
        option,
        'nosuch',
        option,
        'users',
        '--json',
      ]),
      { code: 'NOTHING_TO_DUMP', status: 2 },
    );
    expect(message).toBe('there is no table nosuch');
    expect(hint).toContain('logs, patients, users');
    expect(await countManifests(workspace)).toBe(before);
  });
});
