import { copyFile, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { databaseNamed, makeDatabase, type TestDatabase } from '../fixtures/database.ts';
import { expectFailure } from '../fixtures/failure.ts';
import { makeWorkspace, type Workspace } from '../fixtures/holdfast.ts';
import { backUp, fileOf, stateOf } from '../fixtures/set.ts';

/** Flips the lowest bit of one byte; a place below zero counts from the end. */
async function flip(file: string, place: number): Promise<void> {
  const bytes = await readFile(file);
  const at = place < 0 ? bytes.length + place : place;
  bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at);
  await writeFile(file, bytes);
}

const half = async (file: string) => Math.floor((await readFile(file)).length / 2);

describe('an object of a set', () => {
  let database: TestDatabase;
  let workspace: Workspace;
  let older: string;
  let id: string;

  const damages: [string, string, (file: string) => Promise<void>][] = [
    ['emptied', 'OBJECT_DAMAGED', (file) => truncate(file, 0)],
    ['cut in half', 'OBJECT_DAMAGED', async (file) => truncate(file, await half(file))],
    [
      'cut by its last byte',
      'OBJECT_DAMAGED',
      async (file) => truncate(file, (await readFile(file)).length - 1),
    ],
    [
      'longer by a byte',
      'OBJECT_DAMAGED',
      async (file) => writeFile(file, Buffer.concat([await readFile(file), Buffer.from([0])])),
    ],
    ['changed by a bit at its head', 'OBJECT_DAMAGED', (file) => flip(file, 60)],
    [
      'changed by a bit in the middle',
      'OBJECT_DAMAGED',
      async (file) => flip(file, await half(file)),
    ],
    ['changed by a bit in its last 16 bytes', 'OBJECT_DAMAGED', (file) => flip(file, -5)],
    [
      'swapped with that of another set',
      'OBJECT_DAMAGED',
      async (file) => copyFile(file.replace(id, older), file),
    ],
    ['deleted', 'OBJECT_MISSING', (file) => rm(file)],
  ];

  beforeAll(async () => {
    database = await makeDatabase({
      sql: 'CREATE TABLE t AS SELECT i, md5(i::text) AS text FROM generate_series(1, 20000) i; CREATE INDEX ON t (i)',
    });
    workspace = await makeWorkspace({ databaseUrl: database.url });
    older = await backUp(workspace);
    id = await backUp(workspace);
  });

  afterAll(async () => {
    await workspace.remove();
    await database.drop();
  });

  const expectFound = async (
    name: string,
    { code, damage }: { code: string; damage: (file: string) => Promise<void> },
  ) => {
    const file = await fileOf(workspace, { id, name });
    const good = await readFile(file);
    await damage(file);
    expectFailure(await workspace.run(['verify', id, '--json']), {
      code: code as 'OBJECT_DAMAGED',
    });
    await writeFile(file, good);
  };

  it.each(damages)('is found by verify when it was %s: %s', async (_what, code, damage) => {
    await expectFound('data.dump.zst.esdk', { code, damage });
  });

  it.each([
    'globals.sql.zst.esdk',
    'schema.dump.zst.esdk',
  ])('is found whichever it is: %s', async (name) => {
    for (const [what, code, damage] of damages)
      if (/half|head|deleted/.test(what)) await expectFound(name, { code, damage });
  });

  it('makes its set SUSPECT, which latest passes over', async () => {
    expect(await stateOf(workspace, id)).toBe('SUSPECT');
    expect((await workspace.run(['show', 'latest', '--json'])).json()).toMatchObject({
      manifest: { id: older },
    });
  });

  it.each(
    damages,
  )('is never restored when it was %s: %s, and no database is left', async (_what, code, damage) => {
    const copy = databaseNamed(`${database.name}_copy`);
    const file = await fileOf(workspace, { id, name: 'data.dump.zst.esdk' });
    const good = await readFile(file);
    await damage(file);
    expectFailure(await workspace.run(['restore', id, '--to', copy.url, '--create', '--json']), {
      code: code as 'OBJECT_DAMAGED',
    });
    expect(
      await database.query("SELECT FROM pg_database WHERE datname LIKE $1 || '\\_%'", [
        database.name,
      ]),
    ).toEqual([]);
    await writeFile(file, good);
  });

  it('makes a drill fail, with a SUSPECT set and an audit record of why', async () => {
    const file = await fileOf(workspace, { id: older, name: 'data.dump.zst.esdk' });
    await flip(file, await half(file));
    expectFailure(await workspace.run(['drill', '--backup', older, '--json']), {
      code: 'OBJECT_DAMAGED',
    });
    expect(await stateOf(workspace, older)).toBe('SUSPECT');
    const record =
      (await workspace.objects())
        .filter((key) => key.startsWith('audit/') && key.endsWith('-drill.json'))
        .at(-1) ?? '';
    const text = await readFile(`${workspace.backups}/${record}`, 'utf8');
    expect(JSON.parse(text)).toMatchObject({
      backup: older,
      status: 'failed',
      error: { code: 'OBJECT_DAMAGED' },
    });
  });

  it('leaves no set that latest could mean', async () => {
    expectFailure(await workspace.run(['restore', 'latest', '--to', database.url, '--json']), {
      code: 'SET_SUSPECT',
    });
  });
});
