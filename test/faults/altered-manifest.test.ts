import { copyFile, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readKeyFile } from '../../engine/adapters/key-file.ts';
import { parseManifest } from '../../engine/domain/manifest.ts';
import { sealManifest } from '../../engine/stream/seal.ts';
import { databaseNamed, makeDatabase, type TestDatabase } from '../fixtures/database.ts';
import { expectFailure } from '../fixtures/failure.ts';
import { makeWorkspace, type Workspace } from '../fixtures/holdfast.ts';
import { storedObject } from '../fixtures/manifests.ts';
import {
  type Alteration,
  alterManifest,
  backUp,
  fileOf,
  listSets,
  stateOf,
} from '../fixtures/set.ts';

type Change = Alteration['change'];

describe('a manifest', () => {
  let database: TestDatabase;
  let workspace: Workspace;
  let older: string;
  let id: string;

  const expectRefusal = async (code: 'MANIFEST_ALTERED' | 'MANIFEST_INVALID') => {
    const copy = databaseNamed(`${database.name}_copy`);
    for (const args of [
      ['verify', id],
      ['restore', id, '--to', copy.url, '--create'],
    ])
      expectFailure(await workspace.run([...args, '--json']), { code });
    expect(await database.query('SELECT FROM pg_database WHERE datname = $1', [copy.name])).toEqual(
      [],
    );
  };

  beforeAll(async () => {
    database = await makeDatabase({ sql: 'CREATE TABLE t AS SELECT generate_series(1, 100) AS i' });
    workspace = await makeWorkspace({ databaseUrl: database.url });
    older = await backUp(workspace);
    id = await backUp(workspace);
  });

  afterAll(async () => {
    await workspace.remove();
    await database.drop();
  });

  const first = <T>([one]: T[]): T => {
    if (one === undefined) throw new Error('the manifest has none');
    return one;
  };
  const changes: [string, Change][] = [
    ['a row count', ({ tables }) => Object.assign(first(tables), { rows: 99 })],
    ['a SHA-256', ({ objects }) => Object.assign(first(objects), { sha256: 'a'.repeat(64) })],
    ['keepUntil', (manifest) => Object.assign(manifest, { keepUntil: '2020-01-01T00:00:00.000Z' })],
    [
      'a member that this version does not know',
      (manifest) => Object.assign(manifest, { note: 'harmless' }),
    ],
    ['an object less', ({ objects }) => objects.pop()],
    [
      'a broken seal',
      (manifest) => Object.assign(manifest, { seal: Buffer.from('no seal').toString('base64') }),
    ],
    [
      'a seal that was changed at its head',
      (manifest) =>
        Object.assign(manifest, {
          seal: `${String(manifest.seal).slice(0, 120)}AAAA${String(manifest.seal).slice(124)}`,
        }),
    ],
  ];

  it.each(changes)('with another value is refused everywhere: %s', async (_what, change) => {
    const file = await fileOf(workspace, { id, name: 'manifest.json' });
    const good = await readFile(file);
    await alterManifest(workspace, { id, change });
    await expectRefusal('MANIFEST_ALTERED');
    expect(await stateOf(workspace, id)).toBe('SUSPECT');
    await writeFile(file, good);
  });

  it('with nothing but other white space and another order is the same', async () => {
    const change = (manifest: Record<string, unknown>) => {
      const members = Object.entries(manifest).reverse();
      for (const [name] of members) delete manifest[name];
      Object.assign(manifest, Object.fromEntries(members));
    };
    await alterManifest(workspace, { id, change });
    expect(await workspace.run(['verify', id, '--json'])).toMatchObject({ status: 0 });
  });

  it('of a newer Holdfast, whose streams this one does not restore, is refused and not called bad', async () => {
    const file = await fileOf(workspace, { id: older, name: 'manifest.json' });
    const good = await readFile(file, 'utf8');
    const { seal: _seal, ...manifest } = parseManifest(good, { key: file });
    const part = storedObject({ key: 'part-1.copy.zst.esdk', role: 'part' });
    const objects = [...manifest.objects, part];
    const stored = join(dirname(file), part.key);
    await writeFile(stored, Buffer.alloc(part.storedBytes));
    const { keyring } = await readKeyFile(workspace.keyFile);
    await writeFile(file, JSON.stringify(await sealManifest({ ...manifest, objects }, keyring)));
    const copy = databaseNamed(`${database.name}_copy`);
    for (const args of [
      ['restore', older, '--to', copy.url, '--create'],
      ['export', older, '--out', 'x.sql'],
      ['export', older, '--archive', '--out', 'x.dump'],
      ['drill', '--backup', older],
    ])
      expect(
        expectFailure(await workspace.run([...args, '--json']), { code: 'MANIFEST_INVALID' }).hint,
      ).toContain('A newer Holdfast');
    expect(await stateOf(workspace, older)).toBe('STORED');
    await writeFile(file, good);
    await rm(stored);
  });

  it('that was copied from another set is refused', async () => {
    const file = await fileOf(workspace, { id, name: 'manifest.json' });
    const good = await readFile(file);
    await copyFile(await fileOf(workspace, { id: older, name: 'manifest.json' }), file);
    await expectRefusal('MANIFEST_ALTERED');
    for (const args of [
      ['drill', '--backup', id],
      ['export', id, '--out', 'x.sql'],
    ])
      expectFailure(await workspace.run([...args, '--json']), { code: 'MANIFEST_ALTERED' });
    expect(await listSets(workspace)).toMatchObject([
      { id: older, problem: null },
      { id, state: 'SUSPECT', problem: expect.stringContaining(older) },
    ]);
    await writeFile(file, good);
  });

  it('that was copied from another set and given the name of this one is refused', async () => {
    const file = await fileOf(workspace, { id, name: 'manifest.json' });
    const good = await readFile(file);
    await copyFile(await fileOf(workspace, { id: older, name: 'manifest.json' }), file);
    await alterManifest(workspace, { id, change: (manifest) => Object.assign(manifest, { id }) });
    await expectRefusal('MANIFEST_ALTERED');
    await writeFile(file, good);
  });

  it.each([
    ['nothing', '', 'SUSPECT'],
    ['no JSON', '{"id": ', 'SUSPECT'],
    ['JSON of another kind', '[]', 'SUSPECT'],
    ['less than it must', '{"schemaVersion": 1}', 'SUSPECT'],
    ['a newer version', '{"schemaVersion": 99}', 'CHECKED'],
  ])('that holds %s is refused, and latest passes over it', async (_what, text, state) => {
    const file = await fileOf(workspace, { id, name: 'manifest.json' });
    const good = await readFile(file);
    expect(await workspace.run(['verify', id, '--json'])).toMatchObject({ status: 0 });
    await writeFile(file, text);
    await expectRefusal('MANIFEST_INVALID');
    expect(await stateOf(workspace, id)).toBe(state);
    expect((await workspace.run(['show', 'latest', '--json'])).json()).toMatchObject({
      manifest: { id: older },
    });
    await writeFile(file, good);
  });

  it('that is gone leaves no set', async () => {
    await rm(await fileOf(workspace, { id, name: 'manifest.json' }));
    expectFailure(await workspace.run(['verify', id, '--json']), {
      code: 'SET_NOT_FOUND',
      status: 2,
    });
    expect(await listSets(workspace)).toMatchObject([{ id: older }]);
  });
});
