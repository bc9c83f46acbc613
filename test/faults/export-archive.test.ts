import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { copyFile, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import { makeDatabase, type TestDatabase } from '../fixtures/database.ts';
import { expectFailure } from '../fixtures/failure.ts';
import { makeWorkspace, type Workspace } from '../fixtures/holdfast.ts';
import { killWhen } from '../fixtures/kill.ts';
import { backUp, fileOf } from '../fixtures/set.ts';
import { canMount, mountSmallDisk } from '../fixtures/small-disk.ts';

const SQL = `
  CREATE TABLE big AS SELECT i, md5(i::text) AS text FROM generate_series(1, 20000) i;
  CREATE TABLE small (id serial PRIMARY KEY, big int);
  INSERT INTO small (big) SELECT generate_series(1, 30)`;

describe('export --archive', () => {
  let database: TestDatabase;
  let workspace: Workspace;
  let older: string;
  let id: string;
  let out: string;

  beforeAll(async () => {
    database = await makeDatabase({ sql: SQL });
    workspace = await makeWorkspace({ databaseUrl: database.url });
    out = join(workspace.folder, 'out.dump');
    older = await backUp(workspace);
    id = await backUp(workspace);
  });
  afterAll(async () => {
    await workspace?.remove();
    await database?.drop();
  });

  const damages: [string, string, (file: string) => Promise<void>][] = [
    [
      'cut in half',
      'OBJECT_DAMAGED',
      async (file) => truncate(file, Math.floor((await readFile(file)).length / 2)),
    ],
    [
      'longer by a byte',
      'OBJECT_DAMAGED',
      async (file) => writeFile(file, Buffer.concat([await readFile(file), Buffer.from([0])])),
    ],
    [
      'swapped with that of another set',
      'OBJECT_DAMAGED',
      async (file) => copyFile(file.replace(id, older), file),
    ],
    ['deleted', 'OBJECT_MISSING', (file) => rm(file)],
  ];

  it.each(
    damages.flatMap(([what, code, damage]) =>
      ['schema', 'data'].map((role) => ({ what, code, damage, role })),
    ),
  )('fails and leaves no file when the $role object was $what', async ({ role, code, damage }) => {
    const file = await fileOf(workspace, { id, name: `${role}.dump.zst.esdk` });
    const good = await readFile(file);
    await damage(file);
    expectFailure(await workspace.run(['export', id, '--archive', '--out', out, '--json']), {
      code: code as 'OBJECT_DAMAGED',
    });
    expect(existsSync(out)).toBe(false);
    await writeFile(file, good);
  });

  it('that is killed leaves no file, under no name', async () => {
    const folder = dirname(out);
    const left = () => readdirSync(folder).filter((name) => name.startsWith(basename(out)));
    const args = ['export', id, '--archive', '--out', out, '--json'];
    const finished = await killWhen(() => workspace.start(args), {
      isTime: () => left().length > 0,
      again: () => rm(out, { force: true }),
    });
    expect(finished.signal).toBe('SIGKILL');
    await vi.waitFor(() => expect(left()).toEqual([]), { timeout: 10_000 });
  });

  it('overwrites no file', async () => {
    await writeFile(out, 'mine');
    expectFailure(await workspace.run(['export', id, '--archive', '--out', out, '--json']), {
      code: 'TARGET_EXISTS',
    });
    expect(await readFile(out, 'utf8')).toBe('mine');
    await rm(out);
  });

  it.skipIf(!canMount)('fails and leaves no file when the disk is full', async () => {
    const disk = await mountSmallDisk(join(workspace.folder, 'disk'), 'size=256k');
    const onDisk = join(workspace.folder, 'disk/out.dump');
    expectFailure(await workspace.run(['export', id, '--archive', '--out', onDisk, '--json']), {
      code: 'DISK_FULL',
    });
    expect(existsSync(onDisk)).toBe(false);
    await disk.eject();
  });

  it('fails when whoever reads it stops reading', () => {
    const program = `'${process.execPath}' -- '${join(import.meta.dirname, '../../bin/holdfast.ts')}' export ${id} --archive`;
    const read = () =>
      execFileSync('bash', ['-o', 'pipefail', '-c', `${program} | head -c 100`], {
        cwd: workspace.folder,
        env: workspace.env,
        stdio: 'pipe',
      });
    expect(read).toThrow(expect.objectContaining({ status: 1, stderr: expect.anything() }));
    expect(read).toThrow(/stopped reading before its end/);
  });

  it.each([
    ['the schema only', ['--schema-only'], '0 0'],
    ['some tables', ['--table', 'small'], '0 30'],
  ])('of a set of %s is restored by pg_restore, and says what it lacks', async (_what, args, counts) => {
    const set = await backUp(workspace, args);
    const exported = await workspace.run(['export', set, '--archive', '--out', out, '--json']);
    expect(exported, exported.stderr).toMatchObject({ status: 0 });
    expect(exported.json<{ notes: string[] }>().notes).toContainEqual(
      expect.stringContaining('not in the set: '),
    );
    const copy = await makeDatabase();
    restore(copy, []);
    const [found] = await copy.query<{ counts: string }>(
      "SELECT (SELECT count(*) FROM big) || ' ' || (SELECT count(*) FROM small) AS counts",
    );
    expect(found?.counts).toBe(counts);
    await copy.drop();
    await rm(out);
  });

  it('of a set of rows only is restored into tables that are there', async () => {
    const set = await backUp(workspace, ['--data-only']);
    expect(await workspace.run(['export', set, '--archive', '--out', out])).toMatchObject({
      status: 0,
    });
    const copy = await makeDatabase({
      sql: 'CREATE TABLE big (i int, text text); CREATE TABLE small (id serial PRIMARY KEY, big int)',
    });
    restore(copy, ['--data-only', '--jobs=2']);
    expect(await copy.query('SELECT count(*)::int FROM big')).toEqual([{ count: 20_000 }]);
    expect(await copy.query("SELECT nextval('small_id_seq')::int AS next")).toEqual([{ next: 31 }]);
    await copy.drop();
    await rm(out);
  });

  function restore(copy: TestDatabase, args: readonly string[]): void {
    const { directory } = inject('postgres').tools;
    const target = `--dbname=host=${copy.host} user=holdfast_drill dbname=${copy.name}`;
    execFileSync(join(directory, 'pg_restore'), ['--exit-on-error', ...args, target, out], {
      stdio: 'pipe',
    });
  }
});
