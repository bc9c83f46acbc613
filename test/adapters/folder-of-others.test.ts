import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, rename, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FolderRepository } from '../../engine/adapters/folder-repository.ts';
import type { Repository } from '../../engine/ports/repository.ts';
import { type HangingMount, mountThatHangs } from '../fixtures/hanging-mount.ts';

const KEY = 'nightly/clinic/20261122T020000Z-7f3a/manifest.json';

async function collect(from: AsyncIterable<unknown>): Promise<unknown[]> {
  const found: unknown[] = [];
  for await (const one of from) found.push(one);
  return found;
}

describe('a folder in which others put things', () => {
  let folder: string;
  let location: string;
  let repository: Repository;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'hf-others-'));
    location = join(folder, 'backups');
    repository = new FolderRepository(location);
    await repository.put(KEY, Buffer.from('{}'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const keys = async () => {
    const found: string[] = [];
    for await (const { key } of repository.list('')) found.push(key);
    return found;
  };

  it.each([
    'nightly',
    'nightly/clinic',
    'nightly/clinic/20261122T020000Z-7f3a',
  ])('is written, listed and read through a symbolic link to a bigger disk: %s', async (moved) => {
    const disk = join(folder, 'disk');
    await rename(join(location, moved), disk);
    await symlink(disk, join(location, moved));
    const next = KEY.replace('manifest.json', 'checked-20261122T030000Z.json');
    await repository.put(next, Buffer.from('[]'));
    expect(await keys()).toEqual([next, KEY]);
    expect((await repository.get(next)).toString()).toBe('[]');
    await repository.release([next, KEY]);
    expect(await keys()).toEqual([]);
  });

  it('publishes on the disk that a plan lies on, and finds what a dead run left there', async () => {
    const disk = await mkdtemp('/dev/shm/hf-disk-');
    try {
      await symlink(disk, join(location, 'weekly'));
      const key = KEY.replace('nightly', 'weekly');
      await repository.put(key, Buffer.from('{}'));
      expect(await keys()).toEqual([KEY, key]);
      const dead = await repository.begin(`${key}x`);
      await dead.write(Buffer.from('half'));
      await dead.finish();
      expect(await repository.abandonUnfinished('weekly/clinic/')).toEqual([`${key}x`]);
      expect(await keys()).toEqual([KEY, key]);
    } finally {
      await rm(disk, { recursive: true });
    }
  });

  it('has its plans listed to their end where a link leads out of one and back', async () => {
    const disk = join(folder, 'disk');
    await rename(join(location, 'nightly'), disk);
    await symlink(disk, join(location, 'nightly'));
    await symlink(location, join(disk, 'back'));
    await symlink(location, join(location, 'again'));
    expect(await repository.prefixes('')).toEqual(['nightly/']);
    expect(await collect(repository.list('nightly/'))).toMatchObject([{ key: KEY }]);
  });

  it('is listed to its end where links lead in a circle', async () => {
    await symlink(location, join(location, 'nightly/all'));
    await mkdir(join(location, 'weekly'));
    await symlink(join(location, 'nightly'), join(location, 'weekly/there'));
    await symlink(join(location, 'weekly'), join(location, 'nightly/back'));
    expect((await keys()).filter((key) => key === KEY)).toEqual([KEY]);
  });

  const plant: Record<string, (path: string) => Promise<void>> = {
    'a pipe': async (path) => {
      expect(spawnSync('mkfifo', [path]).status).toBe(0);
    },
    'a directory': (path) => mkdir(path).then(() => undefined),
    'a symbolic link': (path) => symlink('/etc/hostname', path),
  };

  it.each([
    'a pipe',
    'a directory',
    'a symbolic link',
  ])('lists %s that stands for an object, and refuses to read it at once', async (kind) => {
    await rm(join(location, KEY));
    await plant[kind]?.(join(location, KEY));
    expect(await keys()).toEqual([KEY]);
    expect(await repository.inspect(KEY)).toMatchObject({ bytes: 0 });
    const refused = { code: 'OBJECT_DAMAGED', message: expect.stringContaining(`is ${kind}`) };
    await expect(repository.get(KEY)).rejects.toMatchObject(refused);
    await expect(collect(repository.read(KEY))).rejects.toMatchObject(refused);
  });

  it.skipIf(process.getuid?.() !== 0)('refuses a device', async () => {
    const path = join(location, 'nightly/zero.json');
    expect(spawnSync('mknod', [path, 'c', '1', '5']).status).toBe(0);
    await expect(repository.get('nightly/zero.json')).rejects.toMatchObject({
      code: 'OBJECT_DAMAGED',
    });
  });

  it('reads no small object that is large', async () => {
    await writeFile(join(location, 'nightly/large.json'), '');
    await truncate(join(location, 'nightly/large.json'), 2 ** 36);
    await expect(repository.get('nightly/large.json')).rejects.toMatchObject({
      code: 'OBJECT_DAMAGED',
      message: expect.stringContaining('68719476736 bytes'),
    });
    await expect(repository.get(KEY, { limitBytes: 1 })).rejects.toMatchObject({
      code: 'OBJECT_DAMAGED',
    });
  });
});

const mount = await mountThatHangs();
await mount?.remove();

describe.skipIf(mount === undefined)('a mount that does not answer', () => {
  let hanging: HangingMount;
  beforeEach(async () => {
    hanging = (await mountThatHangs()) as HangingMount;
  });
  afterEach(() => hanging.remove());

  it.each([
    ['opens an upload', (at: FolderRepository) => at.begin(KEY)],
    ['writes an object', (at: FolderRepository) => at.put(KEY, Buffer.from('x'))],
    ['removes objects', (at: FolderRepository) => at.release([KEY])],
    ['removes unfinished uploads', (at: FolderRepository) => at.abandonUnfinished('')],
  ])('is unreachable in time for what %s', async (_what, call) => {
    const location = join(hanging.folder, 'backups');
    const repository = new FolderRepository(location, { patienceMs: 300, stallMs: 400 });
    await expect(call(repository)).rejects.toMatchObject({ code: 'REPOSITORY_UNREACHABLE' });
  });

  it('is unreachable in time, whatever is asked, and takes two threads at most', async () => {
    const repository = new FolderRepository(join(hanging.folder, 'backups'), { patienceMs: 300 });
    const asked = [
      collect(repository.list('')),
      repository.get(KEY),
      repository.inspect(KEY),
      repository.now(),
      repository.presence(),
      repository.freeSpace(),
      collect(repository.read(KEY)),
    ];
    for (const one of await Promise.allSettled(asked))
      expect(one).toMatchObject({
        reason: {
          code: 'REPOSITORY_UNREACHABLE',
          message: expect.stringContaining('does not answer'),
          retryable: true,
        },
      });
    const again = new FolderRepository(repository.location, { patienceMs: 300 });
    const began = Date.now();
    await expect(again.presence()).rejects.toMatchObject({ code: 'REPOSITORY_UNREACHABLE' });
    expect(Date.now() - began).toBeLessThan(200);
    const other = await mkdtemp(join(tmpdir(), 'hf-answers-'));
    expect(await new FolderRepository(other, { patienceMs: 300 }).presence()).toBe('empty');
    await rm(other, { recursive: true });
  });
});
